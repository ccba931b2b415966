"""Training sequences: what the model reads, and which tokens count in the loss."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from motiongpt.lm import vocabulary as v
from motiongpt.lm.balance import draw_weights
from motiongpt.lm.conditions import draw_given
from motiongpt.lm.corpus import Drawn, Example
from motiongpt.lm.paraphrase import paraphrase
from motiongpt.lm.prompts import Instruction, answer_ids, caption_prompt_ids, prompt_ids
from motiongpt.lm.vocabulary import Vocabulary

IGNORED = -100
"""Label of a token that does not count, as Hugging Face models expect it."""

MAX_CAPTION = 100
"""Longest caption in text tokens."""


@dataclass(frozen=True)
class Sequence:
    """One training sequence.

    Attributes:
        ids: what the model reads.
        labels: what it must say; `IGNORED` where the loss does not count.
    """

    ids: list[int]
    labels: list[int]


@dataclass(frozen=True)
class SequenceMaker:
    """Draws training sequences from examples.

    Attributes:
        examples: captions and motions.
        texts: captions without motion, for the base stage.
        vocabulary: words and motion tokens.
        max_tokens: longest motion.
        tokens_a_second: of the motion tokenizer.
        corrupted_share: share of sequences whose input motion tokens are partly replaced.
        varied: draw rare actions more often and paraphrase captions, for training.
        captioned_share: share of the instructions that ask for a caption.
        dropped_share: share of the instructions without a text.
    """

    examples: list[Example]
    texts: list[str]
    vocabulary: Vocabulary
    max_tokens: int = 50
    tokens_a_second: float = 5.0
    corrupted_share: float = 0.5
    varied: bool = True
    captioned_share: float = 0.08
    dropped_share: float = 0.1

    @cached_property
    def _cumulative(self) -> np.ndarray:
        """Cumulated shares (n,) of the examples."""
        captions = [[caption.text for caption in e.captions] for e in self.examples]
        weights = draw_weights(captions) if self.varied else np.ones(len(captions))
        return np.cumsum(weights) / weights.sum()

    def draw_base(self, rng: np.random.Generator) -> Sequence:
        """A text, a motion, or a pair of both in either order; all tokens count."""
        kind = rng.random()
        bos, end = self.vocabulary.marker_id(v.BOS), self.vocabulary.marker_id(v.EOS)
        if kind < 0.15 and self.texts:
            text = self.texts[rng.integers(len(self.texts))]
            ids = [bos, *self.vocabulary.encode_text(text)[:MAX_CAPTION], end]
            return Sequence(ids, list(ids))
        drawn = self._draw(rng)
        tokens = drawn.tokens[drawn.n_before :]
        if kind < 0.25:
            sequence = self._captioned(drawn)
            return Sequence(sequence.ids, list(sequence.ids))
        answer = answer_ids(tokens, self.vocabulary)
        text = "" if kind < 0.3 else drawn.text
        prompt = prompt_ids(Instruction(text), self.vocabulary)
        read = self._corrupt(answer, rng)
        return Sequence(prompt + read, prompt + answer)

    def draw_instruction(self, rng: np.random.Generator) -> Sequence:
        """A motion with any mix of text, poses and length, or its caption; the answer counts.

        Of the answer, tokens that are forced when it is generated do not count either.
        """
        drawn = self._draw(rng)
        if rng.random() < self.captioned_share:
            return self._captioned(drawn)
        given, forced = draw_given(drawn, rng)
        text = "" if rng.random() < self.dropped_share else drawn.text
        prompt = prompt_ids(Instruction(text, given), self.vocabulary)
        answer = answer_ids(drawn.tokens, self.vocabulary)
        read, labels = self._corrupt(answer, rng), list(answer)
        for place, index in forced.items():
            read[place] = self.vocabulary.first_motion_id + index
            labels[place] = IGNORED
        return Sequence(prompt + read, [IGNORED] * len(prompt) + labels)

    def _captioned(self, drawn: Drawn) -> Sequence:
        """A motion and then its caption; the caption counts."""
        tokens = drawn.tokens[drawn.n_before :]
        prompt = caption_prompt_ids(tokens, self.vocabulary)
        end = self.vocabulary.marker_id(v.EOS)
        answer = [*self.vocabulary.encode_text(drawn.text)[:MAX_CAPTION], end]
        return Sequence(prompt + answer, [IGNORED] * len(prompt) + answer)

    def _draw(self, rng: np.random.Generator) -> Drawn:
        index = np.searchsorted(self._cumulative, rng.random(), side="right")
        example = self.examples[min(int(index), len(self.examples) - 1)]
        drawn = example.draw(rng, self.max_tokens, self.tokens_a_second)
        return replace(drawn, text=paraphrase(drawn.text, rng)) if self.varied else drawn

    def _corrupt(self, answer: list[int], rng: np.random.Generator) -> list[int]:
        """Replace a random share of the motion tokens that are read, as T2M-GPT does."""
        if rng.random() >= self.corrupted_share:
            return list(answer)
        hit = rng.random(len(answer)) < rng.random()
        hit[-1] = False
        first = self.vocabulary.first_motion_id
        other = first + rng.integers(self.vocabulary.n_codes, size=len(answer))
        return np.where(hit, other, answer).tolist()


def collate(sequences: list[Sequence], pad: int) -> dict[str, Tensor]:
    """Pad sequences on the right to `input_ids`, `labels` and `attention_mask`, each (B, T)."""
    width = max(len(sequence.ids) for sequence in sequences)
    ids = torch.full((len(sequences), width), pad)
    labels = torch.full((len(sequences), width), IGNORED)
    mask = torch.zeros((len(sequences), width), dtype=torch.long)
    for row, sequence in enumerate(sequences):
        n = len(sequence.ids)
        ids[row, :n] = torch.tensor(sequence.ids)
        labels[row, :n] = torch.tensor(sequence.labels)
        mask[row, :n] = 1
    return {"input_ids": ids, "labels": labels, "attention_mask": mask}


def stream_batches(
    draw: Callable[[np.random.Generator], Sequence],
    batch: int,
    pad: int,
    seed: int,
    step: int = 0,
    pool: int = 8,
) -> Iterator[dict[str, Tensor]]:
    """Batches of sequences of like length, forever; the same ones again from any step.

    Args:
        draw: makes a sequence.
        batch: sequences a batch.
        pad: id of the padding.
        seed: of the draws.
        step: batch to start at.
        pool: batches drawn and sorted by length together.
    """
    while True:
        rng = np.random.default_rng([seed, step // pool])
        drawn = sorted((draw(rng) for _ in range(batch * pool)), key=lambda s: len(s.ids))
        order = rng.permutation(pool)
        for part in order[step % pool :]:
            yield collate(drawn[part * batch : (part + 1) * batch], pad)
            step += 1

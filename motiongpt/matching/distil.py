"""Teach a small sentence encoder what a pretrained one knows.

Its sentences are captions, captions with other words in them, and words in any order: what people
will say that is no caption is not known, but it will be of the same words. Besides it is taught
that sayings mean what is meant by them.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import nn

from motiongpt.lm.command import split_words
from motiongpt.matching.meaning_model import UNKNOWN, MeaningModel, MeaningNetwork, WordReader
from motiongpt.matching.meanings import SentenceEncoder
from motiongpt.matching.network import SequenceSize
from motiongpt.matching.sayings import NO_MOVEMENT, OTHER_MOVEMENT, Saying

UNKNOWN_SHARE = 0.03
"""Words that are hidden in training, so that one that is not known does no harm."""

FRAMES = (
    "please {}",
    "{} please",
    "robot, {}",
    "hey robot, {}",
    "hey, {}",
    "okay, {}",
    "now {}",
    "{} now",
    "{} for me",
    "can you {}",
    "could you {}",
    "i want you to {}",
)
"""How people frame what they say."""


@dataclass(frozen=True)
class Distillation:
    """Sizes, steps and rates."""

    size: SequenceSize = field(
        default_factory=lambda: SequenceSize(width=128, layers=2, dim=128, longest=24)
    )
    """Of the network."""

    n_changed: int = 40_000
    """Captions with other words."""

    n_random: int = 30_000
    """Words in any order."""

    steps: int = 3000
    """Optimiser steps."""

    batch: int = 128
    """Sentences a step."""

    sayings_share: float = 0.25
    """Of a batch, as far as there are sayings."""

    plain_share: float = 0.7
    """How much a saying means the plain command that is meant, and not what its words say."""

    learning_rate: float = 2e-3
    """Peak learning rate; a cosine to zero."""

    seed: int = 0
    """Seed of sentences, weights and batches."""


def make_sentences(
    captions: Sequence[str], words: Sequence[str], options: Distillation
) -> list[str]:
    """Different sentences to learn from: captions in lower case, changed ones, random ones."""
    rng = np.random.default_rng(options.seed)
    base = list(dict.fromkeys(caption.lower() for caption in captions))
    counts = Counter(word for caption in base for word in split_words(caption))
    chance = np.sqrt([counts[word] + 1.0 for word in words])
    chance /= chance.sum()
    made = []
    for _ in range(options.n_changed):
        said = split_words(base[rng.integers(len(base))])[: options.size.longest]
        other = rng.choice(len(words), len(said), p=chance)
        hit = rng.random(len(said)) < rng.uniform(0.1, 0.7)
        made.append(
            " ".join(words[o] if h else w for w, o, h in zip(said, other, hit, strict=True))
        )
    for _ in range(options.n_random):
        drawn = rng.choice(len(words), rng.integers(1, 9), p=chance)
        made.append(" ".join(words[i] for i in drawn))
    return [text for text in dict.fromkeys(base + made) if split_words(text)]


@dataclass(frozen=True)
class Lesson:
    """Sentences and where they belong.

    Attributes:
        texts: N sentences.
        vectors: of a teacher, unit vectors (N, D).
    """

    texts: Sequence[str]
    vectors: np.ndarray


def distil(
    teacher: SentenceEncoder,
    captions: Sequence[str],
    sayings: Sequence[Saying],
    words: Sequence[str],
    options: Distillation,
    on_step: Callable[[int, int], None] | None = None,
) -> MeaningModel:
    """Train a small encoder to put sentences where a large one does.

    Args:
        teacher: the large one.
        captions: to learn from.
        sayings: put near to the plain commands that they mean.
        words: that it shall know, in lower case.
        options: sizes, steps and rates.
        on_step: called with the steps done and the steps in all.
    """
    texts = make_sentences(captions, words, options)
    lesson = Lesson(texts, teacher.encode(texts).astype(np.float64))
    of_words = teacher.encode(words).astype(np.float64)
    said = explain_sayings(teacher, sayings, options) if sayings else None
    return learn_meanings(lesson, words, of_words, options, said, on_step)


def explain_sayings(
    teacher: SentenceEncoder, sayings: Sequence[Saying], options: Distillation
) -> Lesson:
    """Sayings, as they are and as people frame them, between what they say and what is meant."""
    rng = np.random.default_rng(options.seed)
    own = {NO_MOVEMENT, OTHER_MOVEMENT}
    plains = sorted({saying.plain for saying in sayings} - own)
    of_plain = dict(zip(plains, teacher.encode(plains), strict=True)) if plains else {}
    texts, vectors = list(plains), list(of_plain.values())
    literal = teacher.encode([saying.text for saying in sayings])
    for saying, vector in zip(sayings, literal, strict=True):
        if saying.plain not in own:
            vector = vector + options.plain_share * (of_plain[saying.plain] - vector)
        for frame in ("{}", *rng.choice(FRAMES, 2, replace=False)):
            texts.append(frame.format(saying.text))
            vectors.append(vector / np.linalg.norm(vector))
    return Lesson(texts, np.array(vectors, dtype=np.float64))


def learn_meanings(
    lesson: Lesson,
    words: Sequence[str],
    of_words: np.ndarray,
    options: Distillation,
    sayings: Lesson | None = None,
    on_step: Callable[[int, int], None] | None = None,
) -> MeaningModel:
    """Train on a teacher's vectors, seen in the directions in which they differ most.

    Args:
        lesson: sentences.
        words: W words.
        of_words: the teacher's vectors of them (W, D), to start with.
        options: sizes, steps and rates.
        sayings: more sentences, of which each batch has its share.
        on_step: called with the steps done and the steps in all.
    """
    size = options.size
    _, _, basis = np.linalg.svd(lesson.vectors.T @ lesson.vectors)
    texts, wanted, n_said = lesson.texts, lesson.vectors, 0
    if sayings is not None:
        texts, wanted = [*texts, *sayings.texts], np.concatenate([wanted, sayings.vectors])
        n_said = round(options.batch * options.sayings_share)
    goals = torch.from_numpy((wanted @ basis[: size.dim].T).astype(np.float32))
    goals = nn.functional.normalize(goals, dim=-1)
    torch.manual_seed(options.seed)
    network = MeaningNetwork(len(words), size)
    with torch.no_grad():
        start = (of_words @ basis[: size.width].T).astype(np.float32)
        network.words.weight[UNKNOWN:] *= 0.05
        network.words.weight[UNKNOWN + 1 :, : start.shape[1]] = torch.from_numpy(start)
    ids = WordReader(words, size.longest).read(texts)
    optimizer = torch.optim.AdamW(network.parameters(), options.learning_rate, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, options.learning_rate, options.steps, pct_start=0.05
    )
    rng = np.random.default_rng(options.seed)
    network.train()
    for step in range(1, options.steps + 1):
        drawn = rng.integers(len(lesson.texts), size=options.batch - n_said)
        if n_said:
            ours = rng.integers(len(lesson.texts), len(texts), size=n_said)
            drawn = np.concatenate([drawn, ours])
        rows = torch.from_numpy(drawn)
        said = ids[rows]
        said = said[:, : max(1, int((said > 0).sum(1).max()))]
        hidden = torch.from_numpy(rng.random(said.shape) < UNKNOWN_SHARE)
        said = torch.where(hidden & (said > 0), UNKNOWN, said)
        loss = 1 - (network(said) * goals[rows]).sum(-1).mean()
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        if on_step is not None:
            on_step(step, options.steps)
    return MeaningModel(network.eval(), tuple(words))

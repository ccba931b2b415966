"""Motion to text: the model says what a motion is."""

from collections.abc import Sequence

import numpy as np

from motiongpt.errors import LanguageModelError
from motiongpt.lm import vocabulary as v
from motiongpt.lm.decoding import Sampling, draw_token
from motiongpt.lm.engine import Engine
from motiongpt.lm.prompts import caption_prompt_ids
from motiongpt.lm.rows import Rows
from motiongpt.lm.vocabulary import MAX_PLACES, Vocabulary

MAX_WORD_PIECES = 60
"""Longest caption in text tokens."""


class Captioner:
    """Writes captions with the engine that generates motion."""

    def __init__(self, engine: Engine, vocabulary: Vocabulary) -> None:
        """Ask the engine's model for text and the end, and for nothing else."""
        special = {*vocabulary.tokenizer.all_special_ids}
        codes = vocabulary.encode_motion(range(vocabulary.n_codes))
        special |= {*codes, *map(vocabulary.marker_id, v.MARKERS)}
        self._ids = [i for i in range(vocabulary.size) if i not in special]
        self._ids.append(vocabulary.marker_id(v.EOS))
        self._engine = engine.with_answers(self._ids)
        self._vocabulary = vocabulary

    def caption(self, indices: Sequence[int], sampling: Sampling) -> str:
        """Say what a motion is.

        Args:
            indices: its code indices.
            sampling: temperature, top-k, top-p and seed; the rest is about motions.

        Raises:
            LanguageModelError: for no code index, one outside the codebook, or too many.
        """
        vocabulary = self._vocabulary
        if not 0 < len(indices) <= MAX_PLACES:
            raise LanguageModelError(
                f"a motion of {len(indices)} motion tokens; allowed: 1 to {MAX_PLACES}"
            )
        for index in indices:
            if not 0 <= index < vocabulary.n_codes:
                raise LanguageModelError(
                    f"motion token {index}; allowed: 0 to {vocabulary.n_codes - 1}"
                )
        rows = Rows(self._engine, [caption_prompt_ids(indices, vocabulary)], 1, MAX_WORD_PIECES)
        rng = np.random.default_rng(sampling.seed)
        said: list[int] = []
        while len(said) < MAX_WORD_PIECES:
            logits = rows.ask(guidance=1.0)[0].copy()
            if not said:
                logits[-1] = -np.inf  # no caption is no answer
            drawn = draw_token(logits, sampling, rng)
            if drawn == len(self._ids) - 1:
                break
            said.append(self._ids[drawn])
            rows.append(said[-1:])
        return str(vocabulary.tokenizer.decode(said)).strip()

"""What the matching model is trained with: its options, pairs, and texts without motion."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from motiongpt.errors import EvaluationError
from motiongpt.matching.meanings import Meanings, SentenceEncoder
from motiongpt.matching.model import seen_features
from motiongpt.matching.network import MatchingConfig
from motiongpt.matching.pairs import Clip, Pairs
from motiongpt.motion.prepare import Preparation


@dataclass(frozen=True)
class MatchingTraining:
    """Options of `motiongpt train evaluator`."""

    network: MatchingConfig = field(default_factory=MatchingConfig)
    """Sizes; the number of features follows the data."""

    steps: int = 1000
    """Optimiser steps."""

    batch: int = 128
    """Pairs a step."""

    n_extra: int = 32
    """Captions without motion in a step, which no motion of it may resemble."""

    learning_rate: float = 1.5e-3
    """Peak learning rate; cosine to a fiftieth of it."""

    warmup: int = 100
    """Steps of linear warm-up."""

    weight_decay: float = 0.05
    """AdamW's weight decay."""

    distillation: float = 1.0
    """Weight of the loss that keeps texts where the sentence encoder puts them."""

    n_composed: int = 800
    """Pairs of clips to combine."""

    text_file: str = "captions_train.txt"
    """File of captions without motion in the dataset's folder; skipped if it is not there."""

    n_text: int = 2500
    """At most this many of them are used."""

    bf16: bool = True
    """Compute in bfloat16."""

    checkpoint_every: int = 100
    """Steps between checkpoints, each with the scores on the validation clips."""

    seed: int = 0
    """Seed of weights and batches."""

    def __post_init__(self) -> None:
        for name in ("steps", "batch", "checkpoint_every"):
            if getattr(self, name) < 1:
                raise EvaluationError(f"{name} is {getattr(self, name)}; allowed: 1 or more")


class TrainingData:
    """Pairs, extra captions, and which texts say the same."""

    def __init__(
        self,
        folder: Path,
        pairs: Pairs,
        data: Preparation,
        options: MatchingTraining,
        encoder: SentenceEncoder | None,
    ) -> None:
        """Compute the meanings of all texts.

        Args:
            folder: dataset with the file of captions without motion.
            pairs: its training clips.
            data: what `prepare` returned.
            options: which captions are used.
            encoder: a pretrained sentence encoder, if there is one.
        """
        self.pairs, self.encoder = pairs, encoder
        seen = seen_features(data.statistics.n_features)
        self.mean, self.std = data.statistics.mean[seen], data.statistics.std[seen]
        path = folder / options.text_file
        lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
        extra = list(dict.fromkeys(line.strip().lower() for line in lines if line.strip()))
        self.all_texts = [*pairs.texts, *extra]
        rng = np.random.default_rng(options.seed)
        chosen = [extra[i] for i in rng.permutation(len(extra))[: options.n_text]]
        self.meanings = Meanings(tuple(dict.fromkeys([*pairs.texts, *chosen])), encoder)
        self._extra = np.array([self.meanings.index[text] for text in chosen], dtype=int)

    def normalize(self, frames: np.ndarray) -> np.ndarray:
        """Scale frames (T, n)."""
        return ((frames - self.mean) / self.std).astype(np.float32)

    def draw_extra(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """Indices of captions without motion; none if there are none."""
        if len(self._extra) == 0:
            return self._extra
        return self._extra[rng.integers(len(self._extra), size=n)]

    def fits(self, texts: np.ndarray, clips: list[Clip]) -> np.ndarray:
        """Whether each text, by index, says what a caption of each clip says: (N, M)."""
        of_clip = [[self.meanings.index[c.text] for c in clip.captions] for clip in clips]
        flat = np.array([i for ids in of_clip for i in ids])
        starts = np.cumsum([0, *map(len, of_clip[:-1])])
        same = self.meanings.same(texts, flat)
        return np.logical_or.reduceat(same, starts, axis=1)

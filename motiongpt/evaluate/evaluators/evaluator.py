"""What an evaluator can do."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from motiongpt.motion.dataset import Caption


class Evaluator(Protocol):
    """Embeds captions and motions; a caption and a motion that fit are near each other."""

    @property
    def name(self) -> str:
        """How tables call it."""

    def encode_captions(self, captions: Sequence[Caption]) -> np.ndarray:
        """Embeddings (N, D) of captions."""

    def encode_clips(self, clips: Sequence[np.ndarray]) -> np.ndarray:
        """Embeddings (N, D) of motions given as features (T, F), not normalized."""

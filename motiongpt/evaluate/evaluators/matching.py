"""Our own matching model as an evaluator."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from motiongpt.matching.model import MatchingModel
from motiongpt.motion.dataset import Caption


@dataclass(frozen=True)
class MatchingEvaluator:
    """Unit vectors of the matching model.

    Attributes:
        model: the trained model.
    """

    model: MatchingModel
    name: str = "matching model"

    def encode_captions(self, captions: Sequence[Caption]) -> np.ndarray:
        """Embeddings (N, D) of captions."""
        return self.model.encode_text([caption.text for caption in captions])

    def encode_clips(self, clips: Sequence[np.ndarray]) -> np.ndarray:
        """Embeddings (N, D) of motions given as features (T, F)."""
        return self.model.encode_features(clips)

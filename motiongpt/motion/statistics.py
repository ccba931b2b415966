"""Mean and standard deviation of features, which travel with every checkpoint."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from motiongpt.errors import MotionError
from motiongpt.motion import layout

_GROUPS = (
    layout.ROOT_YAW_VELOCITY,
    layout.ROOT_PLANAR_VELOCITY,
    layout.ROOT_HEIGHT,
    layout.RIC_POSITIONS,
    layout.ROTATIONS_6D,
    layout.LOCAL_VELOCITIES,
    layout.FOOT_CONTACTS,
)


@dataclass(frozen=True)
class Statistics:
    """Scale of the features: normalized = (features - mean) / std.

    Attributes:
        mean: shape (263,).
        std: shape (263,), positive.
    """

    mean: np.ndarray
    std: np.ndarray

    def __post_init__(self) -> None:
        for name, values in (("mean", self.mean), ("std", self.std)):
            if values.shape != (layout.N_FEATURES,) or not np.isfinite(values).all():
                raise MotionError(
                    f"{name} has shape {values.shape}; allowed: ({layout.N_FEATURES},), finite"
                )
        if not (self.std > 0).all():
            raise MotionError(f"std of feature {int(np.argmin(self.std))} is not positive")

    @classmethod
    def of(cls, clips: Iterable[np.ndarray]) -> "Statistics":
        """Compute statistics as HumanML3D does: one std for each group of features.

        Args:
            clips: features (T, 263) each; at least one.

        Raises:
            MotionError: if there is no clip, or a group never changes.
        """
        n, total, squares = 0, np.zeros(layout.N_FEATURES), np.zeros(layout.N_FEATURES)
        for clip in clips:
            n += len(clip)
            total += clip.sum(axis=0)
            squares += (clip**2).sum(axis=0)
        if n == 0:
            raise MotionError("statistics need at least one clip, got none")
        mean = total / n
        std = np.sqrt(np.maximum(squares / n - mean**2, 0))
        for group in _GROUPS:
            std[group] = std[group].mean()
        return cls(mean, std)

    def normalize(self, features: np.ndarray) -> np.ndarray:
        """Scale features (..., 263)."""
        return (features - self.mean) / self.std

    def denormalize(self, normalized: np.ndarray) -> np.ndarray:
        """Undo `normalize`, (..., 263)."""
        return normalized * self.std + self.mean

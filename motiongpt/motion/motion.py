"""A human motion as a value, and the one place where its axes are converted."""

from dataclasses import dataclass

import numpy as np

from motiongpt.errors import MotionError
from motiongpt.motion.skeleton import N_JOINTS

Z_UP_FROM_Y_UP = (2, 0, 1)
"""Axes of the REP-103 world (x forward, y left, z up) in HumanML3D's (x left, y up, z forward)."""

Y_UP_FROM_Z_UP = (1, 2, 0)


@dataclass(frozen=True)
class Motion:
    """Joint positions of one person over time.

    Attributes:
        positions: shape (T, 22, 3), in [m], world frame of REP-103 (x forward, y left, z up),
            joints in the order of `skeleton.JOINT_NAMES`.
        fps: frames a second.
    """

    positions: np.ndarray
    fps: float = 20.0

    def __post_init__(self) -> None:
        positions = np.asarray(self.positions, dtype=np.float64)
        if positions.ndim != 3 or positions.shape[1:] != (N_JOINTS, 3):
            raise MotionError(f"motion has shape {positions.shape}; allowed: (T, {N_JOINTS}, 3)")
        if len(positions) == 0:
            raise MotionError("motion has no frame; at least one is needed")
        if not np.isfinite(positions).all():
            frame, joint = np.argwhere(~np.isfinite(positions).all(axis=2))[0]
            raise MotionError(
                f"motion has a value that is not finite: frame {frame}, joint {joint}"
            )
        if not self.fps > 0:
            raise MotionError(f"motion has {self.fps} frames a second; allowed: more than 0")
        object.__setattr__(self, "positions", positions)

    @property
    def n_frames(self) -> int:
        """Number of frames T."""
        return len(self.positions)

    @property
    def duration(self) -> float:
        """Time from the first frame to the last, in [s]."""
        return (self.n_frames - 1) / self.fps

    @classmethod
    def from_y_up(cls, positions: np.ndarray, fps: float = 20.0) -> "Motion":
        """Make a motion from HumanML3D's axes.

        Args:
            positions: shape (T, 22, 3), in [m], x left, y up, z forward.
            fps: frames a second.
        """
        return cls(np.asarray(positions)[..., Z_UP_FROM_Y_UP], fps)

    def to_y_up(self) -> np.ndarray:
        """Joint positions (T, 22, 3) in [m] in HumanML3D's axes (x left, y up, z forward)."""
        return self.positions[..., Y_UP_FROM_Z_UP]

"""Robot poses at times as poses of the language model."""

from dataclasses import dataclass

import numpy as np

from motiongpt.errors import CommandError
from motiongpt.poses import Keyframe, Poses
from motiongpt.retarget import Robot, human_pose


@dataclass(frozen=True)
class Keyframes:
    """Robot poses that the next command passes through.

    Attributes:
        times: shape (N,), in [s] from the motion's beginning; that at 0 is the initial pose, the
            last one the last pose unless it is at 0.
        positions: joint positions, shape (N, n), in [rad], inside limits.
    """

    times: np.ndarray
    positions: np.ndarray

    def __post_init__(self) -> None:
        if len(self.times) == 0 or self.times[0] < 0 or (np.diff(self.times) <= 0).any():
            raise CommandError(
                f"keyframes are at {[round(float(t), 3) for t in self.times]} s; allowed: one or "
                "more times that rise from 0 on"
            )

    @property
    def duration(self) -> float | None:
        """Length of the motion in [s] that they ask for; None leaves it to the model."""
        return float(self.times[-1]) if self.times[-1] > 0 else None

    def to_poses(self, robot: Robot) -> Poses:
        """The human poses that a motion is led through."""
        poses = [human_pose(joints, robot) for joints in self.positions]
        initial = poses[0] if self.times[0] == 0 else None
        last = poses[-1] if self.times[-1] > 0 else None
        between = range(initial is not None, len(poses) - (last is not None))
        keys = tuple(Keyframe(poses[i], float(self.times[i])) for i in between)
        return Poses(initial=initial, last=last, keys=keys)

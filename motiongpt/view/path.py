"""What is drawn: where the robot and the person are at any time."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from motiongpt.errors import RenderError
from motiongpt.motion.motion import Motion

BASE_WIDTH = 7
"""Values in a base pose: x, y, z in [m], then the quaternion qx, qy, qz, qw."""


class PoseSource(Protocol):
    """Whatever knows where a robot is at a time."""

    @property
    def joint_names(self) -> Sequence[str]:
        """The n joints, in the order of `sample`'s positions."""
        ...

    def sample(self, time: float) -> tuple[np.ndarray, np.ndarray]:
        """Joint positions (n,) in [rad] and base pose (7,) [x y z qx qy qz qw]."""
        ...


@dataclass(frozen=True)
class RobotPath:
    """Joints and floating base of a robot over time, planned or recorded.

    Attributes:
        joint_names: the n joints, in the order of `positions`.
        times: shape (N,), in [s], not decreasing.
        positions: shape (N, n), in [rad].
        base: shape (N, 7), [x y z] in [m] and [qx qy qz qw], pose of the robot's root link in
            the world (REP-103, z up, floor at z = 0).
    """

    joint_names: tuple[str, ...]
    times: np.ndarray
    positions: np.ndarray
    base: np.ndarray

    def __post_init__(self) -> None:
        arrays = {
            "times": (self.times, (len(self.times),)),
            "positions": (self.positions, (len(self.times), len(self.joint_names))),
            "base": (self.base, (len(self.times), BASE_WIDTH)),
        }
        for name, (values, shape) in arrays.items():
            values = np.asarray(values, dtype=np.float64)
            if values.shape != shape:
                raise RenderError(f"robot path: {name} has shape {values.shape}; allowed: {shape}")
            if not np.isfinite(values).all():
                raise RenderError(f"robot path: {name} has a value that is not finite")
            object.__setattr__(self, name, values)
        if len(self.times) == 0:
            raise RenderError("robot path is empty; at least one point is needed")
        if (np.diff(self.times) < 0).any():
            raise RenderError("robot path: times go back; allowed: not decreasing")

    @property
    def duration(self) -> float:
        """Time from the first point to the last, in [s]."""
        return float(self.times[-1] - self.times[0])

    def sample(self, time: float) -> tuple[np.ndarray, np.ndarray]:
        """Interpolate linearly at a time, holding the ends.

        Args:
            time: in [s], counted from the first point.

        Returns:
            Joint positions (n,) in [rad] and base pose (7,) [x y z qx qy qz qw].
        """
        moment = np.clip(self.times[0] + time, self.times[0], self.times[-1])
        after = int(np.clip(np.searchsorted(self.times, moment), 1, max(len(self.times) - 1, 1)))
        after = min(after, len(self.times) - 1)
        before = max(after - 1, 0)
        span = self.times[after] - self.times[before]
        share = (moment - self.times[before]) / span if span > 0 else 1.0
        positions = (1 - share) * self.positions[before] + share * self.positions[after]
        first, second = self.base[before], self.base[after].copy()
        if first[3:] @ second[3:] < 0:  # q and -q are one rotation: take the short way
            second[3:] *= -1
        base = (1 - share) * first + share * second
        base[3:] /= np.linalg.norm(base[3:])
        return positions, base


@dataclass(frozen=True)
class HumanPath:
    """A human motion placed in the robot's world and put on its clock.

    Attributes:
        motion: what the person does, from the origin and facing +x.
        start: time in [s] on the robot's clock at which the person starts.
        rate: seconds of human motion in one second of the robot's; below 1 when the robot
            had to slow the motion down.
        offset: shape (3,), in [m], where the motion's origin is put in the world.
    """

    motion: Motion
    start: float = 0.0
    rate: float = 1.0
    offset: tuple[float, float, float] = (0.0, 1.2, 0.0)

    def __post_init__(self) -> None:
        if not (np.isfinite(self.rate) and self.rate > 0 and np.isfinite(self.start)):
            raise RenderError(
                f"human path starts at {self.start} s with rate {self.rate}; "
                "allowed: finite, rate more than 0"
            )

    def sample(self, time: float) -> np.ndarray:
        """Joint positions (22, 3) in [m] in the world at a time in [s], holding the ends."""
        motion = self.motion
        moment = np.clip((time - self.start) * self.rate, 0.0, motion.duration) * motion.fps
        before = min(int(moment), motion.n_frames - 1)
        after = min(before + 1, motion.n_frames - 1)
        share = moment - before
        pose = (1 - share) * motion.positions[before] + share * motion.positions[after]
        return pose + np.asarray(self.offset)

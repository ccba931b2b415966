"""How the base of the simulated robot moves: along a path, or by a velocity."""

import numpy as np

from motiongpt_ros.base_motion import Planar, sample_base

WALK_TIMEOUT = 0.5
"""A velocity counts for this long, in [s]."""


class BaseFollower:
    """A base path that was anchored where the robot stood."""

    def __init__(
        self, start: float, times: np.ndarray, poses: np.ndarray, base: np.ndarray
    ) -> None:
        """Anchor a path.

        Args:
            start: time of its start in [s].
            times: shape (N,), in [s] after the start.
            poses: shape (N, 7), seen from the planar pose of the robot at the start.
            base: base pose (7,) of the robot at the start.
        """
        self.start, self._times = start, times
        ground = Planar.of(base)
        self._poses = np.array([ground.place_pose(pose) for pose in poses])

    def sample(self, time: float) -> np.ndarray:
        """Base pose (7,) at a time in [s]; the last one is held."""
        return sample_base(self._times, self._poses, time - self.start)


class Walk:
    """What a walking controller does with a velocity: the base follows it and stays upright."""

    def __init__(self) -> None:
        """Stand."""
        self._velocity, self._until = np.zeros(3), 0.0

    def follow(self, velocity: np.ndarray, time: float) -> None:
        """Take a velocity (3,): forward, left in [m/s], turn in [rad/s]; it soon expires."""
        self._velocity, self._until = velocity, time + WALK_TIMEOUT

    def step(self, base: np.ndarray, time: float, timestep: float) -> np.ndarray:
        """Base pose (7,) one time step in [s] later."""
        if time >= self._until or not self._velocity.any():
            return base
        x, y, turn = self._velocity * timestep
        ahead = np.array([x, y, base[2], 0, 0, np.sin(turn / 2), np.cos(turn / 2)])
        return Planar.of(base).place_pose(ahead)


class BaseMover:
    """Follows the newest of a path and a velocity."""

    def __init__(self) -> None:
        """Stand."""
        self._walk = Walk()
        self._next: tuple[float, np.ndarray, np.ndarray] | None = None
        self._path: BaseFollower | None = None

    def follow_path(self, start: float, times: np.ndarray, poses: np.ndarray) -> None:
        """Follow a path (see `BaseFollower`) from a time in [s], from where the robot is then."""
        self._next = (start, times, poses)

    def follow_velocity(self, velocity: np.ndarray, time: float) -> None:
        """Follow a velocity (see `Walk`) that was heard at a time in [s]."""
        self._walk.follow(velocity, time)
        self._path = self._next = None

    def step(self, base: np.ndarray, time: float, timestep: float) -> np.ndarray:
        """Base pose (7,) at a time in [s], from that one time step earlier."""
        if self._next is not None and time >= self._next[0]:
            self._path = BaseFollower(*self._next, base)
            self._next = None
        if self._path is not None:
            return self._path.sample(time)
        return self._walk.step(base, time, timestep)

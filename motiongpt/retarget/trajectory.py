"""Robot trajectories and joint states as values."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from motiongpt.errors import RobotError
from motiongpt.retarget.robot import Robot

POSITION_TOLERANCE = 0.05
"""A measured joint may lie this far in [rad] outside its limits; it is taken as at the limit."""


@dataclass(frozen=True)
class JointState:
    """Where a robot's joints are and how fast they move.

    Attributes:
        positions: shape (n,), in [rad], in the robot's joint order.
        velocities: shape (n,), in [rad/s].
    """

    positions: np.ndarray
    velocities: np.ndarray

    @classmethod
    def from_names(
        cls,
        robot: Robot,
        names: Sequence[str],
        positions: Sequence[float],
        velocities: Sequence[float] | None = None,
    ) -> "JointState":
        """Put named values into the robot's order and check them.

        Args:
            robot: the robot.
            names: joint names in any order.
            positions: in [rad], one a name.
            velocities: in [rad/s], one a name; None or none at all means standing still.

        Raises:
            RobotError: for missing, unknown or repeated joints, wrong lengths, values that are
                not finite, or positions out of limits by more than `POSITION_TOLERANCE`.
        """
        names = list(names)
        values = np.asarray(positions, dtype=float)
        speeds = np.zeros(len(names))
        if velocities is not None and len(velocities) > 0:
            speeds = np.asarray(velocities, dtype=float)
        if values.shape != (len(names),) or speeds.shape != (len(names),):
            raise RobotError(
                f"joint state has {len(names)} names, {values.size} positions and "
                f"{speeds.size} velocities; allowed: as many of each"
            )
        _check_names(robot, names)
        order = [names.index(name) for name in robot.joint_names]
        values, speeds = values[order], speeds[order]
        for kind, numbers in (("position", values), ("velocity", speeds)):
            if not np.isfinite(numbers).all():
                joint = robot.joint_names[int(np.argmin(np.isfinite(numbers)))]
                raise RobotError(f"joint '{joint}' has a {kind} that is not finite")
        excess = np.maximum(robot.lower - values, values - robot.upper)
        worst = int(np.argmax(excess))
        if excess[worst] > robot.file.margin + POSITION_TOLERANCE:
            raise RobotError(
                f"joint '{robot.joint_names[worst]}' is at {values[worst]:.3f} rad; allowed: "
                f"{robot.lower[worst]:.3f} to {robot.upper[worst]:.3f}"
            )
        return cls(np.clip(values, robot.lower, robot.upper), speeds)


def _check_names(robot: Robot, names: list[str]) -> None:
    missing = [name for name in robot.joint_names if name not in names]
    unknown = [name for name in names if name not in robot.joint_names]
    if missing or unknown:
        raise RobotError(
            f"joint state lacks {missing or 'none'} and has {unknown or 'none'} that robot "
            f"'{robot.name}' has not; joints: {', '.join(robot.joint_names)}"
        )
    if len(set(names)) != len(names):
        twice = sorted({name for name in names if names.count(name) > 1})
        raise RobotError(f"joint state names {', '.join(twice)} more than once")


@dataclass(frozen=True)
class RobotTrajectory:
    """Joint positions, velocities and accelerations over time, and where the base goes.

    Attributes:
        joint_names: the robot's joints, n of them.
        times: shape (N,), in [s], from 0, evenly spaced.
        positions: shape (N, n), in [rad].
        velocities: shape (N, n), in [rad/s].
        accelerations: shape (N, n), in [rad/s^2].
        base: shape (N, 7), [x y z] in [m] and [qx qy qz qw]; the world is where the robot stands
            at time 0: x forward, y left, z up from the ground.
        handover_duration: time until the motion itself begins, in [s].
        slowdown: how many times longer than asked the motion takes, 1 or more.
    """

    joint_names: tuple[str, ...]
    times: np.ndarray
    positions: np.ndarray
    velocities: np.ndarray
    accelerations: np.ndarray
    base: np.ndarray
    handover_duration: float
    slowdown: float

    @property
    def duration(self) -> float:
        """Time from the first point to the last, in [s]."""
        return float(self.times[-1])

    def sample(self, time: float) -> JointState:
        """State at a time in [s], by cubic Hermite interpolation; the ends are held."""
        if time >= self.duration or len(self.times) == 1:
            return JointState(self.positions[-1].copy(), np.zeros_like(self.velocities[-1]))
        time = max(time, 0.0)
        i = min(int(np.searchsorted(self.times, time, side="right")) - 1, len(self.times) - 2)
        h = self.times[i + 1] - self.times[i]
        return hermite(
            JointState(self.positions[i], self.velocities[i]),
            JointState(self.positions[i + 1], self.velocities[i + 1]),
            h,
            (time - self.times[i]) / h,
        )


def hermite(start: JointState, end: JointState, duration: float, share: float) -> JointState:
    """Cubic between two states, as ros2_control's joint_trajectory_controller computes it.

    Args:
        start: state at share 0.
        end: state at share 1.
        duration: time between them, in [s].
        share: from 0 to 1.
    """
    s, gap = share, end.positions - start.positions
    a, b = start.velocities * duration, end.velocities * duration
    c2, c3 = 3 * gap - 2 * a - b, a + b - 2 * gap
    positions = start.positions + s * (a + s * (c2 + s * c3))
    return JointState(positions, (a + s * (2 * c2 + 3 * s * c3)) / duration)

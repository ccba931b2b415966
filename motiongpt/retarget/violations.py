"""An independent count of limit violations, from the published numbers alone."""

from dataclasses import dataclass

import numpy as np

from motiongpt.retarget.robot import Robot
from motiongpt.retarget.trajectory import RobotTrajectory

ROUNDING = 1e-6


@dataclass(frozen=True)
class Violations:
    """Joint values beyond their limits.

    Attributes:
        position: positions outside the kept range, or not finite.
        velocity: velocities beyond the limit, as sent or as positions change.
        acceleration: accelerations beyond the limit, as sent or as velocities change.
    """

    position: int
    velocity: int
    acceleration: int

    @property
    def total(self) -> int:
        """All of them."""
        return self.position + self.velocity + self.acceleration


def count_violations(trajectory: RobotTrajectory, robot: Robot) -> Violations:
    """Count limit violations, also by finite differences between points."""
    q, v, a = trajectory.positions, trajectory.velocities, trajectory.accelerations
    inside = (q >= robot.lower - ROUNDING) & (q <= robot.upper + ROUNDING)
    gaps = np.diff(trajectory.times)[:, None]
    return Violations(
        position=int((~inside).sum()),
        velocity=_beyond(v, robot.velocity_limit)
        + _beyond(np.diff(q, axis=0) / gaps, robot.velocity_limit),
        acceleration=_beyond(a, robot.acceleration_limit)
        + _beyond(np.diff(v, axis=0) / gaps, robot.acceleration_limit),
    )


def _beyond(values: np.ndarray, limit: np.ndarray) -> int:
    return int((~(np.abs(values) <= limit * (1 + ROUNDING))).sum())

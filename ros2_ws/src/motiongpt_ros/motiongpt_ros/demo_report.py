"""What the demo found: limits checked on what was sent and on what was done, and the table."""

from dataclasses import dataclass

import numpy as np
from rich.table import Table
from rich.text import Text

from motiongpt.retarget import Robot
from motiongpt.retarget.robot import N_BASE_Q, N_BASE_V
from motiongpt.retarget.violations import Violations
from motiongpt.view.path import RobotPath

SPEED_WINDOW = 0.1
"""Time in [s] over which the speed is taken from reported positions: stamps are not even."""


@dataclass(frozen=True)
class Report:
    """One demo run.

    Attributes:
        text: the command.
        n_tokens: motion tokens that were generated.
        motion_seconds: length of the trajectory, in [s].
        first_point_seconds: from publishing the command to the first trajectory, in [s].
        total_seconds: from publishing the command to the robot's rest, in [s].
        sent: violations in the trajectory as received.
        done: violations in what the robot reported.
    """

    text: str
    n_tokens: int
    motion_seconds: float
    first_point_seconds: float
    total_seconds: float
    sent: Violations
    done: Violations

    @property
    def violations(self) -> int:
        """Violations in all."""
        return self.sent.total + self.done.total

    def table(self) -> Table:
        """The demo's one table."""
        table = Table(show_header=False)
        table.add_row("text", Text(self.text))
        table.add_row("tokens", str(self.n_tokens))
        table.add_row("seconds of motion", f"{self.motion_seconds:.2f}")
        table.add_row("time to first trajectory point", f"{self.first_point_seconds:.3f} s")
        table.add_row("total time", f"{self.total_seconds:.2f} s")
        details = f" ({self.sent.total} sent, {self.done.total} done)" if self.violations else ""
        table.add_row("limit violations", f"{self.violations}{details}")
        return table


def count_done(path: RobotPath, velocities: np.ndarray, robot: Robot) -> Violations:
    """Count values beyond the robot's own limits, those of its URDF, in what it reported.

    What is sent keeps a margin to them, because servos are not exact; here it may be used up.
    Accelerations are not reported, and differences of reported velocities are mostly noise, so
    they are not counted.

    Args:
        path: reported joints, in any joint order.
        velocities: reported velocities, shape (N, n), in [rad/s].
        robot: its limits.
    """
    order = [robot.joint_names.index(name) for name in path.joint_names]
    lower, upper = (
        robot.model.lowerPositionLimit[N_BASE_Q:],
        robot.model.upperPositionLimit[N_BASE_Q:],
    )
    limit = robot.model.velocityLimit[N_BASE_V:][order]
    inside = (path.positions >= lower[order]) & (path.positions <= upper[order])
    later = np.searchsorted(path.times, path.times + SPEED_WINDOW)
    first = np.flatnonzero(later < len(path.times))
    gaps = path.times[later[first]] - path.times[first]
    speeds = (path.positions[later[first]] - path.positions[first]) / gaps[:, None]
    return Violations(
        position=int((~inside).sum()),
        velocity=int((~(np.abs(velocities) <= limit)).sum() + (~(np.abs(speeds) <= limit)).sum()),
        acceleration=0,
    )

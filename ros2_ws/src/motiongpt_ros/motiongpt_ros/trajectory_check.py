"""The last look at a trajectory before it is published; nothing is published without it."""

import numpy as np

from motiongpt.errors import RetargetError
from motiongpt.retarget import JointState, Robot, RobotTrajectory, count_violations

POSITION_STEP, VELOCITY_STEP = 1e-3, 1e-2
"""How far the first point may be from the current state, in [rad] and [rad/s]."""

LATE = 5e-3
"""How far in [s] the start may lie in the past; the way to the controller takes as long."""


def check_trajectory(
    trajectory: RobotTrajectory, robot: Robot, state: JointState, start: float, now: float
) -> None:
    """Refuse a trajectory that a robot must not get.

    Args:
        trajectory: what is to be published.
        robot: the robot.
        state: its state at the start.
        start: when the trajectory starts, in [s] of the node's clock.
        now: the node's clock, in [s].

    Raises:
        RetargetError: with the reason.
    """
    _check_form(trajectory, robot)
    violations = count_violations(trajectory, robot)
    if violations.total:
        raise RetargetError(f"the trajectory breaks limits and is not sent: {violations}")
    for kind, unit, first, current, allowed in (
        ("position", "rad", trajectory.positions[0], state.positions, POSITION_STEP),
        ("velocity", "rad/s", trajectory.velocities[0], state.velocities, VELOCITY_STEP),
    ):
        gap = np.abs(first - current)
        if not gap.max() <= allowed:
            joint = robot.joint_names[int(gap.argmax())]
            raise RetargetError(
                f"the trajectory begins with a step and is not sent: {kind} of '{joint}' by "
                f"{gap.max():.4f} {unit}; allowed: {allowed}"
            )
    if start < now - LATE:
        raise RetargetError(
            f"the trajectory begins {now - start:.3f} s in the past and is not sent; "
            f"allowed: {LATE} s"
        )


def _check_form(trajectory: RobotTrajectory, robot: Robot) -> None:
    if trajectory.joint_names != robot.joint_names:
        raise RetargetError(
            f"the trajectory is not sent: it names joints {', '.join(trajectory.joint_names)}; "
            f"allowed: those of robot '{robot.name}', in its order"
        )
    n, times = len(trajectory.times), trajectory.times
    shape = (n, robot.n_joints)
    arrays = (trajectory.positions, trajectory.velocities, trajectory.accelerations)
    if n == 0 or any(a.shape != shape for a in arrays) or trajectory.base.shape != (n, 7):
        raise RetargetError(f"the trajectory is not sent: allowed are arrays of shape {shape}")
    if not all(np.isfinite(a).all() for a in (times, trajectory.base, *arrays)):
        raise RetargetError("the trajectory is not sent: a value is not finite")
    if times[0] != 0 or (np.diff(times) <= 0).any():
        raise RetargetError("the trajectory is not sent: its times do not rise from 0")

"""Arms and trunk by trajectory, legs by a walking controller that takes velocities."""

import numpy as np

from motiongpt.retarget import Robot, RobotTrajectory
from motiongpt_ros.base_motion import Planar, sample_base

SPAN = 0.1
"""Time in [s] over which a velocity is taken; shorter ones shake."""


def told_joints(robot: Robot, mode: str) -> np.ndarray:
    """Which joints a mode's trajectories name, shape (n,): all, or all but those of the legs."""
    told = np.ones(robot.n_joints, dtype=bool)
    if mode == "split":
        for side in ("left", "right"):
            frame = robot.model.frames[robot.frames[f"{side}_ankle"]]
            # Joints 0 and 1 are the universe and the floating base.
            told[[joint - 2 for joint in robot.model.supports[frame.parentJoint] if joint > 1]] = (
                False
            )
    return told


def base_twist(trajectory: RobotTrajectory, elapsed: float) -> tuple[float, float, float]:
    """Velocity of the base at a time in [s], seen from where it is then.

    Returns:
        Forward and left in [m/s], and the turn to the left in [rad/s]; 0 before and after.
    """
    if not 0 <= elapsed < trajectory.duration:
        return 0.0, 0.0, 0.0
    before = max(elapsed - SPAN / 2, 0.0)
    after = min(elapsed + SPAN / 2, trajectory.duration)
    here, there = (
        sample_base(trajectory.times, trajectory.base, time) for time in (before, after)
    )
    way = Planar.of(here).see_pose(there)
    turned = Planar.of(way).turn
    angle = 2 * np.arctan2(turned.z, turned.w)
    angle = (angle + np.pi) % (2 * np.pi) - np.pi
    # Half of the turn is behind at the middle of the span.
    c, s = np.cos(angle / 2), np.sin(angle / 2)
    span = after - before
    x, y = way[:2] / span
    return float(c * x + s * y), float(c * y - s * x), float(angle / span)

"""What each mode tells the robot: which joints by trajectory, and the base by velocity or not."""

from dataclasses import dataclass

import numpy as np

from motiongpt.retarget import Mode, Robot, RobotTrajectory
from motiongpt_ros.base_motion import Planar, sample_base

SPAN = 0.1
"""Time in [s] over which a velocity is taken; shorter ones shake."""


@dataclass(frozen=True)
class Told:
    """What a mode tells the robot.

    Attributes:
        joints: which ones its trajectories name, shape (n,).
        walks: whether the legs are told by a velocity of the base.
        balanced: whether a robot that can fall stands by its trajectories alone.
    """

    joints: np.ndarray
    walks: bool = False
    balanced: bool = False


def told_in(robot: Robot, mode: str) -> Told:
    """What the mode of that name tells a robot; see `parameters.MODES`."""
    joints = np.ones(robot.n_joints, dtype=bool)
    if mode in ("split", "upper_body"):
        for side in ("left", "right"):
            frame = robot.model.frames[robot.frames[f"{side}_ankle"]]
            # Joints 0 and 1 are the universe and the floating base.
            leg = [joint - 2 for joint in robot.model.supports[frame.parentJoint] if joint > 1]
            joints[leg] = False
    if mode == "upper_body":
        joints[robot.body.waist.joints] = False
    return Told(joints, walks=mode == "split", balanced=mode == "upper_body_balanced")


def planned_as(mode: str) -> Mode:
    """How motions are retargeted in the mode of that name; in split mode the trunk goes along."""
    return Mode.WHOLE_BODY if mode == "split" else Mode(mode)


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

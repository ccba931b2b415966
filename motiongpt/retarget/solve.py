"""A robot's configurations that follow a human motion, solved for all frames at once."""

from dataclasses import dataclass

import numpy as np
import pinocchio as pin

from motiongpt.errors import RetargetError
from motiongpt.motion.motion import Motion
from motiongpt.retarget.arms import clear_arms, solve_arms
from motiongpt.retarget.kinematics import BASE, Placements
from motiongpt.retarget.legs import solve_legs
from motiongpt.retarget.robot import N_BASE_Q, Robot
from motiongpt.retarget.robot_file import SIDES
from motiongpt.retarget.rotations import quaternions, tangent_velocities, turn_axes
from motiongpt.retarget.smooth import SMOOTH_BEYOND, smooth_to_acceleration
from motiongpt.retarget.targets import Calibration, Targets, find_targets
from motiongpt.retarget.trunk import solve_trunk


@dataclass(frozen=True)
class RobotMotion:
    """A robot's configurations over time.

    Attributes:
        q: shape (T, nq): [x y z] in [m], [qx qy qz qw], joints in [rad].
        v: tangent velocities, shape (T, nv): base in its own frame in [m/s] and [rad/s].
        fps: frames a second.
        entry: frames that lead from where the robot stands to the motion's first one.
    """

    q: np.ndarray
    v: np.ndarray
    fps: float
    entry: int = 0


def retarget(
    motion: Motion,
    robot: Robot,
    calibration: Calibration | None = None,
    near: np.ndarray | None = None,
) -> RobotMotion:
    """Follow a human motion with a robot inside the joints' position limits.

    Args:
        motion: 22 joints in [m], world frame, z up.
        robot: the robot.
        calibration: of the human's body; None reads it from the motion.
        near: joints (n,) in [rad] that the first frame should be near to, where a limb has more
            than one solution.

    Returns:
        Configurations at the motion's frame rate; the soles' lowest point is on the ground
        (z = 0) unless the human jumps, and standing feet do not slide.

    Raises:
        RetargetError: if there is no finite solution, or the motion is not in metres.
    """
    check_units(motion)
    return solve(find_targets(motion, calibration), robot, motion.fps, near)


def solve(
    targets: Targets, robot: Robot, fps: float, near: np.ndarray | None = None
) -> RobotMotion:
    """Find configurations that do what is asked; see `retarget`."""
    body, n_frames = robot.body, len(targets.bones)
    joints = np.repeat(robot.rest_pose[:, None], n_frames, axis=1)  # (n, T)
    placed = body.tree.empty(n_frames)
    joints[body.waist.joints] = solve_trunk(body, targets, robot.rest_pose, placed)
    legs, held = solve_legs(body, targets, robot.rest_pose, robot.acceleration_limit, placed, fps)
    arms = solve_arms(body, targets, robot.rest_pose, placed)
    for side, limb in enumerate(body.arms):
        limit = SMOOTH_BEYOND * robot.acceleration_limit[limb.joints]
        arms[side] = limb.clip(smooth_to_acceleration(arms[side].T, limit, fps).T)
        body.tree.move(placed, limb.joints, arms[side])
    clear_arms(body, targets, placed, arms)
    for limb, q in zip((*body.legs, *body.arms), (*legs, *arms), strict=True):
        joints[limb.joints] = q
    if not (np.isfinite(joints).all() and np.isfinite(placed.p[BASE]).all()):
        raise RetargetError(f"no finite solution for robot '{robot.name}'")
    q = np.empty((n_frames, robot.model.nq))
    q[:, :3] = placed.p[BASE].T
    q[:, 2] += _lift(robot, placed, held)
    q[:, 3:N_BASE_Q] = quaternions(placed.X[BASE])
    q[:, N_BASE_Q:] = joints.T
    return RobotMotion(q, tangent_velocities(q, fps), fps)


def _lift(robot: Robot, placed: Placements, held: np.ndarray) -> np.ndarray:
    """What is missing (T,) in [m] to put the lower sole on the ground, or out of it."""
    lowest = np.minimum(*(foot.lowest(placed) for foot in robot.body.feet))
    return np.where(held.max(axis=0) > 0.999, -lowest, np.maximum(-lowest, 0.0))


def check_units(motion: Motion) -> None:
    """Refuse a motion that is not in metres.

    Raises:
        RetargetError: naming the unit that it seems to be in.
    """
    height = np.ptp(motion.positions[..., 2], axis=1).max()
    if height > 10:
        raise RetargetError(
            f"the human is {height:.0f} units tall; positions are in metres: these look like "
            f"{'millimetres' if height > 500 else 'centimetres'}"
        )
    if height < 0.05:
        raise RetargetError(f"the human is {height:.3g} m tall; allowed: 0.05 m or more")


def lowest_sole_heights(q: np.ndarray, robot: Robot) -> np.ndarray:
    """Height (T,) in [m] of the lowest sole corner of configurations (T, nq)."""
    X = turn_axes(q[:, 3:N_BASE_Q])
    placed = robot.body.tree.place(q[:, N_BASE_Q:].T, X, q[:, :3].T)
    return np.minimum(*(foot.lowest(placed) for foot in robot.body.feet))


def lowest_sole_points(model: pin.Model, data: pin.Data, robot: Robot) -> np.ndarray:
    """Lowest corner of each sole in the world (2, 3), after frame placements."""
    lowest = np.empty((2, 3))
    for foot, side in enumerate(SIDES):
        placement = data.oMf[robot.frames[f"{side}_ankle"]]
        corners = robot.soles[foot] @ placement.rotation.T + placement.translation
        lowest[foot] = corners[np.argmin(corners[:, 2])]
    return lowest

"""How much of a robot follows the human: the whole body, or its upper body over standing feet.

A humanoid's maker usually runs a walking and balance controller of its own. Then the arms are
driven by a trajectory, and what the human's feet do is at most a velocity command.
"""

from dataclasses import replace
from enum import Enum

import numpy as np
from scipy.ndimage import gaussian_filter1d

from motiongpt.errors import RetargetError
from motiongpt.motion.motion import Motion
from motiongpt.retarget.arms import clear_arms, solve_arms
from motiongpt.retarget.balance import balance, with_entry
from motiongpt.retarget.kinematics import BASE, Placements
from motiongpt.retarget.limb import solve_limb
from motiongpt.retarget.robot import Robot
from motiongpt.retarget.rotations import quaternions, tangent_velocities
from motiongpt.retarget.smooth import SMOOTH_BEYOND, smooth_to_acceleration
from motiongpt.retarget.solve import RobotMotion, check_units, lowest_sole_heights, retarget
from motiongpt.retarget.targets import Targets, find_targets
from motiongpt.retarget.tasks import AxisDirection
from motiongpt.retarget.trunk import POSTURE_WEIGHT, columns_first

WAIST_ITERATIONS = 6

VELOCITY_SMOOTHING = 0.25
"""Width in [s] of the Gaussian over a velocity command: a walking controller cannot jerk."""


class Mode(Enum):
    """What follows the human."""

    WHOLE_BODY = "whole_body"
    """Everything, the base as well."""

    UPPER_BODY = "upper_body"
    """The arms; legs and waist stay where they are."""

    UPPER_BODY_BALANCED = "upper_body_balanced"
    """Arms and torso; the legs keep the centre of mass over the feet, which stay."""

    SPLIT = "split"
    """The arms; `planar_velocity` is what a walking controller should do meanwhile."""


def retarget_mode(
    motion: Motion,
    robot: Robot,
    mode: Mode,
    posture: np.ndarray | None = None,
    enter: bool = False,
) -> RobotMotion:
    """Follow a human motion in a mode.

    Args:
        motion: 22 joints in [m], world frame, z up.
        robot: the robot.
        mode: what follows.
        posture: joints (n,) in [rad] at which legs and waist stay; None takes the rest pose.
        enter: let a robot that balances come from its posture into the motion, and come to rest
            after it, in frames before and after those of the motion.

    Raises:
        RetargetError: if there is no finite solution or the motion is not in metres.
    """
    if mode is Mode.WHOLE_BODY:
        return retarget(motion, robot)
    check_units(motion)
    targets = _over_the_feet(find_targets(motion))
    n_frames, body = motion.n_frames, robot.body
    posture = robot.rest_pose if posture is None else np.asarray(posture, dtype=float)
    joints = np.repeat(posture[:, None], n_frames, axis=1)
    upright = columns_first(np.repeat(body.base_turn[None], n_frames, axis=0))
    if mode is Mode.UPPER_BODY_BALANCED:
        joints[body.waist.joints] = _waist(robot, targets, upright, joints, motion.fps)
    placed = body.tree.place(joints, upright, np.zeros((3, n_frames)))
    if mode is not Mode.UPPER_BODY_BALANCED:
        # The arms keep to the torso as the human's do, whatever the waist does.
        targets = _arms_on(placed.axes(body.points["torso"]), targets, robot)
    _solve_arms(robot, targets, placed, joints, motion.fps)
    entry = 0
    if mode is Mode.UPPER_BODY_BALANCED:
        if enter:
            joints, entry = with_entry(joints, posture, motion.fps)
            upright = np.repeat(upright[..., :1], joints.shape[1], axis=2)
            placed = body.tree.place(joints, upright, np.zeros((3, joints.shape[1])))
        balance(robot, placed, joints, motion.fps, entry)
    if not np.isfinite(joints).all():
        raise RetargetError(f"no finite solution for robot '{robot.name}'")
    q = np.concatenate([placed.p[BASE].T, quaternions(placed.X[BASE]), joints.T], axis=1)
    q[:, 2] -= lowest_sole_heights(q, robot)
    return RobotMotion(q, tangent_velocities(q, motion.fps), motion.fps, entry)


def planar_velocity(motion: Motion, robot: Robot) -> np.ndarray:
    """What a walking controller should do so that the robot goes where the human goes.

    Args:
        motion: 22 joints in [m], world frame, z up.
        robot: the robot; steps are scaled by its legs.

    Returns:
        Forward and lateral velocity in [m/s] and turning rate in [rad/s], in the base frame of a
        robot that faces +x, shape (T, 3).
    """
    check_units(motion)
    targets = find_targets(motion)
    if motion.n_frames < 2:
        return np.zeros((motion.n_frames, 3))
    forward = targets.pelvis[:, :2, 0]
    yaw = np.unwrap(np.arctan2(forward[:, 1], forward[:, 0]))
    width = VELOCITY_SMOOTHING * motion.fps
    yaw = gaussian_filter1d(yaw, width, mode="nearest")
    root = gaussian_filter1d(targets.root[:, :2], width, axis=0, mode="nearest")
    speed = np.gradient(root, 1 / motion.fps, axis=0) * robot.body.leg_length
    c, s = np.cos(yaw), np.sin(yaw)
    ahead, left = c * speed[:, 0] + s * speed[:, 1], -s * speed[:, 0] + c * speed[:, 1]
    return np.stack([ahead, left, np.gradient(yaw, 1 / motion.fps)], axis=1)


def _over_the_feet(targets: Targets) -> Targets:
    """The same in the heading of the pelvis, which faces +x from now on."""
    forward = targets.pelvis[:, :2, 0]
    forward = forward / np.maximum(np.linalg.norm(forward, axis=1, keepdims=True), 1e-9)
    c, s = forward.T
    none, one = np.zeros_like(c), np.ones_like(c)
    undo = np.array([[c, s, none], [-s, c, none], [none, none, one]]).transpose(2, 0, 1)
    return replace(
        targets,
        bones=np.einsum("tij,tkj->tki", undo, targets.bones),
        torso=undo @ targets.torso,
        pelvis=np.repeat(np.eye(3)[None], len(c), axis=0),
    )


def _arms_on(torso: np.ndarray, targets: Targets, robot: Robot) -> Targets:
    """Bone directions with the human's torso turned to the robot's, axes (3, 3, T)."""
    reached = torso.transpose(2, 1, 0) @ robot.body.torso_turn.T
    turn = reached @ targets.torso.transpose(0, 2, 1)
    return replace(targets, bones=np.einsum("tij,tkj->tki", turn, targets.bones))


def _waist(
    robot: Robot, targets: Targets, upright: np.ndarray, joints: np.ndarray, fps: float
) -> np.ndarray:
    """Waist joints (m, T) that turn the torso on an upright base."""
    body, waist = robot.body, robot.body.waist
    if not len(waist.joints):
        return joints[waist.joints]
    placed = body.tree.empty(joints.shape[1])
    placed.X[BASE] = upright
    torso = body.points["torso"]
    wanted = columns_first(targets.torso @ body.torso_turn)
    tasks = [AxisDirection(torso.link, torso.axes[:, k], wanted[k], 1.0) for k in range(3)]
    start = joints[waist.joints]
    q, _ = solve_limb(
        body.tree, placed, waist, tasks, start, start, POSTURE_WEIGHT, WAIST_ITERATIONS
    )
    return waist.clip(smooth_to_acceleration(q.T, robot.acceleration_limit[waist.joints], fps).T)


def _solve_arms(
    robot: Robot, targets: Targets, placed: Placements, joints: np.ndarray, fps: float
) -> None:
    """Place the arms, in place."""
    body = robot.body
    arms = solve_arms(body, targets, robot.rest_pose, placed)
    for side, limb in enumerate(body.arms):
        limit = SMOOTH_BEYOND * robot.acceleration_limit[limb.joints]
        arms[side] = limb.clip(smooth_to_acceleration(arms[side].T, limit, fps).T)
        body.tree.move(placed, limb.joints, arms[side])
    clear_arms(body, targets, placed, arms)
    for limb, q in zip(body.arms, arms, strict=True):
        joints[limb.joints] = q

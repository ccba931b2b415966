"""Legs: thighs and shins point as the human's, standing feet stay flat where they are."""

from dataclasses import dataclass

import numpy as np

from motiongpt.retarget.body import Body, Foot
from motiongpt.retarget.contact import base_path, find_stances, standing_weight
from motiongpt.retarget.kinematics import BASE, Placements
from motiongpt.retarget.limb import solve_limb
from motiongpt.retarget.robot_file import SIDES
from motiongpt.retarget.search import in_trunk, search_limb
from motiongpt.retarget.smooth import SMOOTH_BEYOND, smooth_to_acceleration
from motiongpt.retarget.targets import Targets
from motiongpt.retarget.tasks import AxisDirection, BoneDirection, PointPosition, Task

BONE_WEIGHT, FORWARD_WEIGHT, ROLL_WEIGHT = 1.0, 0.12, 0.12
HELD_BONE_WEIGHT, HELD_FOOT_WEIGHT, HELD_PLACE_WEIGHT = 0.1, 1.0, 20.0
HELD_POSTURE_WEIGHT = 0.01
HELD_ITERATIONS = 3

PITCH_SHARE = 0.5
"""Share of the human's foot pitch that is asked for: a human rolls over heel and toe, which costs
a robot ankle speed and its footing."""

FLAT_PITCH = 0.1
"""A standing foot whose pitch is smaller than this in [rad] is flat."""


@dataclass(frozen=True)
class FootTarget:
    """Where a foot should be.

    Attributes:
        toe: position of the toe point, shape (3, T), in [m].
        forward: heel-to-toe direction, shape (3, T).
        left: lateral direction, shape (3, T).
    """

    toe: np.ndarray
    forward: np.ndarray
    left: np.ndarray


def bone_tasks(body: Body, targets: Targets, side: int, weight: float) -> list[Task]:
    """Thigh and shin of one side."""
    points = [body.points[f"{SIDES[side]}_{name}"] for name in ("hip", "knee", "ankle")]
    return [
        BoneDirection(points[k], points[k + 1], targets.bones[:, 4 * side + k].T, weight)
        for k in range(2)
    ]


def foot_tasks(foot: Foot, target: FootTarget, forward: float, left: float) -> list[Task]:
    """Both axes of a foot."""
    return [
        AxisDirection(foot.link, foot.forward, target.forward, forward),
        AxisDirection(foot.link, foot.left, target.left, left),
    ]


def solve_legs(
    body: Body,
    targets: Targets,
    rest: np.ndarray,
    acceleration: np.ndarray,
    placed: Placements,
    fps: float,
) -> tuple[list[np.ndarray], np.ndarray]:
    """Solve both legs and move the base.

    Args:
        body: the robot.
        targets: what the human does.
        rest: rest pose, shape (n,), in [rad].
        acceleration: limits, shape (n,), in [rad/s^2].
        placed: base at the origin and turned; the legs are placed, and all that is placed is
            moved along with the base, in place.
        fps: frames a second.

    Returns:
        Leg joints (m, T) in [rad], left and right, and how much each foot is held (2, T).
    """
    free = []
    for side, limb in enumerate(body.legs):
        q = _free_leg(body, targets, rest, placed, side)
        q = smooth_to_acceleration(q.T, SMOOTH_BEYOND * acceleration[limb.joints], fps).T
        body.tree.move(placed, limb.joints, q)
        free.append(q)
    stances = find_stances(targets.contact)
    held = standing_weight(stances, len(targets.contact), fps)
    wanted = [_foot_axes(body.feet[side], targets, placed, held[side], side) for side in range(2)]
    toes = np.stack(
        [
            foot.toe_at(placed.point(foot.ankle), w.forward, w.left)
            for foot, w in zip(body.feet, wanted, strict=True)
        ]
    )
    heights = np.stack(
        [foot.toe_height(w.forward, w.left) for foot, w in zip(body.feet, wanted, strict=True)]
    )
    steps = np.diff(targets.root, axis=0).T * body.leg_length
    placed.p[:] += base_path(toes, heights, steps, stances)
    joints = []
    for side in range(2):
        target = _foot_places(stances, side, held[side], toes[side], placed, wanted[side], heights)
        tasks = bone_tasks(body, targets, side, HELD_BONE_WEIGHT)
        tasks += foot_tasks(body.feet[side], target, HELD_FOOT_WEIGHT, HELD_FOOT_WEIGHT)
        tasks.append(PointPosition(body.feet[side].toe, target.toe, HELD_PLACE_WEIGHT))
        q, _ = solve_limb(
            body.tree,
            placed,
            body.legs[side],
            tasks,
            free[side],
            free[side],
            HELD_POSTURE_WEIGHT,
            HELD_ITERATIONS,
        )
        joints.append(q)
    return joints, held


def _free_leg(
    body: Body, targets: Targets, rest: np.ndarray, placed: Placements, side: int
) -> np.ndarray:
    """The leg as if there were no ground."""
    limb = body.legs[side]
    forward = _pitched(*_yaw_and_pitch(targets, side))
    tasks = bone_tasks(body, targets, side, BONE_WEIGHT)
    level = FootTarget(np.zeros_like(forward), forward, _level_left(forward))
    tasks += foot_tasks(body.feet[side], level, FORWARD_WEIGHT, ROLL_WEIGHT)
    wanted = in_trunk(placed.X[BASE], targets.bones[:, 4 * side : 4 * side + 2])
    poses = body.leg_poses[side]
    return search_limb(body.tree, placed, limb, tasks, poses, wanted, rest[limb.joints])


def _yaw_and_pitch(targets: Targets, side: int) -> tuple[np.ndarray, np.ndarray]:
    """Heading and slope (T,) in [rad] of a foot; the robot's slopes less than the human's."""
    x, y, z = targets.feet[:, side].T
    return np.arctan2(y, x), PITCH_SHARE * np.arcsin(np.clip(z, -1, 1))


def _pitched(yaw: np.ndarray, pitch: np.ndarray) -> np.ndarray:
    """Directions (3, T) of headings and slopes (T,) in [rad]."""
    return np.stack([np.cos(pitch) * np.cos(yaw), np.cos(pitch) * np.sin(yaw), np.sin(pitch)])


def _level_left(forward: np.ndarray) -> np.ndarray:
    """The horizontal direction (3, T) to the left of a forward direction."""
    left = np.stack([-forward[1], forward[0], np.zeros_like(forward[0])])
    return left / np.maximum(np.sqrt((left**2).sum(0)), 1e-9)


def _foot_axes(
    foot: Foot, targets: Targets, placed: Placements, held: np.ndarray, side: int
) -> FootTarget:
    """Axes of a foot: its own while it is free, level with the human's pitch while it stands."""
    forward, left = placed.axis(foot.link, foot.forward), placed.axis(foot.link, foot.left)
    yaw = np.arctan2(forward[1], forward[0])
    _, pitch = _yaw_and_pitch(targets, side)
    pitch = np.sign(pitch) * np.maximum(np.abs(pitch) - FLAT_PITCH, 0)
    pitch = np.minimum(pitch, 0)
    level = _pitched(yaw, pitch)
    forward = (1 - held) * forward + held * level
    forward /= np.sqrt((forward**2).sum(0))
    left = (1 - held) * left + held * _level_left(level)
    left -= forward * (forward * left).sum(0)
    left /= np.sqrt((left**2).sum(0))
    return FootTarget(np.zeros_like(forward), forward, left)


def _foot_places(
    stances: list,
    side: int,
    held: np.ndarray,
    toe: np.ndarray,
    placed: Placements,
    axes: FootTarget,
    heights: np.ndarray,
) -> FootTarget:
    """Positions of a toe: locked while it stands, its own while it is free, never underground."""
    own = toe + placed.p[BASE]
    locked = own.copy()
    mine = [stance for stance in stances if stance.foot == side]
    if mine:
        centers = np.array([(s.begin + s.end - 1) / 2 for s in mine])
        nearest = np.abs(np.arange(own.shape[1])[:, None] - centers).argmin(axis=1)
        means = np.stack([own[:2, s.begin : s.end].mean(axis=1) for s in mine], axis=1)
        locked[:2] = means[:, nearest]
        for k, s in enumerate(mine):
            locked[:2, s.begin : s.end] = means[:, k : k + 1]
    locked[2] = heights[side]
    target = (1 - held) * own + held * locked
    target[2] = np.maximum(target[2], heights[side])
    return FootTarget(target, axes.forward, axes.left)

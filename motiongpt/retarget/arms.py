"""Arms: upper arms and forearms point as the human's."""

import numpy as np
from scipy.ndimage import gaussian_filter1d

from motiongpt.retarget.body import Body
from motiongpt.retarget.kinematics import Placements
from motiongpt.retarget.limb import solve_limb
from motiongpt.retarget.robot_file import SIDES
from motiongpt.retarget.search import in_trunk, search_limb
from motiongpt.retarget.targets import Targets
from motiongpt.retarget.tasks import BoneDirection, Task

POSTURE_WEIGHT, ITERATIONS = 0.2, 4
SPREAD = 2.0
"""Width in frames of the Gaussian that spreads a change over time."""


def bone_tasks(body: Body, targets: Targets, side: int, weight: float = 1.0) -> list[Task]:
    """Upper arm and forearm of one side."""
    points = [body.points[f"{SIDES[side]}_{name}"] for name in ("shoulder", "elbow", "wrist")]
    return [
        BoneDirection(points[k], points[k + 1], targets.bones[:, 4 * side + 2 + k].T, weight)
        for k in range(2)
    ]


def solve_arms(
    body: Body,
    targets: Targets,
    rest: np.ndarray,
    placed: Placements,
    near: np.ndarray | None = None,
) -> list[np.ndarray]:
    """Solve both arms, the first frame near joints (n,); joints (m, T) in [rad]."""
    joints = []
    trunk = placed.X[body.points["torso"].link]
    for side in range(2):
        limb = body.arms[side]
        tasks = bone_tasks(body, targets, side)
        wanted = in_trunk(trunk, targets.bones[:, 4 * side + 2 : 4 * side + 4])
        first = None if near is None else near[limb.joints]
        poses, posture = body.arm_poses[side], rest[limb.joints]
        joints.append(search_limb(body.tree, placed, limb, tasks, poses, wanted, posture, first))
    return joints


def clear_arms(body: Body, targets: Targets, placed: Placements, arms: list[np.ndarray]) -> None:
    """Move arms out of the body and of each other, as little as that takes, in place.

    What is changed at first is spread over time, so that an arm gives way before it would touch.

    Args:
        body: the robot.
        targets: what the human does.
        placed: the whole robot; the arms are placed anew, in place.
        arms: joints (m, T) in [rad], left and right.
    """
    for side in range(len(body.clearances)):
        before = arms[side].copy()
        body.tree.move(placed, body.arms[side].joints, before)
        if not _clear_arm(body, targets, placed, side, arms[side]):
            continue
        changed = gaussian_filter1d(arms[side] - before, SPREAD, axis=1, mode="nearest")
        limb = body.arms[side]
        arms[side] = limb.clip(before + changed)
        body.tree.move(placed, limb.joints, arms[side])
        _clear_arm(body, targets, placed, side, arms[side])
        body.tree.move(placed, limb.joints, arms[side])


def _clear_arm(body: Body, targets: Targets, placed: Placements, side: int, q: np.ndarray) -> bool:
    """Clear one arm (m, T) in the frames where it touches, in place; whether it did."""
    clearance, limb = body.clearances[side], body.arms[side]
    touching = np.flatnonzero(clearance.depth(placed))
    if not len(touching):
        return False
    some = Placements(placed.X[..., touching], placed.p[..., touching])
    tasks = [task.select(touching) for task in (*bone_tasks(body, targets, side), clearance)]
    near = q[:, touching]
    q[:, touching], _ = solve_limb(
        body.tree, some, limb, tasks, near, near, POSTURE_WEIGHT, ITERATIONS
    )
    return True

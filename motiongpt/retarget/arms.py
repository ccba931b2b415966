"""Arms: upper arms and forearms point as the human's."""

import numpy as np

from motiongpt.retarget.body import Body
from motiongpt.retarget.kinematics import Placements
from motiongpt.retarget.limb import solve_limb
from motiongpt.retarget.robot_file import SIDES
from motiongpt.retarget.search import in_trunk, search_limb
from motiongpt.retarget.targets import Targets
from motiongpt.retarget.tasks import BoneDirection, Task

POSTURE_WEIGHT, ITERATIONS = 0.05, 5


def bone_tasks(body: Body, targets: Targets, side: int, weight: float = 1.0) -> list[Task]:
    """Upper arm and forearm of one side."""
    points = [body.points[f"{SIDES[side]}_{name}"] for name in ("shoulder", "elbow", "wrist")]
    return [
        BoneDirection(points[k], points[k + 1], targets.bones[:, 4 * side + 2 + k].T, weight)
        for k in range(2)
    ]


def solve_arms(
    body: Body, targets: Targets, rest: np.ndarray, placed: Placements
) -> list[np.ndarray]:
    """Solve both arms; joints (m, T) in [rad], left and right."""
    joints = []
    trunk = placed.X[body.points["torso"].link]
    for side in range(2):
        limb = body.arms[side]
        tasks = bone_tasks(body, targets, side)
        wanted = in_trunk(trunk, targets.bones[:, 4 * side + 2 : 4 * side + 4])
        joints.append(
            search_limb(
                body.tree, placed, limb, tasks, body.arm_poses[side], wanted, rest[limb.joints]
            )
        )
    return joints


def clear_arms(body: Body, targets: Targets, placed: Placements, arms: list[np.ndarray]) -> None:
    """Move arms out of the body and of each other, as little as that takes, in place.

    Args:
        body: the robot.
        targets: what the human does.
        placed: the whole robot; the arms are placed anew, in place.
        arms: joints (m, T) in [rad], left and right.
    """
    for side, clearance in enumerate(body.clearances):
        limb = body.arms[side]
        body.tree.move(placed, limb.joints, arms[side])
        touching = np.flatnonzero(clearance.depth(placed))
        if not len(touching):
            continue
        tasks = [*bone_tasks(body, targets, side), clearance]
        some = Placements(placed.X[..., touching], placed.p[..., touching])
        q = arms[side][:, touching]
        chosen = [task.select(touching) for task in tasks]
        q, _ = solve_limb(body.tree, some, limb, chosen, q, q, POSTURE_WEIGHT, ITERATIONS)
        arms[side][:, touching] = q
        body.tree.move(placed, limb.joints, arms[side])

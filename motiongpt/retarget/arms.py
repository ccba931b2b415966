"""Arms: upper arms and forearms point as the human's."""

import numpy as np

from motiongpt.retarget.body import Body
from motiongpt.retarget.kinematics import Placements
from motiongpt.retarget.robot_file import SIDES
from motiongpt.retarget.search import in_trunk, search_limb
from motiongpt.retarget.targets import Targets
from motiongpt.retarget.tasks import BoneDirection, Task



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

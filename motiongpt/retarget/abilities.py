"""What a robot's joints cannot follow of a human, whatever the motion."""

from itertools import pairwise

import numpy as np

from motiongpt.retarget.limb import Limb
from motiongpt.retarget.robot import Robot
from motiongpt.retarget.robot_file import SIDES
from motiongpt.retarget.tasks import AxisDirection, BoneDirection, Task

N_POSES = 8
"""Poses that are looked at; a single one may be singular."""

WAIST_RANK, ARM_RANK, LEG_RANK = 3, 4, 6


def find_gaps(robot: Robot) -> tuple[str, ...]:
    """Say in a sentence each what the robot lacks.

    A torso turns about three axes; two bones have four angles, and a foot two more.
    """
    body, gaps = robot.body, []
    torso = body.points["torso"]
    ahead = np.zeros((3, N_POSES))
    axes: list[Task] = [AxisDirection(torso.link, axis, ahead, 1.0) for axis in torso.axes.T]
    rank = _rank(robot, body.waist, axes)
    if rank < WAIST_RANK:
        how = f"the waist turns about {rank} of 3 axes" if rank else "there is no waist"
        gaps.append(f"{how}: the pelvis goes along with the torso, and not as the human's")
    for side, name in enumerate(SIDES):
        points = [body.points[f"{name}_{role}"] for role in ("shoulder", "elbow", "wrist")]
        tasks: list[Task] = [BoneDirection(a, b, ahead, 1.0) for a, b in pairwise(points)]
        rank = _rank(robot, body.arms[side], tasks)
        if rank < ARM_RANK:
            gaps.append(
                f"the {name} arm sets {rank} of 4 angles: upper arm and forearm cannot both point "
                "as the human's"
            )
        points = [body.points[f"{name}_{role}"] for role in ("hip", "knee", "ankle")]
        tasks = [BoneDirection(a, b, ahead, 1.0) for a, b in pairwise(points)]
        foot = body.feet[side]
        tasks += [AxisDirection(foot.link, a, ahead, 1.0) for a in (foot.forward, foot.left)]
        rank = _rank(robot, body.legs[side], tasks)
        if rank < LEG_RANK:
            gaps.append(
                f"the {name} leg sets {rank} of 6 angles: thigh, shin and a level foot cannot all "
                "be as they should"
            )
    used = {int(j) for limb in (body.waist, *body.legs, *body.arms) for j in limb.joints}
    still = [name for k, name in enumerate(robot.joint_names) if k not in used]
    if still:
        gaps.append(
            f"joints that stay at rest, for a motion says nothing of them: {', '.join(still)}"
        )
    return tuple(gaps)


def _rank(robot: Robot, limb: Limb, tasks: list[Task]) -> int:
    """How many independent things a limb can do of some tasks."""
    if not len(limb.joints):
        return 0
    tree = robot.body.tree
    rng = np.random.default_rng(0)
    q = np.repeat(robot.rest_pose[:, None], N_POSES, axis=1)
    share = rng.uniform(0.2, 0.8, size=(len(limb.joints), N_POSES))
    q[limb.joints] = limb.lower[:, None] + share * (limb.upper - limb.lower)[:, None]
    still = np.repeat(np.eye(3)[..., None], N_POSES, axis=2)
    placed = tree.place(q, still, np.zeros((3, N_POSES)))
    J = np.concatenate([task.rows(tree, placed, limb.joints)[1] for task in tasks])
    return max(int(np.linalg.matrix_rank(J[..., k], tol=1e-3)) for k in range(N_POSES))

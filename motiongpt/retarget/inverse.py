"""From a robot's configuration to the human pose that it retargets from.

The language model takes a pose of 22 joints as its initial or key pose; this makes one of what
the robot does now.
"""

import numpy as np

from motiongpt.errors import RetargetError
from motiongpt.motion.skeleton import JOINT_INDEX as J
from motiongpt.motion.skeleton import N_JOINTS
from motiongpt.retarget.body import Body
from motiongpt.retarget.kinematics import BASE, Placements
from motiongpt.retarget.legs import PITCH_SHARE
from motiongpt.retarget.robot import N_BASE_Q, Robot
from motiongpt.retarget.robot_file import SIDES
from motiongpt.retarget.rotations import turn_axes
from motiongpt.retarget.targets import USUAL

# Bone lengths in [m] of the body that the shipped model draws.
HIP_HALF, SPINE1, SPINE2, SPINE3, NECK = 0.068, 0.079, 0.124, 0.022, 0.208
COLLAR_HALF, SHOULDER_HALF, SHOULDER_DROP, HEAD = 0.06, 0.16, 0.04, 0.065
THIGH, SHIN, FOOT, UPPER_ARM, FOREARM = 0.391, 0.41, 0.118, 0.243, 0.223
TOE_HEIGHT = 0.02
"""Height in [m] of the toe joint of a foot on the ground."""


def human_pose(joints: np.ndarray, robot: Robot, base: np.ndarray | None = None) -> np.ndarray:
    """Find the human pose that a robot's configuration looks like.

    Args:
        joints: joint positions, shape (n,), in [rad].
        robot: the robot.
        base: base pose (7,), [x y z] in [m] and [qx qy qz qw]; None stands upright at the
            origin and faces +x. Only its orientation is used.

    Returns:
        22 joints, shape (22, 3), in [m], z up, x forward; the pelvis is over the origin and the
        lower toe on the ground.

    Raises:
        RetargetError: if a shape is wrong or a value is not finite.
    """
    joints = np.asarray(joints, dtype=float)
    if joints.shape != (robot.n_joints,) or not np.isfinite(joints).all():
        raise RetargetError(
            f"configuration of shape {joints.shape}; allowed: ({robot.n_joints},), all finite"
        )
    turn = np.array([0.0, 0.0, 0.0, 1.0]) if base is None else np.asarray(base[3:N_BASE_Q], float)
    body = robot.body
    X = turn_axes(turn[None] / np.linalg.norm(turn))
    if base is None:
        X = (body.base_turn.T @ X.reshape(3, -1)).reshape(X.shape)
    placed = body.tree.place(joints[:, None], X, np.zeros((3, 1)))
    pose = np.zeros((N_JOINTS, 3))
    _place_trunk(pose, body, placed)
    for side, name in enumerate(SIDES):
        _place_limbs(pose, body, placed, side, name)
    toes = [pose[J[f"{side}_foot"], 2] for side in SIDES]
    pose[:, 2] += TOE_HEIGHT - min(toes)
    return pose


def _place_trunk(pose: np.ndarray, body: Body, placed: Placements) -> None:
    """Hips, spine, neck, head, collars and shoulders, from the pelvis at the origin."""
    _, hip_left, spine = _human_axes(
        placed.X[BASE, ..., 0].T @ body.base_turn.T, USUAL.pelvis_lean
    )
    torso = placed.axes(body.points["torso"])[..., 0].T @ body.torso_turn.T
    forward, left, up = _human_axes(torso, USUAL.torso_lean)
    pose[J["spine1"]] = SPINE1 * spine
    pose[J["spine2"]] = pose[J["spine1"]] + SPINE2 * _unit(spine + up)
    pose[J["spine3"]] = pose[J["spine2"]] + SPINE3 * up
    pose[J["neck"]] = pose[J["spine2"]] + NECK * up
    pose[J["head"]] = pose[J["neck"]] + HEAD * _unit(forward + up)
    for side, sign in zip(SIDES, (1.0, -1.0), strict=True):
        pose[J[f"{side}_hip"]] = sign * HIP_HALF * hip_left
        pose[J[f"{side}_collar"]] = (
            pose[J["neck"]] + sign * COLLAR_HALF * left - SHOULDER_DROP * up
        )
        pose[J[f"{side}_shoulder"]] = (
            pose[J["neck"]] + sign * SHOULDER_HALF * left - SHOULDER_DROP * up
        )


def _place_limbs(pose: np.ndarray, body: Body, placed: Placements, side: int, name: str) -> None:
    """Knee, ankle, toe, elbow and wrist, along the robot's bones."""
    for start, end, length in (
        ("hip", "knee", THIGH),
        ("knee", "ankle", SHIN),
        ("shoulder", "elbow", UPPER_ARM),
        ("elbow", "wrist", FOREARM),
    ):
        points = [placed.point(body.points[f"{name}_{role}"])[:, 0] for role in (start, end)]
        bone = length * _unit(points[1] - points[0])
        pose[J[f"{name}_{end}"]] = pose[J[f"{name}_{start}"]] + bone
    foot = body.feet[side]
    x, y, z = placed.axis(foot.link, foot.forward)[:, 0]
    slope = np.arcsin(np.clip(z, -1, 1)) / PITCH_SHARE + USUAL.foot_slope[side]
    slope = np.clip(slope, -1.5, 1.5)
    level = _unit(np.array([x, y, 0.0]))
    toe = np.cos(slope) * level + np.sin(slope) * np.array([0, 0, 1.0])
    pose[J[f"{name}_foot"]] = pose[J[f"{name}_ankle"]] + FOOT * toe


def _human_axes(R: np.ndarray, lean: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Forward, left and up of a human's joints, with the lean that `targets` turns away."""
    c, s = np.cos(lean), np.sin(lean)
    return c * R[:, 0] - s * R[:, 2], R[:, 1], c * R[:, 2] + s * R[:, 0]


def _unit(vector: np.ndarray) -> np.ndarray:
    return vector / max(float(np.linalg.norm(vector)), 1e-9)

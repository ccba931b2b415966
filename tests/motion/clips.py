"""Figures that move, made from formulas."""

import numpy as np

from motiongpt.motion.motion import Motion
from motiongpt.motion.rotation import rotate_about_y
from motiongpt.motion.skeleton import HUMANML3D, JOINT_INDEX, Skeleton
from tests.retarget.figures import standing


def circling_clip(
    n_frames: int = 120, skeleton: Skeleton = HUMANML3D, seed: int = 0
) -> np.ndarray:
    """A figure that walks a circle (more than a full turn in 140 frames) and sways.

    Returns:
        Positions (n_frames, J, 3), in the skeleton's unit, y up.
    """
    rng = np.random.default_rng(seed)
    t = np.arange(n_frames) / 20.0
    n = skeleton.n_joints
    bones = skeleton.rest_directions * rng.uniform(0.1, 0.4, (n, 1))
    sway = 0.06 * np.sin(2 * t[:, None, None] + rng.uniform(0, 6, (n, 3)))
    pose = np.zeros((n_frames, n, 3))
    for chain in skeleton.chains:
        for parent, joint in zip(chain[:-1], chain[1:], strict=True):
            pose[:, joint] = pose[:, parent] + bones[joint] + sway[:, joint]
    pose = rotate_about_y(pose, (0.9 * t)[:, None])
    path = np.stack([np.sin(0.9 * t), 0.9 + 0.02 * np.cos(5 * t), np.cos(0.9 * t)], axis=-1)
    return (pose + path[:, None]) / skeleton.unit


def bone_lengths(skeleton: Skeleton, seed: int = 1) -> np.ndarray:
    """Bone lengths (J,) in the skeleton's unit; 0 for the root."""
    lengths = np.random.default_rng(seed).uniform(0.1, 0.5, skeleton.n_joints) / skeleton.unit
    lengths[0] = 0.0
    return lengths


def squatting_clip(n_frames: int = 100, begin: int = 40, depth: float = 0.55) -> np.ndarray:
    """A figure that stands, squats from frame `begin` on in 20 frames, and stands.

    Args:
        n_frames: at 20 frames a second.
        begin: first frame of the squat; its deepest is 10 frames later.
        depth: by how much the pelvis sinks, in [m].

    Returns:
        Positions (n_frames, 22, 3), in [m], y up, soles at 0.
    """
    down = np.zeros((n_frames, 1, 1))
    down[begin : begin + 21, 0, 0] = depth * np.sin(np.pi * np.arange(21) / 20)
    p = standing(n_frames)
    stays = [i for name, i in JOINT_INDEX.items() if name.endswith(("ankle", "foot"))]
    p -= down * [0, 0, 1.0]
    p[:, stays] += down * [0, 0, 1.0]
    for side in ("left", "right"):
        hip, ankle = (p[:, JOINT_INDEX[f"{side}_{name}"]] for name in ("hip", "ankle"))
        half = (hip - ankle) / 2
        ahead = np.sqrt(np.maximum(0.41**2 - (half**2).sum(-1, keepdims=True), 0.0))
        p[:, JOINT_INDEX[f"{side}_knee"]] = ankle + half + ahead * [1.0, 0, 0]
    return Motion(p).to_y_up()

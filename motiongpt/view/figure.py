"""A human skeleton drawn with capsules and balls into a MuJoCo scene."""

import mujoco
import numpy as np

from motiongpt.errors import RenderError
from motiongpt.motion.skeleton import JOINT_INDEX, JOINT_NAMES, PARENTS

BONE_RADIUS = 0.032
JOINT_RADIUS = 0.042
HEAD_RADIUS = 0.10

LEFT_RGBA = (0.10, 0.52, 0.62, 1.0)
RIGHT_RGBA = (0.88, 0.42, 0.16, 1.0)
TRUNK_RGBA = (0.95, 0.78, 0.42, 1.0)

N_GEOMS = 2 * len(JOINT_NAMES) - 1
"""Shapes that a skeleton takes in a scene: a ball a joint, a capsule a bone."""


def add_skeleton(scene: mujoco.MjvScene, joints: np.ndarray) -> None:
    """Add a person to a scene that is about to be drawn.

    Left limbs are teal and right limbs orange, so that a mirrored motion is seen at once.

    Args:
        scene: MuJoCo's scene; its shapes are appended to.
        joints: shape (22, 3), in [m], world frame, z up.

    Raises:
        RenderError: if the scene has no room left.
    """
    if scene.ngeom + N_GEOMS > scene.maxgeom:
        raise RenderError(f"scene of {scene.maxgeom} shapes has no room for a skeleton")
    for index, name in enumerate(JOINT_NAMES):
        radius = HEAD_RADIUS if index == JOINT_INDEX["head"] else JOINT_RADIUS
        ball = scene.geoms[scene.ngeom]
        mujoco.mjv_initGeom(
            ball,
            mujoco.mjtGeom.mjGEOM_SPHERE,
            np.full(3, radius),
            joints[index],
            np.eye(3).ravel(),
            np.array(colour_of(name), dtype=np.float32),
        )
        scene.ngeom += 1
        if PARENTS[index] >= 0:
            _add_bone(scene, joints[PARENTS[index]], joints[index], colour_of(name))


def _add_bone(
    scene: mujoco.MjvScene,
    start: np.ndarray,
    end: np.ndarray,
    rgba: tuple[float, float, float, float],
) -> None:
    """A capsule between two joints."""
    bone = scene.geoms[scene.ngeom]
    capsule = mujoco.mjtGeom.mjGEOM_CAPSULE
    mujoco.mjv_initGeom(
        bone, capsule, np.zeros(3), np.zeros(3), np.eye(3).ravel(), np.array(rgba, np.float32)
    )
    mujoco.mjv_connector(bone, capsule, BONE_RADIUS, start, end)
    scene.ngeom += 1


def colour_of(name: str) -> tuple[float, float, float, float]:
    """Colour of a joint and of the bone that ends in it."""
    if name.startswith("left_"):
        return LEFT_RGBA
    return RIGHT_RGBA if name.startswith("right_") else TRUNK_RGBA

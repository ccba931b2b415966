"""A robot seen through, with named points on it, from the front and from its left."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import cv2
import mujoco
import numpy as np

from motiongpt.errors import RenderError
from motiongpt.view.backend import choose_backend, open_context
from motiongpt.view.figure import colour_of
from motiongpt.view.scene import build_model, draw_options, joint_addresses

RADIUS = 0.02
"""Of a mark, as a share of the robot's height."""

FRONT, LEFT = 180.0, 270.0
"""Azimuths in [deg] of a camera that looks at a robot facing +x."""

CHAINS = (
    ("pelvis", "torso"),
    *((f"{s}_{a}", f"{s}_{b}") for s in ("left", "right") for a, b in (
        ("hip", "knee"), ("knee", "ankle"), ("shoulder", "elbow"), ("elbow", "wrist"),
    )),
)  # fmt: skip
"""Marks that a line joins."""


def draw_marks(
    file: Path,
    urdf: Path,
    package_dirs: Sequence[Path],
    joints: Mapping[str, float],
    marks: Mapping[str, np.ndarray],
    forward: float,
    size: int = 640,
) -> None:
    """Draw both views side by side into a PNG.

    Args:
        file: the PNG to write.
        urdf: the robot's description.
        package_dirs: folders in which `package://` names of mesh files are looked up.
        joints: position in [rad] by joint; the others are at 0.
        marks: point (3,) in [m] in the base's frame by name; names that begin with left or right
            have that side's colour.
        forward: direction that the robot faces in its base's frame, in [rad] about z.
        size: width of a view, in pixels.

    Raises:
        RenderError: if the robot cannot be drawn or this machine has no OpenGL.
    """
    height = int(1.4 * size)
    model = build_model(urdf, package_dirs, size, height)
    data = mujoco.MjData(model)
    data.qpos[:7] = [0, 0, 0, 1, 0, 0, 0]
    data.qpos[joint_addresses(model, list(joints))] = list(joints.values())
    points = np.array(list(marks.values()))
    low, high = points.min(axis=0), points.max(axis=0)
    tall = float(high[2] - low[2])
    data.qpos[2] = lift = 0.1 * tall - float(low[2])
    mujoco.mj_kinematics(model, data)
    mujoco.mj_comPos(model, data)
    mujoco.mj_camlight(model, data)
    context = open_context(choose_backend(), size, height)
    try:
        renderer = mujoco.MjrContext(model, mujoco.mjtFontScale.mjFONTSCALE_100)
        views = [
            _view(
                model,
                data,
                renderer,
                (size, height),
                tall,
                float(azimuth),
                marks,
                lift,
            )
            for azimuth in np.array([FRONT, LEFT]) + np.degrees(forward)
        ]
        renderer.free()
    finally:
        context.free()
    file.parent.mkdir(parents=True, exist_ok=True)
    if not cv2.imwrite(str(file), np.concatenate(views, axis=1)[..., ::-1]):
        raise RenderError(f"{file}: cannot be written")


def _view(
    model: mujoco.MjModel,
    data: mujoco.MjData,
    renderer: mujoco.MjrContext,
    size: tuple[int, int],
    tall: float,
    azimuth: float,
    marks: Mapping[str, np.ndarray],
    lift: float,
) -> np.ndarray:
    """One picture (height, width, 3)."""
    camera, option = mujoco.MjvCamera(), draw_options(model)
    option.flags[mujoco.mjtVisFlag.mjVIS_TRANSPARENT] = 1
    camera.azimuth, camera.elevation, camera.distance = azimuth, -5.0, 2.1 * tall
    camera.lookat[:] = [0.0, 0.0, 0.6 * tall]
    scene = mujoco.MjvScene(model, maxgeom=2000)
    kinds = mujoco.mjtCatBit.mjCAT_ALL
    mujoco.mjv_updateScene(model, data, option, None, camera, kinds, scene)
    for name, point in marks.items():
        _add(scene, name, RADIUS * tall, point + [0, 0, lift], None)
        scene.geoms[scene.ngeom - 1].label = name
    for start, end in CHAINS:
        if start in marks and end in marks:
            points = (marks[start] + [0, 0, lift], marks[end] + [0, 0, lift])
            _add(scene, end, RADIUS * tall / 3, *points)
    width, height = size
    picture, view = np.empty((height, width, 3), dtype=np.uint8), mujoco.MjrRect(0, 0, *size)
    mujoco.mjr_setBuffer(mujoco.mjtFramebuffer.mjFB_OFFSCREEN, renderer)
    mujoco.mjr_render(view, scene, renderer)
    mujoco.mjr_readPixels(picture, None, view, renderer)
    return np.flipud(picture)


def _add(
    scene: mujoco.MjvScene, name: str, radius: float, start: np.ndarray, end: np.ndarray | None
) -> None:
    """A ball, or a line to a second point."""
    shape = scene.geoms[scene.ngeom]
    kind = mujoco.mjtGeom.mjGEOM_SPHERE if end is None else mujoco.mjtGeom.mjGEOM_CAPSULE
    rgba = np.array(colour_of(name), dtype=np.float32)
    mujoco.mjv_initGeom(shape, kind, np.full(3, radius), start, np.eye(3).ravel(), rgba)
    if end is not None:
        mujoco.mjv_connector(shape, kind, radius, start, end)
    scene.ngeom += 1

"""A person alone on a floor: instants of a motion side by side."""

from collections.abc import Sequence
from pathlib import Path

import mujoco
import numpy as np

from motiongpt.motion.motion import Motion
from motiongpt.view.backend import choose_backend, open_context
from motiongpt.view.figure import add_skeleton
from motiongpt.view.render import label_picture
from motiongpt.view.scene import build_floor, draw_options
from motiongpt.view.video import write_picture

TILE = (240, 240)
_AZIMUTH, _ELEVATION, _DISTANCE, _HEIGHT = 150.0, -12.0, 3.2, 0.9
_MAX_GEOMS = 200
_BAR = 34


def render_strips(
    file: Path,
    motions: Sequence[tuple[str, Motion]],
    instants: int = 6,
    size: tuple[int, int] = TILE,
) -> None:
    """Draw each motion as a row of instants, its caption above it; the camera goes along.

    Args:
        file: the PNG file to write.
        motions: caption and motion of each row, at least one.
        instants: pictures a row, evenly spread from the first frame to the last.
        size: width and height of a picture, in pixels.

    Raises:
        RenderError: if the file cannot be written or this machine cannot draw.
    """
    model = build_floor(*size)
    data = mujoco.MjData(model)
    mujoco.mj_forward(model, data)
    scene = mujoco.MjvScene(model, maxgeom=_MAX_GEOMS)
    context = open_context(choose_backend(), *size)
    renderer = mujoco.MjrContext(model, mujoco.mjtFontScale.mjFONTSCALE_100)
    mujoco.mjr_setBuffer(mujoco.mjtFramebuffer.mjFB_OFFSCREEN, renderer)
    try:
        rows = []
        for caption, motion in motions:
            at = np.linspace(0, motion.n_frames - 1, instants).round().astype(int)
            tiles = []
            for frame in at:
                _place_people(model, data, scene, motion.positions[frame])
                picture = _read_picture(scene, renderer, size)
                tiles.append(label_picture(picture, "", f"{frame / motion.fps:.1f} s", 0.5))
            strip = np.hstack(tiles)
            bar = np.full((_BAR, strip.shape[1], 3), 250, dtype=np.uint8)
            rows += [label_picture(bar, caption, "", 0.6, top=24), strip]
    finally:
        renderer.free()
        context.free()
    write_picture(file, np.vstack(rows))


def _place_people(
    model: mujoco.MjModel, data: mujoco.MjData, scene: mujoco.MjvScene, joints: np.ndarray
) -> None:
    """Put a person (22, 3) in [m] on the floor, seen from in front and a little aside."""
    camera = mujoco.MjvCamera()
    camera.azimuth, camera.elevation, camera.distance = _AZIMUTH, _ELEVATION, _DISTANCE
    camera.lookat[:] = [*joints[0, :2], _HEIGHT]
    option = draw_options(model)
    everything = mujoco.mjtCatBit.mjCAT_ALL
    mujoco.mjv_updateScene(model, data, option, None, camera, everything, scene)
    add_skeleton(scene, joints)


def _read_picture(
    scene: mujoco.MjvScene, renderer: mujoco.MjrContext, size: tuple[int, int]
) -> np.ndarray:
    picture = np.empty((size[1], size[0], 3), dtype=np.uint8)
    view = mujoco.MjrRect(0, 0, *size)
    mujoco.mjr_render(view, scene, renderer)
    mujoco.mjr_readPixels(picture, None, view, renderer)
    return np.flipud(picture)  # OpenGL's first row is the lowest

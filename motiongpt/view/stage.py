"""A camera in front of the robot and the person: one picture for any time."""

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

import mujoco
import numpy as np

from motiongpt.view.backend import choose_backend, open_context
from motiongpt.view.figure import add_skeleton
from motiongpt.view.path import HumanPath, PoseSource
from motiongpt.view.scene import build_model, draw_options, joint_addresses

_CAMERA_AZIMUTH = 165.0  # [deg] from in front of the robot and a little to its left
_CAMERA_ELEVATION = -9.0  # [deg]
_CAMERA_DISTANCE = 3.7  # [m]
_CAMERA_HEIGHT = 0.85  # [m] above the floor, of the point that is looked at
_CAMERA_LAG = 0.5  # [s] over which the camera's way is averaged, so that steps do not shake it
_CAMERA_SAMPLES = 9
_QUAT_WXYZ = (6, 3, 4, 5)  # places of w, x, y, z in [x y z qx qy qz qw]
_MAX_GEOMS = 2000


class Stage:
    """Draws a robot and a person; a context manager that holds OpenGL's memory.

    Attributes:
        width: of each picture, in pixels.
        height: of each picture, in pixels.
    """

    def __init__(
        self,
        urdf: Path,
        package_dirs: Sequence[Path],
        robot: PoseSource,
        human: HumanPath | None = None,
        size: tuple[int, int] = (960, 540),
    ) -> None:
        """Load the robot and open the picture buffer.

        Args:
            urdf: the robot's description.
            package_dirs: folders in which `package://` names of mesh files are looked up.
            robot: where the robot is at any time.
            human: where the person is at any time; None draws the robot alone.
            size: width and height of a picture, in pixels.

        Raises:
            RenderError: if the robot cannot be read or this machine has no OpenGL.
        """
        self.width, self.height = size
        self._robot = robot
        self._human = human
        self._model = build_model(urdf, package_dirs, self.width, self.height)
        self._data = mujoco.MjData(self._model)
        self._addresses = joint_addresses(self._model, robot.joint_names)
        self._option = draw_options(self._model)
        self._camera = mujoco.MjvCamera()
        self._camera.azimuth = _CAMERA_AZIMUTH
        self._camera.elevation = _CAMERA_ELEVATION
        self._camera.distance = _CAMERA_DISTANCE
        self._scene = mujoco.MjvScene(self._model, maxgeom=_MAX_GEOMS)
        self._context = open_context(choose_backend(), self.width, self.height)
        self._renderer = mujoco.MjrContext(self._model, mujoco.mjtFontScale.mjFONTSCALE_100)
        mujoco.mjr_setBuffer(mujoco.mjtFramebuffer.mjFB_OFFSCREEN, self._renderer)

    def __enter__(self) -> "Stage":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._renderer.free()
        self._context.free()

    def draw(self, time: float) -> np.ndarray:
        """Draw one instant.

        Args:
            time: in [s] from the robot path's first point.

        Returns:
            Picture (height, width, 3), uint8, red, green, blue, top row first.
        """
        positions, base = self._robot.sample(time)
        self._data.qpos[:3] = base[:3]
        self._data.qpos[3:7] = base[list(_QUAT_WXYZ)]
        self._data.qpos[self._addresses] = positions
        mujoco.mj_kinematics(self._model, self._data)
        mujoco.mj_comPos(self._model, self._data)  # lights follow the centre of mass
        mujoco.mj_camlight(self._model, self._data)
        self._camera.lookat[:] = self._look_at(time)
        mujoco.mjv_updateScene(
            self._model,
            self._data,
            self._option,
            None,
            self._camera,
            mujoco.mjtCatBit.mjCAT_ALL,
            self._scene,
        )
        if self._human is not None:
            add_skeleton(self._scene, self._human.sample(time))
        picture = np.empty((self.height, self.width, 3), dtype=np.uint8)
        view = mujoco.MjrRect(0, 0, self.width, self.height)
        mujoco.mjr_render(view, self._scene, self._renderer)
        mujoco.mjr_readPixels(picture, None, view, self._renderer)
        return np.flipud(picture)  # OpenGL's first row is the lowest

    def _look_at(self, time: float) -> np.ndarray:
        """Point (3,) in [m] midway between robot and person, averaged over a moment."""
        moments = time + np.linspace(-_CAMERA_LAG, _CAMERA_LAG, _CAMERA_SAMPLES)
        centres = np.array([self._robot.sample(moment)[1][:2] for moment in moments])
        if self._human is not None:
            people = np.array([self._human.sample(moment)[0, :2] for moment in moments])
            centres = (centres + people) / 2
        return np.array([*centres.mean(axis=0), _CAMERA_HEIGHT])

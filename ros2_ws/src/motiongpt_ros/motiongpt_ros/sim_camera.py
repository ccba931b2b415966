"""Pictures of the simulated robot, as from a camera that stands before it."""

import numpy as np
from sensor_msgs.msg import Image

from motiongpt.retarget import Robot
from motiongpt.view.stage import Stage


class LatestPose:
    """The pose that is drawn, whatever the time."""

    def __init__(self, robot: Robot) -> None:
        """Begin in the rest pose at the origin."""
        self.joint_names = robot.joint_names
        self._pose = (robot.rest_pose, np.array([0, 0, 1, 0, 0, 0, 1.0]))

    def set(self, joints: np.ndarray, base: np.ndarray) -> None:
        """Take joint positions (n,) in [rad] and a base pose (7,)."""
        self._pose = (joints, base)

    def sample(self, time: float) -> tuple[np.ndarray, np.ndarray]:
        """The joints and the base."""
        return self._pose


class Camera:
    """Draws the robot off-screen; belongs to the thread that made it."""

    def __init__(self, robot: Robot, size: tuple[int, int]) -> None:
        """Open a picture buffer.

        Args:
            robot: the robot.
            size: width and height, in pixels.

        Raises:
            RenderError: if this machine cannot draw.
        """
        self._pose = LatestPose(robot)
        self._stage = Stage(robot.urdf_path, robot.package_dirs, self._pose, size=size)

    def picture(self, joints: np.ndarray, base: np.ndarray) -> Image:
        """A picture of a pose, without its time: joints (n,) in [rad] and base pose (7,)."""
        self._pose.set(joints, base)
        pixels = self._stage.draw(0.0)
        height, width, _ = pixels.shape
        message = Image(height=height, width=width, encoding="rgb8", step=3 * width)
        message.header.frame_id = "camera"
        message.data = pixels.tobytes()
        return message

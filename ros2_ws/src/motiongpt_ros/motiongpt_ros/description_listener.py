"""The topic `robot_description`: is it of the robot that is configured, or all there is of it."""

import threading
import time
from collections.abc import Callable

from rclpy.node import Node
from std_msgs.msg import String

from motiongpt.errors import MotionGPTError, RobotError
from motiongpt.retarget import Robot, load_robot
from motiongpt.retarget.description import joint_names_in
from motiongpt.retarget.robot import DESCRIPTION_TOPIC, check_same_joints
from motiongpt_ros.messages import LATCHED_QOS

LONGEST_WAIT = 10.0
"""Seconds that a description is waited for if there is no other."""


class DescriptionListener:
    """Hears descriptions while the node exists.

    Attributes:
        reason: why the last one does not fit the robot; empty if it does.
    """

    def __init__(
        self, node: Node, fail: Callable[[str], None], longest_wait: float = LONGEST_WAIT
    ) -> None:
        """Subscribe.

        Args:
            node: the node.
            fail: reports an error.
            longest_wait: for a description if there is no other, in [s].
        """
        self._text: str | None = None
        self._heard = threading.Event()
        self._robot: Robot | None = None
        self._fail, self._longest_wait = fail, longest_wait
        self.reason = ""
        node.create_subscription(String, "robot_description", self._on_text, LATCHED_QOS)

    def load(self, source: str, given_up: Callable[[], bool]) -> Robot:
        """Load a robot; what is heard later is compared with it.

        Raises:
            RobotError: if it cannot be loaded, is not the one that is described, or is only
                described and no description arrives.
        """
        self._robot, self.reason = None, ""
        if source == DESCRIPTION_TOPIC:
            robot = load_robot(source, self._wait(given_up))
        else:
            robot = load_robot(source)
            if self._text is not None:
                _compare(robot, self._text)
        self._robot = robot
        return robot

    def _wait(self, given_up: Callable[[], bool]) -> str:
        end = time.monotonic() + self._longest_wait
        while not self._heard.wait(0.05):
            if given_up() or time.monotonic() > end:
                raise RobotError(
                    f"robot is '{DESCRIPTION_TOPIC}', and nothing was heard on the topic "
                    f"robot_description for {self._longest_wait:.0f} s; start "
                    "robot_state_publisher, or set the parameter robot"
                )
        assert self._text is not None
        return self._text

    def _on_text(self, message: String) -> None:
        self._text = message.data
        self._heard.set()
        if self._robot is None:
            return
        try:
            _compare(self._robot, message.data)
            self.reason = ""
        except MotionGPTError as error:
            self.reason = str(error)
            self._fail(self.reason)


def _compare(robot: Robot, text: str) -> None:
    check_same_joints(robot.joint_names, joint_names_in(text, DESCRIPTION_TOPIC), robot.name)

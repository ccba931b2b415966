"""What people look at: the caption of what is done, and figures for RViz."""

from rclpy.node import Node
from rclpy.time import Time
from std_msgs.msg import String
from visualization_msgs.msg import MarkerArray

from motiongpt.retarget import Robot
from motiongpt_ros import messages
from motiongpt_ros.execution import Execution
from motiongpt_ros.markers import human_markers, robot_markers


class Preview:
    """Publishes `caption`, `human` and `robot_preview`."""

    def __init__(self, node: Node, robot: Robot) -> None:
        """Open the topics."""
        self._node, self._robot = node, robot
        qos = messages.LATCHED_QOS
        self._caption = node.create_publisher(String, "caption", qos)
        self._human = node.create_publisher(MarkerArray, "human", qos)
        self._figures = node.create_publisher(MarkerArray, "robot_preview", qos)

    def show(self, execution: Execution) -> None:
        """Show a motion that begins."""
        self._caption.publish(String(data=execution.text))
        stamp = Time(nanoseconds=round(execution.start * 1e9)).to_msg()
        if execution.motion is not None and self._human.get_subscription_count():
            self._human.publish(human_markers(execution.motion, stamp))
        if self._figures.get_subscription_count():
            self._figures.publish(robot_markers(execution.trajectory, self._robot, stamp))

    def clear(self) -> None:
        """Say that nothing is done any more."""
        self._caption.publish(String(data=""))

    def close(self) -> None:
        """Close the topics."""
        for publisher in (self._caption, self._human, self._figures):
            self._node.destroy_publisher(publisher)

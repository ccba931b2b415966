"""Records a session: what was said to the node, what it sent, and what the robot did."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from diagnostic_msgs.msg import DiagnosticArray
from geometry_msgs.msg import Twist
from nav_msgs.msg import Path as PathMsg
from rclpy.node import Node
from rclpy.qos import QoSProfile
from sensor_msgs.msg import JointState
from std_msgs.msg import String
from trajectory_msgs.msg import JointTrajectory

from motiongpt_ros import messages
from motiongpt_ros.bag import LATCHED, RECORDED, BagError, BagWriter, Recorded
from motiongpt_ros.parameters import RecorderSettings, declare
from motiongpt_ros.spin import run

TYPES: dict[str, type] = {
    "command": String,
    "keyframes": JointTrajectory,
    "joint_states": JointState,
    "joint_trajectory": JointTrajectory,
    "base_path": PathMsg,
    "cmd_vel": Twist,
    "status": String,
    "caption": String,
    "/diagnostics": DiagnosticArray,
}
DEPTH = 100
"""Messages that wait while the disk is slow."""


def type_name(kind: type) -> str:
    """A message type as ROS spells it, such as "std_msgs/msg/String"."""
    return f"{kind.__module__.split('.')[0]}/msg/{kind.__name__}"


class RecorderNode(Node):
    """Writes the topics of its namespace into a bag of its own below a folder."""

    def __init__(self) -> None:
        """Begin a bag, named by the date.

        Raises:
            BagError: if there is no folder, or no bag can be written there.
        """
        super().__init__("motiongpt_recorder")
        folder = declare(self, RecorderSettings).folder
        if not folder:
            raise BagError("parameter 'folder' is empty; allowed: the folder that bags go into")
        self.bag = Path(folder).expanduser() / datetime.now().strftime("%Y-%m-%d_%H-%M-%S_%f")
        self._writer = BagWriter(self.bag)
        self._written = 0
        self._failed = False
        for name in RECORDED:
            self._record(name, TYPES[name])
        self.get_logger().info(f"recording into {self.bag}")

    def _record(self, name: str, kind: type) -> None:
        topic, latched = self.resolve_topic_name(name), name in LATCHED
        self._writer.add_topic(topic, type_name(kind), latched)
        self.create_subscription(kind, name, self._keeper(topic), _qos(name), raw=True)

    def _keeper(self, topic: str) -> Callable[[bytes], None]:
        def keep(data: bytes) -> None:
            if self._failed:
                return
            try:
                self._writer.write(
                    Recorded(topic, self.get_clock().now().nanoseconds, bytes(data))
                )
            except OSError as error:
                self._failed = True
                self.get_logger().error(f"recording ends: bag '{self.bag}': {error}")
                return
            self._written += 1

        return keep

    def close(self) -> None:
        """End the bag."""
        try:
            self._writer.close()
        except OSError as error:
            self.get_logger().error(f"bag '{self.bag}' is incomplete: {error}")
            return
        self.get_logger().info(f"{self._written} messages are in {self.bag}")


def _qos(name: str) -> QoSProfile:
    if name in LATCHED:
        return messages.LATCHED_QOS
    # Best effort hears publishers of either reliability; joint states may come in either.
    reliability = messages.STATE_QOS if name == "joint_states" else messages.RELIABLE_QOS
    return QoSProfile(depth=DEPTH, reliability=reliability.reliability)


def main() -> None:
    """Record until interrupted."""
    run("motiongpt_recorder", RecorderNode)


if __name__ == "__main__":
    main()

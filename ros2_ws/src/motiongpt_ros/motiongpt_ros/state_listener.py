"""Joint states, heard beside the node's other work.

A robot says its state a hundred times a second and more. rclpy looks at all of a node's topics,
services and timers each time one of them has something, which for that many messages keeps a core
busy; a node with this one subscription costs next to nothing.
"""

import threading
from collections.abc import Callable

import rclpy
from rclpy.executors import ExternalShutdownException, ShutdownException, SingleThreadedExecutor
from rclpy.node import Node
from sensor_msgs.msg import JointState as JointStateMsg

from motiongpt_ros import messages


class StateListener:
    """Hears `joint_states` in a thread of its own."""

    def __init__(self, node: Node, hear: Callable[[JointStateMsg], None]) -> None:
        """Begin to listen.

        Args:
            node: whose topic it is, with its namespace and remapping.
            hear: called with each message, in the listener's thread.
        """
        self._node = rclpy.create_node(
            f"{node.get_name()}_states",
            namespace=node.get_namespace(),
            context=node.context,
            use_global_arguments=False,
            enable_rosout=False,
            start_parameter_services=False,
        )
        topic = node.resolve_topic_name("joint_states")
        self._node.create_subscription(JointStateMsg, topic, hear, messages.STATE_QOS)
        self._executor = SingleThreadedExecutor(context=node.context)
        self._executor.add_node(self._node)
        self._thread = threading.Thread(target=self._spin, name="joint-states", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop listening."""
        self._executor.shutdown(timeout_sec=0.5)
        self._thread.join(timeout=0.5)
        self._node.destroy_node()

    def _spin(self) -> None:
        try:
            self._executor.spin()
        except (ExternalShutdownException, ShutdownException):
            pass

"""Say one sentence to a running node and wait until the robot has done it."""

import json
import sys
import time

import rclpy
from rclpy.executors import ExternalShutdownException
from rclpy.node import Node
from rclpy.utilities import remove_ros_args
from std_msgs.msg import String

from motiongpt.lm.negation import asks_only_to_stop, begins_with_stop
from motiongpt_ros import messages

TIMEOUT = 120.0
"""Longest wait in [s] for the node to be ready, and for the motion to end."""


class Speaker(Node):
    """Publishes a command once the node is ready and follows its status."""

    def __init__(self, text: str) -> None:
        """Listen to `status` and get ready to publish on `command`."""
        super().__init__("motiongpt_say")
        self._text = text
        self._stops, self._only_stops = begins_with_stop(text), asks_only_to_stop(text)
        self._said = self._ready = False
        self.result: int | None = None
        self._command = self.create_publisher(String, "command", messages.COMMAND_QOS)
        self.create_subscription(String, "status", self._on_status, messages.LATCHED_QOS)

    def _on_status(self, message: String) -> None:
        status = json.loads(message.data)
        state = status.get("state")
        rests = state in ("idle", "stopped") or (state == "error" and "text" in status)
        self._ready = rests or self._stops  # a stop waits for nothing
        if not self._said and (self._ready or state != "error"):
            self.speak()
        elif state == "error":
            self.get_logger().error(status.get("error", "unknown"))
            self.result = 1
        elif state == "executing" and self._said:
            self.get_logger().info(f"executing {status.get('text')}: {status.get('duration')} s")
        elif state == "stopped" and self._stops:
            self.result = 0 if self._only_stops else None
        elif state in ("holding", "stopped") and self._said:
            self.get_logger().error(f"the robot is {state}: {status.get('reason')}")
            self.result = 1
        elif state == "idle" and self._said:
            self.result = 0

    def speak(self) -> None:
        """Publish the command, once the node is ready for it and listens."""
        if self._ready and not self._said and self._command.get_subscription_count() > 0:
            self._said = True
            self._command.publish(String(data=self._text))


def main() -> None:
    """Say what stands on the command line."""
    words = remove_ros_args(sys.argv)[1:]
    rclpy.init()
    node = Speaker(" ".join(words))
    end = time.monotonic() + TIMEOUT
    try:
        while rclpy.ok() and node.result is None and time.monotonic() < end:
            rclpy.spin_once(node, timeout_sec=0.2)
            node.speak()
        if node.result is None:
            node.get_logger().error(
                f"no answer within {TIMEOUT:.0f} s; is motiongpt_node running?"
            )
        status = 1 if node.result is None else node.result
    except (KeyboardInterrupt, ExternalShutdownException):
        status = 130
    finally:
        node.destroy_node()
        rclpy.try_shutdown()
    sys.exit(status)


if __name__ == "__main__":
    main()

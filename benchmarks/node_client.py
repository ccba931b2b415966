"""The node in a process of its own, and a client that stands for a robot and its user."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

try:
    import rclpy
    from rclpy.node import Node
    from rclpy.qos import DurabilityPolicy, QoSProfile
    from sensor_msgs.msg import JointState
    from std_msgs.msg import String
    from std_srvs.srv import Trigger
    from trajectory_msgs.msg import JointTrajectory
except ImportError:
    rclpy = None

from motiongpt.retarget import load_robot

PATIENCE = 120.0
"""Longest wait in [s] for anything."""

STATES = 0.02
"""Seconds between two joint states."""

QUIET = 0.5
"""Time in [s] in which a stop is over and the robot at rest."""


@contextmanager
def ros() -> Iterator[None]:
    """Use ROS, in a domain of its own."""
    os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "LOCALHOST"
    os.environ["ROS_DOMAIN_ID"] = str(60 + os.getpid() % 20)
    rclpy.init()
    try:
        yield
    finally:
        rclpy.try_shutdown()


def start_node(namespace: str = "", **parameters: object) -> subprocess.Popen:
    """Start the node as `ros2 run` does, in a session of its own."""
    arguments = ["--ros-args", "-r", f"__ns:=/{namespace}"]
    for name, value in {"tracking_tolerance": 10.0, "threads": 1, **parameters}.items():
        arguments += ["-p", f"{name}:={str(value).lower() if isinstance(value, bool) else value}"]
    return subprocess.Popen(
        [sys.executable, "-m", "motiongpt_ros.motion_node", *arguments],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


@contextmanager
def running_node(**parameters: object) -> Iterator[None]:
    """The node, until the end."""
    node = start_node(**parameters)
    try:
        yield
    finally:
        node.send_signal(signal.SIGINT)
        node.wait(20)


if rclpy is not None:

    class Client(Node):
        """Says commands for a robot that stands still, and notes what comes when."""

        def __init__(self, namespace: str, hears_trajectories: bool) -> None:
            """Begin in a namespace."""
            super().__init__("motiongpt_bench", namespace=namespace)
            robot = load_robot("unitree_g1")
            self._rest = JointState(
                name=list(robot.joint_names), position=robot.rest_pose.tolist()
            )
            self.state, self._tokens = "", 0
            self._arrivals: list[float] = []
            self._said = self.create_publisher(String, "command", 10)
            self._states = self.create_publisher(JointState, "joint_states", 10)
            self._stop = self.create_client(Trigger, "stop")
            if hears_trajectories:
                self.create_subscription(
                    JointTrajectory, "joint_trajectory", self._on_trajectory, 10, raw=True
                )
            latched = QoSProfile(depth=10, durability=DurabilityPolicy.TRANSIENT_LOCAL)
            self.create_subscription(String, "status", self._on_status, latched)
            self.create_timer(STATES, lambda: self._states.publish(self._rest))

        def _on_trajectory(self, message: bytes) -> None:
            self._arrivals.append(time.perf_counter())

        def _on_status(self, message: String) -> None:
            status = json.loads(message.data)
            self.state = status["state"]
            if self.state == "executing" and status["complete"]:
                self._tokens = status["tokens"]
            if "error" in status:
                raise RuntimeError(status["error"])

        def command(self, text: str) -> tuple[float, list[float], int]:
            """Say a command; when, when trajectories came, and how many tokens it has."""
            self._tokens = 0
            self._arrivals.clear()
            began = time.perf_counter()
            self._said.publish(String(data=text))
            self.wait(lambda: self._tokens > 0, f"the motion of {text!r}")
            self.spin(0.05)
            arrivals = self._arrivals.copy()
            self.stop()
            self.spin(QUIET)
            return began, arrivals, self._tokens

        def say(self, text: str) -> None:
            """Say a command, and wait for nothing."""
            self._said.publish(String(data=text))

        def stop(self) -> float:
            """Stop the robot; how long the answer took, in [s]."""
            began = time.perf_counter()
            future = self._stop.call_async(Trigger.Request())
            self.wait(future.done, "a stop")
            return time.perf_counter() - began

        def wait(self, condition: Callable[[], bool], what: str) -> None:
            """Spin until a condition holds."""
            end = time.monotonic() + PATIENCE
            while not condition():
                if time.monotonic() > end:
                    raise RuntimeError(f"waited {PATIENCE} s for {what}")
                rclpy.spin_once(self, timeout_sec=0.1)

        def spin(self, seconds: float) -> None:
            """Listen for a while."""
            end = time.monotonic() + seconds
            while time.monotonic() < end:
                rclpy.spin_once(self, timeout_sec=0.02)


@contextmanager
def client(namespace: str = "", hears_trajectories: bool = True) -> "Iterator[Client]":
    """A client in a namespace, until the end."""
    made = Client(namespace, hears_trajectories)
    try:
        yield made
    finally:
        made.destroy_node()

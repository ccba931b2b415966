"""From a command to the first trajectory in another process, over DDS on loopback."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from benchmarks.timing import Row, percentiles

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

from motiongpt.check.commands import COMMANDS
from motiongpt.retarget import load_robot

N_COMMANDS = 100
LONG = 48
"""Tokens from which on a motion counts as one of 10 s."""

PATIENCE = 120.0
"""Longest wait in [s] for anything."""

STATES = 0.02
"""Seconds between two joint states."""

QUIET = 0.5
"""Time in [s] in which a stop is over and the robot at rest."""


def measure() -> list[Row]:
    """Time commands with and without streaming."""
    if rclpy is None:
        return [("node", "skipped; there is no rclpy")]
    os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "LOCALHOST"
    os.environ["ROS_DOMAIN_ID"] = str(60 + os.getpid() % 20)
    rclpy.init()
    rows: list[Row] = []
    try:
        for streaming in (True, False):
            name = "streaming" if streaming else "not streaming"
            first, whole = _time_commands(streaming)
            rows.append((f"{name}: first trajectory of {len(first)}", percentiles(first)))
            rows.append((f"{name}: the whole of 10 s, {len(whole)}", percentiles(whole)))
    finally:
        rclpy.try_shutdown()
    return rows


def _time_commands(streaming: bool) -> tuple[list[float], list[float]]:
    """Times in [s] to the first trajectory, and to the last one of long motions."""
    first, whole = [], []
    with _node(streaming), _client() as client:
        client.wait(lambda: client.state == "idle", "a node that is ready")
        for number in range(N_COMMANDS):
            began, arrivals, tokens = client.command(COMMANDS[number % len(COMMANDS)].text)
            first.append(arrivals[0] - began)
            if tokens >= LONG:
                whole.append(arrivals[-1] - began)
    return first, whole


@contextmanager
def _node(streaming: bool) -> Iterator[None]:
    parameters = {"streaming": streaming, "tracking_tolerance": 10.0, "threads": 1}
    arguments = [part for name, v in parameters.items() for part in ("-p", f"{name}:={v}".lower())]
    node = subprocess.Popen(
        [sys.executable, "-m", "motiongpt_ros.motion_node", "--ros-args", *arguments],
        stdout=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        node.send_signal(signal.SIGINT)
        node.wait(20)


if rclpy is not None:

    class _Client(Node):
        """Says commands for a robot that stands still, and notes what comes when."""

        def __init__(self) -> None:
            super().__init__("motiongpt_bench")
            robot = load_robot("unitree_g1")
            self._rest = JointState(
                name=list(robot.joint_names), position=robot.rest_pose.tolist()
            )
            self.state, self._tokens = "", 0
            self._arrivals: list[float] = []
            self._said = self.create_publisher(String, "command", 10)
            self._states = self.create_publisher(JointState, "joint_states", 10)
            self._stop = self.create_client(Trigger, "stop")
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
            future = self._stop.call_async(Trigger.Request())
            self.wait(future.done, "a stop")
            self.spin(QUIET)
            return began, arrivals, self._tokens

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
def _client() -> "Iterator[_Client]":
    client = _Client()
    try:
        yield client
    finally:
        client.destroy_node()

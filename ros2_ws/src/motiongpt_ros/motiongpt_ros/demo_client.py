"""What the demo says and hears on ROS topics."""

import json
import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from builtin_interfaces.msg import Duration, Time
from nav_msgs.msg import Odometry
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile
from sensor_msgs.msg import JointState
from std_msgs.msg import String
from trajectory_msgs.msg import JointTrajectory

from motiongpt.retarget import RobotTrajectory
from motiongpt.view.path import RobotPath
from motiongpt_ros.demo_processes import DemoError

LATCHED = QoSProfile(depth=10, durability=DurabilityPolicy.TRANSIENT_LOCAL)
RELIABLE = QoSProfile(depth=200)


@dataclass(frozen=True)
class Received:
    """A trajectory as it came over the wire.

    Attributes:
        trajectory: its points; `base`, which the message has not, stands still at the origin.
        arrived: monotonic time of arrival, in [s].
        begins: monotonic time at which it begins, in [s].
    """

    trajectory: RobotTrajectory
    arrived: float
    begins: float

    @property
    def ends(self) -> float:
        """Monotonic time of its end, in [s]."""
        return self.begins + self.trajectory.duration


class DemoClient(Node):
    """Publishes a command and records what node and robot answer."""

    def __init__(self) -> None:
        """Open the topics."""
        super().__init__("motiongpt_demo")
        self.statuses: list[dict[str, Any]] = []
        self.received: list[Received] = []
        self.states: list[JointState] = []
        self.odometry: list[Odometry] = []
        self._command = self.create_publisher(String, "command", RELIABLE)
        self.create_subscription(String, "status", self._on_status, LATCHED)
        self.create_subscription(JointTrajectory, "joint_trajectory", self._on_plan, RELIABLE)
        self.create_subscription(JointState, "joint_states", self.states.append, RELIABLE)
        self.create_subscription(Odometry, "odom", self.odometry.append, RELIABLE)

    @property
    def status(self) -> dict[str, Any]:
        """The newest status, empty before the first."""
        return self.statuses[-1] if self.statuses else {}

    @property
    def connected(self) -> bool:
        """Whether somebody listens to commands."""
        return self._command.get_subscription_count() > 0

    def send(self, text: str) -> float:
        """Publish a command and forget all that came before; monotonic time in [s] of doing so."""
        self.statuses.clear()
        self.received.clear()
        self.states.clear()
        self.odometry.clear()
        sent = time.monotonic()
        self._command.publish(String(data=text))
        return sent

    def _on_status(self, message: String) -> None:
        try:
            status = json.loads(message.data)
        except ValueError:
            status = None
        if not isinstance(status, dict):
            status = {"state": "error", "error": f"status is not JSON: {message.data!r:.80}"}
        self.statuses.append(status)

    def _on_plan(self, message: JointTrajectory) -> None:
        arrived = time.monotonic()
        ahead = seconds(message.header.stamp) - self.get_clock().now().nanoseconds * 1e-9
        begins = arrived + max(ahead, 0.0)
        self.received.append(Received(read_trajectory(message), arrived, begins))


def read_trajectory(message: JointTrajectory) -> RobotTrajectory:
    """Put a message's points into arrays.

    Raises:
        DemoError: for a trajectory without points, or one with a point that is not complete.
    """
    n_joints = len(message.joint_names)
    if not message.points or n_joints == 0:
        raise DemoError("the node sent a trajectory without points")
    for index, point in enumerate(message.points):
        for kind in ("positions", "velocities", "accelerations"):
            count = len(getattr(point, kind))
            if count != n_joints:
                raise DemoError(f"point {index} has {count} {kind}; allowed: {n_joints}")
    points = message.points
    return RobotTrajectory(
        joint_names=tuple(message.joint_names),
        times=np.array([seconds(point.time_from_start) for point in points]),
        positions=np.array([point.positions for point in points]),
        velocities=np.array([point.velocities for point in points]),
        accelerations=np.array([point.accelerations for point in points]),
        base=np.tile([0.0, 0, 0, 0, 0, 0, 1], (len(points), 1)),
        handover_duration=0.0,
        slowdown=1.0,
    )


def read_recording(
    joint_names: tuple[str, ...], states: list[JointState], odometry: list[Odometry]
) -> tuple[RobotPath, np.ndarray]:
    """Put what the robot reported on one clock, that of its joint states.

    Args:
        joint_names: order of the result, n names.
        states: `joint_states` in order of arrival.
        odometry: `odom` in order of arrival: pose of the robot's root link in the world.

    Returns:
        The path (N points, times from 0) and the reported velocities (N, n) in [rad/s].

    Raises:
        DemoError: if the robot reported nothing, or not these joints.
    """
    if not states or not odometry:
        raise DemoError(
            f"the robot reported {len(states)} joint states and {len(odometry)} base poses; "
            "at least one of each is needed"
        )
    missing = sorted(set(joint_names) - set(states[0].name))
    if missing:
        raise DemoError(f"the robot does not report: {', '.join(missing)}")
    order = [list(states[0].name).index(name) for name in joint_names]
    times = np.array([seconds(state.header.stamp) for state in states])
    base_times = np.array([seconds(pose.header.stamp) for pose in odometry])
    poses = np.array([_base_pose(message) for message in odometry])
    nearest = np.clip(np.searchsorted(base_times, times), 0, len(base_times) - 1)
    path = RobotPath(
        joint_names,
        times - times[0],
        np.array([state.position for state in states])[:, order],
        poses[nearest],
    )
    return path, np.array([state.velocity for state in states])[:, order]


def seconds(stamp: Time | Duration) -> float:
    """A ROS time or duration in [s]."""
    return stamp.sec + 1e-9 * stamp.nanosec


def _base_pose(message: Odometry) -> list[float]:
    """[x y z] in [m] and [qx qy qz qw]."""
    place, turn = message.pose.pose.position, message.pose.pose.orientation
    return [place.x, place.y, place.z, turn.x, turn.y, turn.z, turn.w]

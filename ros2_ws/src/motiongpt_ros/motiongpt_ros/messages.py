"""Between the library's values and ROS messages; the only place that knows both."""

import json
from typing import Any

import numpy as np
from builtin_interfaces.msg import Duration as DurationMsg
from geometry_msgs.msg import Twist
from nav_msgs.msg import Odometry, Path
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from rclpy.serialization import deserialize_message
from rclpy.time import Time
from sensor_msgs.msg import JointState as JointStateMsg
from std_msgs.msg import String
from trajectory_msgs.msg import JointTrajectory

from motiongpt.errors import RobotError
from motiongpt.retarget import JointState, Robot, RobotTrajectory
from motiongpt_ros.cdr import write_trajectory

COMMAND_QOS = QoSProfile(depth=10)
RELIABLE_QOS = QoSProfile(depth=10)
STATE_QOS = QoSProfile(depth=5, reliability=ReliabilityPolicy.BEST_EFFORT)
"""For subscribers: hears publishers of either reliability."""

TRAJECTORY_QOS = QoSProfile(depth=10)
LATCHED_QOS = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
BASE_FRAME = "base_footprint"


def seconds(duration: DurationMsg) -> float:
    """A duration message in [s]."""
    return duration.sec + 1e-9 * duration.nanosec


def joint_state_from(message: JointStateMsg, robot: Robot) -> JointState:
    """Read a joint state.

    Raises:
        RobotError: if joints are missing, unknown, not finite or out of limits.
    """
    return JointState.from_names(robot, message.name, message.position, message.velocity)


def trajectory_message(
    trajectory: RobotTrajectory, start: Time, joints: np.ndarray | None = None
) -> JointTrajectory:
    """Write a trajectory that starts at a time of the node's clock.

    Args:
        trajectory: what to write.
        start: when it starts.
        joints: which joints are named, shape (n,); None names all.
    """
    written = write_trajectory(trajectory, joints).at(start.nanoseconds)
    return deserialize_message(written, JointTrajectory)


def twist_message(velocity: tuple[float, float, float]) -> Twist:
    """Write a planar velocity: forward and left in [m/s], turn to the left in [rad/s]."""
    message = Twist()
    message.linear.x, message.linear.y, message.angular.z = velocity
    return message


def odometry_message(base: np.ndarray, velocity: np.ndarray) -> Odometry:
    """Write a base pose (7,) in `odom` and its velocity (6,) seen from the base, without time."""
    message = Odometry(child_frame_id="base_link")
    message.header.frame_id = "odom"
    pose, twist = message.pose.pose, message.twist.twist
    pose.position.x, pose.position.y, pose.position.z = base[:3].tolist()
    turn = pose.orientation
    turn.x, turn.y, turn.z, turn.w = base[3:].tolist()
    twist.linear.x, twist.linear.y, twist.linear.z = velocity[:3].tolist()
    twist.angular.x, twist.angular.y, twist.angular.z = velocity[3:].tolist()
    return message


def read_points(
    message: JointTrajectory, robot: Robot, others: np.ndarray | None = None
) -> tuple[np.ndarray, ...]:
    """Read the points of a trajectory as a controller does.

    Args:
        message: the trajectory.
        robot: the robot.
        others: where joints (n,) stay that are not named, in [rad]; None demands all joints.

    Returns:
        Times (N,) in [s], positions (N, n) in [rad] and velocities (N, n) in [rad/s], in the
        robot's joint order.

    Raises:
        RobotError: if joints are missing or unknown, there is no point, a point lacks positions
            or velocities, times do not rise, or a value is not finite.
    """
    names = list(message.joint_names)
    known = set(names) <= set(robot.joint_names) and len(set(names)) == len(names) > 0
    if not known or (others is None and len(names) != robot.n_joints):
        raise RobotError(
            f"trajectory has joints {sorted(names)}; allowed: "
            f"{'all' if others is None else 'some'} joints of '{robot.name}', each once"
        )
    if not message.points:
        raise RobotError("trajectory has no point")
    n = len(names)
    for index, point in enumerate(message.points):
        if len(point.positions) != n or len(point.velocities) != n:
            raise RobotError(
                f"point {index} has {len(point.positions)} positions and "
                f"{len(point.velocities)} velocities; allowed: {n} of each"
            )
    places = [robot.joint_names.index(name) for name in names]
    times = np.array([seconds(point.time_from_start) for point in message.points])
    stay = robot.rest_pose if others is None else others
    positions = np.tile(stay, (len(times), 1))
    velocities = np.zeros_like(positions)
    positions[:, places] = [point.positions for point in message.points]
    velocities[:, places] = [point.velocities for point in message.points]
    if not (np.isfinite(positions).all() and np.isfinite(velocities).all()):
        raise RobotError("trajectory has a value that is not finite")
    if times[0] < 0 or (np.diff(times) <= 0).any():
        raise RobotError("times of the trajectory's points do not rise from 0 on")
    return times, positions, velocities


def read_poses(message: JointTrajectory, robot: Robot) -> tuple[np.ndarray, np.ndarray]:
    """Read poses at times: times (N,) in [s], positions (N, n) in [rad] in the robot's order.

    Raises:
        RobotError: if joints are missing, unknown, not finite or out of limits.
    """
    times = np.array([seconds(point.time_from_start) for point in message.points])
    names = message.joint_names
    states = [JointState.from_names(robot, names, p.positions) for p in message.points]
    return times, np.array([state.positions for state in states])


def read_path(message: Path) -> tuple[np.ndarray, np.ndarray]:
    """Read a base path: times (N,) in [s] after its start, poses (N, 7).

    Raises:
        RobotError: if it is empty, of another frame, not finite, or a quaternion has no length.
    """
    if message.header.frame_id != BASE_FRAME or not message.poses:
        raise RobotError(
            f"base path has {len(message.poses)} poses in frame '{message.header.frame_id}'; "
            f"allowed: one or more in '{BASE_FRAME}'"
        )
    start = Time.from_msg(message.header.stamp)
    times, poses = [], []
    for item in message.poses:
        times.append((Time.from_msg(item.header.stamp) - start).nanoseconds * 1e-9)
        p, o = item.pose.position, item.pose.orientation
        poses.append([p.x, p.y, p.z, o.x, o.y, o.z, o.w])
    values = np.array(poses)
    if not np.isfinite(values).all() or (np.linalg.norm(values[:, 3:], axis=1) < 0.5).any():
        raise RobotError("base path has a pose that is not finite or has no orientation")
    if (np.diff(times) <= 0).any():
        raise RobotError("times of the base path do not rise")
    return np.array(times), values


def status_message(state: str, **fields: Any) -> String:
    """A status as JSON: `state`, and whatever belongs to it."""
    return String(data=json.dumps({"state": state, **fields}))

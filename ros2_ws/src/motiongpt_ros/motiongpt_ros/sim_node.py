"""The simulated robot: follows `joint_trajectory` and `base_path`, publishes `joint_states`."""

import numpy as np
from geometry_msgs.msg import Twist
from nav_msgs.msg import Odometry, Path
from rclpy.node import Node
from rclpy.time import Time
from sensor_msgs.msg import JointState as JointStateMsg
from trajectory_msgs.msg import JointTrajectory

from motiongpt.errors import MotionGPTError
from motiongpt.retarget import JointState, load_robot
from motiongpt.simulate.model import TIMESTEP
from motiongpt_ros import messages
from motiongpt_ros.parameters import SimSettings, declare
from motiongpt_ros.simulation import (
    BaseFollower,
    Simulation,
    TrajectoryFollower,
    Walk,
    from_state,
)
from motiongpt_ros.spin import run

MAX_STEPS = 100
"""Most steps in one tick; a machine that is too slow falls behind instead of freezing."""


class SimNode(Node):
    """A robot in MuJoCo with the semantics of ros2_control's joint_trajectory_controller."""

    def __init__(self) -> None:
        """Build the simulation and start its clock.

        Raises:
            RobotError: if the robot cannot be loaded.
        """
        super().__init__("motiongpt_sim")
        settings = declare(self, SimSettings)
        self._robot = load_robot(settings.robot)
        self._simulation = Simulation(self._robot, settings.stiffness)
        self._partial = settings.partial_joints
        self._walk = Walk()
        self._hold = JointState(self._robot.rest_pose, 0 * self._robot.rest_pose)
        self._trajectory: TrajectoryFollower | None = None
        self._before: TrajectoryFollower | None = None
        self._next_path: tuple[float, Path] | None = None
        self._path: BaseFollower | None = None
        self._begin = self.get_clock().now()
        self._states = self.create_publisher(JointStateMsg, "joint_states", messages.RELIABLE_QOS)
        self._odometry = self.create_publisher(Odometry, "odom", messages.RELIABLE_QOS)
        self.create_subscription(
            JointTrajectory, "joint_trajectory", self._on_trajectory, messages.TRAJECTORY_QOS
        )
        self.create_subscription(Path, "base_path", self._on_path, messages.TRAJECTORY_QOS)
        self.create_subscription(Twist, "cmd_vel", self._on_velocity, messages.RELIABLE_QOS)
        self.create_timer(1.0 / settings.rate, self._on_tick)
        self.get_logger().info(f"simulating robot {self._robot.name}")

    def _elapsed(self, time: Time) -> float:
        return (time - self._begin).nanoseconds * 1e-9

    def _start_of(self, stamp: Time) -> float:
        """When a message starts, in simulated time; a zero stamp means now."""
        if stamp.nanoseconds == 0:
            return self._simulation.time
        return self._elapsed(stamp)

    def _on_trajectory(self, message: JointTrajectory) -> None:
        """Replace the trajectory; the one before goes on until the new one starts."""
        try:
            start = self._start_of(Time.from_msg(message.header.stamp))
            target = self._target(start)
            others = target.positions if self._partial else None
            points = messages.read_points(message, self._robot, others)
        except MotionGPTError as error:
            self.get_logger().error(f"trajectory refused: {error}")
            return
        points = from_state(target, *points)
        self._before, self._trajectory = self._trajectory, TrajectoryFollower(start, *points)

    def _on_path(self, message: Path) -> None:
        try:
            messages.read_path(message)
        except MotionGPTError as error:
            self.get_logger().error(f"base path refused: {error}")
            return
        self._next_path = (self._start_of(Time.from_msg(message.header.stamp)), message)

    def _on_velocity(self, message: Twist) -> None:
        velocity = np.array([message.linear.x, message.linear.y, message.angular.z])
        if not np.isfinite(velocity).all():
            self.get_logger().error("cmd_vel refused: a value is not finite")
            return
        self._walk.follow(velocity, self._simulation.time)
        self._path = self._next_path = None

    def _target(self, time: float) -> JointState:
        for follower in (self._trajectory, self._before):
            if follower is not None and time >= follower.start:
                return follower.sample(time)
        return self._hold

    def _move_base(self, time: float) -> None:
        if self._next_path is not None and time >= self._next_path[0]:
            start, message = self._next_path
            times, poses = messages.read_path(message)
            self._path = BaseFollower(start, times, poses, self._simulation.base)
            self._next_path = None
        if self._path is not None:
            self._simulation.base = self._path.sample(time)
        else:
            self._simulation.base = self._walk.step(self._simulation.base, time, TIMESTEP)

    def _on_tick(self) -> None:
        now = self.get_clock().now()
        behind = int((self._elapsed(now) - self._simulation.time) / TIMESTEP)
        for _ in range(min(behind, MAX_STEPS)):
            time = self._simulation.time
            self._move_base(time)
            self._simulation.step(self._target(time))
        if behind > MAX_STEPS:
            self.get_logger().warning(
                f"the simulation is {behind * TIMESTEP:.2f} s behind; time is skipped",
                throttle_duration_sec=5.0,
            )
            self._simulation.data.time += (behind - MAX_STEPS) * TIMESTEP
        self._publish(now)

    def _publish(self, now: Time) -> None:
        state, stamp = self._simulation.state(), now.to_msg()
        joints = JointStateMsg(name=list(self._robot.joint_names))
        joints.header.stamp = stamp
        joints.position, joints.velocity = state.positions.tolist(), state.velocities.tolist()
        self._states.publish(joints)
        odometry = Odometry(child_frame_id="base_link")
        odometry.header.stamp, odometry.header.frame_id = stamp, "odom"
        p, o = odometry.pose.pose.position, odometry.pose.pose.orientation
        p.x, p.y, p.z, o.x, o.y, o.z, o.w = map(float, self._simulation.base)
        self._odometry.publish(odometry)


def main() -> None:
    """Run the simulated robot until it is interrupted."""
    run("motiongpt_sim", SimNode)


if __name__ == "__main__":
    main()

"""The simulated robot: follows `joint_trajectory` and `base_path`, publishes `joint_states`."""

import numpy as np
from geometry_msgs.msg import Twist
from nav_msgs.msg import Odometry, Path
from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from rclpy.time import Time
from rosgraph_msgs.msg import Clock as ClockMsg
from sensor_msgs.msg import Image
from sensor_msgs.msg import JointState as JointStateMsg
from trajectory_msgs.msg import JointTrajectory

from motiongpt.errors import MotionGPTError
from motiongpt.retarget import JointState, load_robot
from motiongpt_ros import messages
from motiongpt_ros.joint_controller import JointController, Points, Tolerances
from motiongpt_ros.parameters import SimSettings, declare
from motiongpt_ros.sim_base import BaseMover
from motiongpt_ros.sim_time import SimTime
from motiongpt_ros.simulation import TIMESTEP, Simulation
from motiongpt_ros.spin import run

MAX_STEPS = 100
"""Most steps in one tick; a machine that is too slow falls behind instead of freezing."""


class SimNode(Node):
    """A robot in MuJoCo with the semantics of ros2_control's joint_trajectory_controller."""

    def __init__(self) -> None:
        """Build the simulation and start its clock.

        Raises:
            RobotError: if the robot cannot be loaded.
            RenderError: if there is a camera and this machine cannot draw.
        """
        super().__init__("motiongpt_sim")
        settings = declare(self, SimSettings)
        self._robot = load_robot(settings.robot)
        self._simulation = Simulation(self._robot, settings.stiffness, settings.base == "free")
        self._mover = BaseMover() if settings.base == "kinematic" else None
        rest = JointState(self._robot.rest_pose, 0 * self._robot.rest_pose)
        allowed = Tolerances(settings.path_tolerance, settings.goal_tolerance, settings.goal_time)
        self._controller = JointController(rest, allowed)
        self._partial = settings.partial_joints
        self._open(settings)
        self._time = SimTime(self.get_clock(), settings.clock, settings.speed)
        self.get_logger().info(f"simulating robot {self._robot.name}, base {settings.base}")

    def _open(self, settings: SimSettings) -> None:
        # A clock of our own cannot be waited for: its ticks come from here.
        steady = Clock(clock_type=ClockType.STEADY_TIME) if settings.clock else self.get_clock()
        self._states = self.create_publisher(JointStateMsg, "joint_states", messages.RELIABLE_QOS)
        self._odometry = self.create_publisher(Odometry, "odom", messages.RELIABLE_QOS)
        self.create_subscription(
            JointTrajectory, "joint_trajectory", self._on_trajectory, messages.TRAJECTORY_QOS
        )
        self.create_subscription(Path, "base_path", self._on_path, messages.TRAJECTORY_QOS)
        self.create_subscription(Twist, "cmd_vel", self._on_velocity, messages.RELIABLE_QOS)
        self.create_timer(1.0 / settings.rate, self._on_tick, clock=steady)
        if settings.clock:
            self._clock_topic = self.create_publisher(ClockMsg, "/clock", messages.RELIABLE_QOS)
            self.create_timer(1.0 / settings.clock_rate, self._on_clock, clock=steady)
        if settings.camera_rate > 0:
            # OpenGL is loaded only where something is drawn.
            from motiongpt_ros.sim_camera import Camera

            self._camera = Camera(self._robot, (settings.camera_width, settings.camera_height))
            self._images = self.create_publisher(Image, "camera", messages.RELIABLE_QOS)
            self.create_timer(1.0 / settings.camera_rate, self._on_camera, clock=steady)

    def _start_of(self, stamp: Time) -> float:
        """When a message starts, in simulated time; a zero stamp means now."""
        return self._simulation.time if stamp.nanoseconds == 0 else self._time.elapsed(stamp)

    def _on_trajectory(self, message: JointTrajectory) -> None:
        try:
            start = self._start_of(Time.from_msg(message.header.stamp))
            others = self._controller.target(start).positions if self._partial else None
            points = Points(*messages.read_points(message, self._robot, others))
            self._controller.accept(start, points, self._simulation.time)
        except MotionGPTError as error:
            self.get_logger().error(f"trajectory refused: {error}")

    def _on_path(self, message: Path) -> None:
        try:
            times, poses = messages.read_path(message)
        except MotionGPTError as error:
            self.get_logger().error(f"base path refused: {error}")
            return
        if self._mover is not None:
            start = self._start_of(Time.from_msg(message.header.stamp))
            self._mover.follow_path(start, times, poses)

    def _on_velocity(self, message: Twist) -> None:
        velocity = np.array([message.linear.x, message.linear.y, message.angular.z])
        if not np.isfinite(velocity).all():
            self.get_logger().error("cmd_vel refused: a value is not finite")
            return
        if self._mover is not None:
            self._mover.follow_velocity(velocity, self._simulation.time)

    def _advance(self) -> None:
        """Let the simulation catch up with its time."""
        simulation = self._simulation
        behind = int((self._time.due() - simulation.time) / TIMESTEP)
        for _ in range(min(behind, MAX_STEPS)):
            time = simulation.time
            if self._mover is not None:
                simulation.base = self._mover.step(simulation.base, time, TIMESTEP)
            simulation.step(self._controller.target(time))
        if behind > MAX_STEPS:
            self.get_logger().warning(
                f"the simulation is {behind * TIMESTEP:.2f} s behind; time is skipped",
                throttle_duration_sec=5.0,
            )
            simulation.data.time += (behind - MAX_STEPS) * TIMESTEP
        reason = self._controller.watch(simulation.time, simulation.state())
        if reason is not None:
            self.get_logger().error(f"trajectory aborted, the robot holds: {reason}")

    def _on_clock(self) -> None:
        self._advance()
        stamp = self._time.stamp(self._simulation.time).to_msg()
        self._clock_topic.publish(ClockMsg(clock=stamp))

    def _on_tick(self) -> None:
        self._advance()
        state, stamp = self._simulation.state(), self._time.stamp(self._simulation.time).to_msg()
        joints = JointStateMsg(name=list(self._robot.joint_names))
        joints.header.stamp = stamp
        joints.position, joints.velocity = state.positions.tolist(), state.velocities.tolist()
        self._states.publish(joints)
        velocity = self._simulation.base_velocity()
        odometry = messages.odometry_message(self._simulation.base, velocity)
        odometry.header.stamp = stamp
        self._odometry.publish(odometry)

    def _on_camera(self) -> None:
        picture = self._camera.picture(self._simulation.state().positions, self._simulation.base)
        picture.header.stamp = self._time.stamp(self._simulation.time).to_msg()
        self._images.publish(picture)


def main() -> None:
    """Simulate until interrupted."""
    run("motiongpt_sim", SimNode)


if __name__ == "__main__":
    main()

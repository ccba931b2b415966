"""Between the node and a Unitree G1: arms by `arm_sdk`, legs by its own walking controller.

Takes `joint_trajectory` and `cmd_vel` of split mode, gives `joint_states`. It runs dry by default:
what would be sent is published on `would_send` and `would_walk`, and joints do as they are told.
"""

import time

import numpy as np
from geometry_msgs.msg import Twist
from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from rclpy.time import Time
from sensor_msgs.msg import JointState as JointStateMsg
from trajectory_msgs.msg import JointTrajectory

from motiongpt.errors import MotionGPTError
from motiongpt.retarget import JointState, load_robot
from motiongpt_ros import messages
from motiongpt_ros.arm_link import (
    FIRST_ARM_MOTOR,
    FIRST_WAIST_MOTOR,
    N_MOTORS,
    ArmCommand,
    DryLink,
    Link,
    WeightRamp,
    approach,
    check_robot,
    limit_velocity,
)
from motiongpt_ros.joint_controller import JointController, Points
from motiongpt_ros.parameters import G1Settings, declare
from motiongpt_ros.spin import run

STANDING = np.zeros(3)


class G1Bridge(Node):
    """Follows trajectories with the arms and velocities with the legs."""

    def __init__(self) -> None:
        """Connect to the robot, or to one in thought.

        Raises:
            RobotError: if the robot file is not one of a G1.
            LinkError: if the robot cannot be reached.
        """
        super().__init__("motiongpt_g1")
        settings = declare(self, G1Settings)
        self._robot = load_robot(settings.robot)
        check_robot(self._robot)
        first = FIRST_WAIST_MOTOR if settings.waist else FIRST_ARM_MOTOR
        self._motors = list(range(first, N_MOTORS))
        self._settings = settings
        self._link = _connect(settings, self)
        self._ramp = WeightRamp(settings.ramp_time)
        self._timestep = 1.0 / settings.rate
        self._controller: JointController | None = None
        self._sent = np.zeros(len(self._motors))
        self._velocity, self._velocity_until = STANDING, 0.0
        self._walks = False
        self._states = self.create_publisher(JointStateMsg, "joint_states", messages.RELIABLE_QOS)
        self._would_send = self.create_publisher(JointStateMsg, "would_send", 10)
        self._would_walk = self.create_publisher(Twist, "would_walk", 10)
        self.create_subscription(
            JointTrajectory, "joint_trajectory", self._on_trajectory, messages.TRAJECTORY_QOS
        )
        self.create_subscription(Twist, "cmd_vel", self._on_velocity, messages.RELIABLE_QOS)
        # Not the node's clock: a robot in motion is looked after even if that one stands still.
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        self.create_timer(self._timestep, self._on_tick, clock=steady)
        how = "dry: nothing goes to a robot" if settings.dry_run else "a real robot moves"
        self.get_logger().info(f"{how}; {len(self._motors)} motors of {self._robot.name}")

    def _now(self) -> float:
        return float(self.get_clock().now().nanoseconds * 1e-9)

    def _on_trajectory(self, message: JointTrajectory) -> None:
        controller, now = self._controller, self._now()
        if controller is None:
            self.get_logger().error("trajectory refused: no state of the robot was received")
            return
        stamp = Time.from_msg(message.header.stamp).nanoseconds * 1e-9
        start = stamp if stamp > 0 else now
        try:
            others = controller.target(start).positions
            points = Points(*messages.read_points(message, self._robot, others))
            controller.accept(start, points, now)
        except MotionGPTError as error:
            self.get_logger().error(f"trajectory refused: {error}")

    def _on_velocity(self, message: Twist) -> None:
        wanted = np.array([message.linear.x, message.linear.y, message.angular.z])
        settings = self._settings
        most = np.array([settings.max_forward, settings.max_sideways, settings.max_turn])
        try:
            self._velocity = limit_velocity(wanted, most)
        except MotionGPTError as error:
            self.get_logger().error(f"velocity refused: {error}")
            return
        self._velocity_until = time.monotonic() + settings.velocity_timeout

    def _on_tick(self) -> None:
        read = self._link.read()
        if read is None:
            self.get_logger().warning(
                "no state of the robot was received", throttle_duration_sec=5.0
            )
            return
        state, age = read
        fresh = age <= self._settings.state_timeout
        if fresh:
            self._publish_state(state)
        else:
            self.get_logger().error(
                f"the robot's state is {age:.2f} s old; the arms are given back",
                throttle_duration_sec=5.0,
            )
        if self._ramp.value == 0.0 and fresh:
            # Nothing from here moves the arms yet: begin where they are.
            self._controller = JointController(JointState(state.positions, 0 * state.velocities))
            self._sent = state.positions[self._motors]
        self._send(fresh)
        self._walk(fresh)

    def _send(self, on: bool) -> None:
        if self._controller is None:
            return
        target = self._controller.target(self._now())
        wanted = approach(
            self._sent, target.positions[self._motors], self._robot, self._motors, self._timestep
        )
        velocities = (wanted - self._sent) / self._timestep
        self._sent = wanted
        command = ArmCommand(
            self._ramp.step(on, self._timestep),
            tuple(self._motors),
            wanted,
            velocities,
            self._settings.stiffness,
            self._settings.damping,
        )
        self._link.send(command)
        message = JointStateMsg(
            name=[*(self._robot.joint_names[i] for i in self._motors), "weight"]
        )
        message.header.stamp = self.get_clock().now().to_msg()
        message.position = [*wanted.tolist(), command.weight]
        message.velocity = [*velocities.tolist(), 0.0]
        self._would_send.publish(message)

    def _walk(self, on: bool) -> None:
        walks = on and time.monotonic() < self._velocity_until and self._velocity.any()
        if walks or self._walks:
            velocity = self._velocity if walks else STANDING
            self._link.walk(velocity)
            self._would_walk.publish(messages.twist_message(tuple(velocity.tolist())))
        self._walks = bool(walks)

    def _publish_state(self, state: JointState) -> None:
        message = JointStateMsg(name=list(self._robot.joint_names))
        message.header.stamp = self.get_clock().now().to_msg()
        message.position, message.velocity = state.positions.tolist(), state.velocities.tolist()
        self._states.publish(message)

    def close(self) -> None:
        """Stand still and give the arms back to the walking controller, step by step."""
        self._velocity_until = 0.0
        self._walk(False)
        while self._ramp.value > 0:
            self._send(False)
            time.sleep(self._timestep)
        self._link.close()


def _connect(settings: G1Settings, node: Node) -> Link:
    if settings.dry_run:
        return DryLink(load_robot(settings.robot))
    from motiongpt_ros.unitree_link import UnitreeLink

    node.get_logger().warning("dry_run is off: what is sent moves a real robot")
    return UnitreeLink(settings.interface)


def main() -> None:
    """Run the bridge until it is interrupted."""
    run("motiongpt_g1", G1Bridge)


if __name__ == "__main__":
    main()

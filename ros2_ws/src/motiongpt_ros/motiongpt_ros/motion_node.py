"""The node: a sentence on `command`, a trajectory on `joint_trajectory`."""

import threading
from dataclasses import dataclass
from typing import Any

import rclpy
from nav_msgs.msg import Path
from rclpy.duration import Duration
from rclpy.executors import ExternalShutdownException
from rclpy.node import Node
from rclpy.time import Time
from sensor_msgs.msg import JointState as JointStateMsg
from std_msgs.msg import String
from trajectory_msgs.msg import JointTrajectory

from motiongpt.errors import MotionGPTError, RobotError
from motiongpt.retarget import JointState, RobotTrajectory
from motiongpt_ros import messages
from motiongpt_ros.engine import Engine, Request
from motiongpt_ros.parameters import MOTION_PARAMETERS, declare


@dataclass(frozen=True)
class Running:
    """A trajectory that was published.

    Attributes:
        trajectory: what was published.
        start: when it starts, on the node's clock.
    """

    trajectory: RobotTrajectory
    start: Time


class MotionNode(Node):
    """Turns commands into trajectories from the robot's current state."""

    def __init__(self) -> None:
        """Declare parameters and topics; model and robot load in the worker's thread."""
        super().__init__("motiongpt")
        declare(self, MOTION_PARAMETERS)
        self._status = self.create_publisher(String, "status", messages.LATCHED_QOS)
        self._trajectory = self.create_publisher(
            JointTrajectory, "joint_trajectory", messages.TRAJECTORY_QOS
        )
        self._path = self.create_publisher(Path, "base_path", messages.TRAJECTORY_QOS)
        self._engine: Engine | None = None
        self._failure: str | None = None
        self._state: tuple[JointStateMsg, Time] | None = None
        self._running: Running | None = None
        self._waiting: str | None = None
        self._wake = threading.Condition()
        self._closing = False
        self.publish_status("loading")
        self.create_subscription(
            JointStateMsg, "joint_states", self._on_joint_state, messages.STATE_QOS
        )
        self.create_subscription(String, "command", self._on_command, messages.COMMAND_QOS)
        self.create_timer(0.1, self._on_tick)
        self._worker = threading.Thread(target=self._work, name="motiongpt-worker", daemon=True)
        self._worker.start()

    def value(self, name: str) -> Any:
        """The current value of a parameter."""
        return self.get_parameter(name).value

    @property
    def _ending(self) -> bool:
        return self._closing or not self.context.ok()

    def publish_status(self, state: str, **fields: Any) -> None:
        """Publish a status, unless the node is being shut down."""
        if self._ending:
            return
        self._status.publish(messages.status_message(state, **fields))

    def fail(self, reason: str, text: str | None = None) -> None:
        """Log an error once and put it on `status`; the node goes on."""
        if self._ending:
            return
        self.get_logger().error(reason)
        fields = {} if text is None else {"text": text[:200]}
        self.publish_status("error", error=reason, **fields)

    def close(self) -> None:
        """End the worker."""
        with self._wake:
            self._closing = True
            self._wake.notify()
        self._worker.join(timeout=2.0)

    def _on_joint_state(self, message: JointStateMsg) -> None:
        self._state = (message, self.get_clock().now())

    def _on_command(self, message: String) -> None:
        text = message.data
        if self._failure is not None:
            self.fail(f"the command is not followed: {self._failure}", text)
        elif self._engine is None:
            self.fail(
                "the command is not followed: the model is still loading; send it again", text
            )
        else:
            with self._wake:
                self._waiting = text
                self._wake.notify()

    def _on_tick(self) -> None:
        """Say when the robot is done."""
        running = self._running
        if running is None:
            return
        elapsed = (self.get_clock().now() - running.start).nanoseconds * 1e-9
        if elapsed > running.trajectory.duration:
            self._running = None
            self.publish_status("idle")

    def _work(self) -> None:
        if not self._load():
            return
        while True:
            with self._wake:
                self._wake.wait_for(lambda: self._closing or self._waiting is not None)
                if self._closing:
                    return
                text, self._waiting = self._waiting, None
            try:
                self._follow(text or "")
            except MotionGPTError as error:
                self.fail(str(error), text)
            except Exception as error:  # a defect must not end the worker silently
                self.fail(f"internal error: {type(error).__name__}: {error}", text)

    def _load(self) -> bool:
        try:
            names = ("model", "device", "robot", "threads")
            engine = Engine(**{name: self.value(name) for name in names})
        except MotionGPTError as error:
            self._failure = str(error)
        except Exception as error:
            self._failure = f"internal error: {type(error).__name__}: {error}"
        else:
            self._engine = engine
            if self._ending:
                return False
            self.get_logger().info(f"ready: robot {engine.robot.name}")
            self.publish_status("idle")
            return True
        self.fail(self._failure)
        return False

    def _follow(self, text: str) -> None:
        """Generate, plan from the state the robot is in then, and publish."""
        engine = self._engine
        assert engine is not None
        names = ("seed", "temperature", "max_duration", "rate")
        request = Request(text, **{name: self.value(name) for name in names})
        self._start_state()  # refuse before the work if the robot's state is not known
        self.publish_status("generating", text=text[:200])
        result = engine.generate(request)
        if self._ending:
            return
        state, start = self._start_state()
        trajectory = engine.plan(result.motion, state, request.rate)
        self._trajectory.publish(messages.trajectory_message(trajectory, start))
        self._path.publish(messages.path_message(trajectory, start))
        self._running = Running(trajectory, start)
        self.publish_status(
            "executing",
            text=result.text,
            tokens=len(result.tokens),
            token_ids=result.tokens,
            generation_seconds=round(result.seconds, 4),
            motion_seconds=round(result.motion.duration, 3),
            duration=round(trajectory.duration, 3),
            handover=round(trajectory.handover_duration, 3),
            slowdown=round(trajectory.slowdown, 3),
        )

    def _start_state(self) -> tuple[JointState, Time]:
        """The state that the next trajectory starts from, and when.

        While a trajectory runs that is where it will be after the lead time; otherwise it is
        where the robot was measured, standing still.

        Raises:
            RobotError: if the joint states are missing, too old or wrong.
        """
        assert self._engine is not None
        now = self.get_clock().now()
        if self._state is None:
            raise RobotError("no joint state was received; is the robot's joint_states topic on?")
        message, received = self._state
        age, timeout = (now - received).nanoseconds * 1e-9, self.value("state_timeout")
        if age > timeout:
            raise RobotError(f"the last joint state is {age:.2f} s old; allowed: {timeout} s")
        measured = messages.joint_state_from(message, self._engine.robot)
        start = now + Duration(seconds=self.value("lead_time"))
        running = self._running
        if running is not None:
            elapsed = (start - running.start).nanoseconds * 1e-9
            if elapsed < running.trajectory.duration:
                return running.trajectory.sample(elapsed), start
        return JointState(measured.positions, 0 * measured.velocities), now


def main() -> None:
    """Run the node until it is interrupted."""
    rclpy.init()
    node = MotionNode()
    executor = rclpy.executors.SingleThreadedExecutor()
    executor.add_node(node)
    try:
        while rclpy.ok():
            executor.spin_once(timeout_sec=0.2)
    except (KeyboardInterrupt, ExternalShutdownException):
        pass
    finally:
        try:
            node.close()
            node.destroy_node()
        except KeyboardInterrupt:
            pass
        rclpy.try_shutdown()


if __name__ == "__main__":
    main()

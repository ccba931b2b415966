"""What exists between configure and cleanup: a robot, its topics, and the model while active."""

import gc
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from geometry_msgs.msg import Twist
from nav_msgs.msg import Path
from rclpy.clock import Clock, ClockType
from rclpy.duration import Duration
from rclpy.node import Node
from sensor_msgs.msg import JointState as JointStateMsg
from trajectory_msgs.msg import JointTrajectory

from motiongpt.errors import CommandError, MotionGPTError
from motiongpt.lm.negation import asks_only_to_stop, begins_with_stop
from motiongpt.retarget import Robot, RobotTrajectory
from motiongpt_ros import messages
from motiongpt_ros.cdr import write_path, write_trajectory
from motiongpt_ros.command_queue import CommandQueue, read_command
from motiongpt_ros.conductor import Conductor, State
from motiongpt_ros.controls import Controls
from motiongpt_ros.engine import Engine
from motiongpt_ros.generate_action import serve_action
from motiongpt_ros.job import Job
from motiongpt_ros.keyframes import Keyframes
from motiongpt_ros.parameters import MotionSettings, read
from motiongpt_ros.preview import Preview
from motiongpt_ros.services import create_services
from motiongpt_ros.state_listener import StateListener
from motiongpt_ros.told import Told, base_twist
from motiongpt_ros.worker import Surroundings, Worker

TICK = 0.05
"""Seconds between two looks of the watchdog."""

LAST_WORDS = Duration(seconds=0.2)
"""Longest wait for the last trajectory to arrive before the node ends."""


class Session:
    """A robot's topics and services, and what works behind them.

    Attributes:
        robot: the robot.
        conductor: what it is being told.
        trajectories: how many trajectories were sent.
    """

    def __init__(
        self,
        node: Node,
        robot: Robot,
        say: Callable[[State, dict[str, Any]], None],
        fail: Callable[[str, str | None], None],
    ) -> None:
        """Open topics and services on a node.

        Args:
            node: the node.
            robot: the robot.
            say: publishes a status.
            fail: logs and publishes an error, with the text it belongs to.
        """
        self.robot, self._node, self._fail, self._say = robot, node, fail, say
        self.conductor = Conductor(robot, self._write, self._say_and_show)
        self._preview = Preview(node, robot)
        self.trajectories = 0
        self._engine: Engine | None = None
        self._loading = False
        self._worker: Worker | None = None
        self._keyframes: Keyframes | None = None
        self._make_queue()
        self._trajectory = node.create_publisher(
            JointTrajectory, "joint_trajectory", messages.TRAJECTORY_QOS
        )
        self._path = node.create_publisher(Path, "base_path", messages.TRAJECTORY_QOS)
        self._velocity = node.create_publisher(Twist, "cmd_vel", messages.RELIABLE_QOS)
        self._walking = False
        self._states = StateListener(node, self._on_joint_state)
        self._poses = node.create_subscription(
            JointTrajectory, "keyframes", self._on_keyframes, messages.COMMAND_QOS
        )
        self._services = create_services(node, lambda: self._controls, self._describe)
        self._action = serve_action(node, self)
        # Not the node's clock: the watchdog must look even if that one stands still.
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        self._timer = node.create_timer(TICK, self._on_tick, clock=steady)

    def settings(self) -> MotionSettings:
        """The parameters' current values."""
        return read(self._node, MotionSettings)

    def now(self) -> float:
        """The node's clock, in [s]."""
        return float(self._node.get_clock().now().nanoseconds * 1e-9)

    @property
    def ready(self) -> bool:
        """Whether there is a model."""
        return self._engine is not None

    @property
    def waiting(self) -> int:
        """How many commands wait."""
        return len(self._queue)

    def load(self, given_up: Callable[[], bool]) -> bool:
        """Load the model and begin to work; whether that was not given up.

        Raises:
            MotionGPTError: if the model cannot be loaded.
        """
        self.conductor.say(State.LOADING)
        self._loading = True
        try:
            engine = self._load_engine(given_up)
        finally:
            self._loading = False
        if engine is None:
            return False
        self._engine = engine
        self._make_queue()
        around = Surroundings(self.settings, self.now, self._fail)
        self._worker = Worker(engine, self._queue, self.conductor, around)
        self.conductor.say(State.IDLE)
        return True

    def _load_engine(self, given_up: Callable[[], bool]) -> Engine | None:
        """Load in a thread that can be left behind."""
        settings, done = self.settings(), threading.Event()
        found: list[Engine | Exception] = []

        def work() -> None:
            try:
                found.append(Engine(settings.model, settings.device, self.robot, settings.threads))
            except Exception as error:
                found.append(error)
            done.set()

        threading.Thread(target=work, name="motiongpt-loader", daemon=True).start()
        while not done.wait(TICK):
            if given_up():
                return None
        if isinstance(found[0], Exception):
            raise found[0]
        return found[0]

    def obey_stop(self, text: str) -> bool:
        """Stop the robot and drop all commands, if a text begins by asking for that.

        Unlike other commands it waits for nothing, and needs no model.

        Args:
            text: a command; one that says "and then" comes later, and stops nothing now.

        Returns:
            Whether nothing else is to be done.

        Raises:
            MotionGPTError: if the way to a stop cannot be sent.
        """
        if read_command(text).append or not begins_with_stop(text):
            return False
        self.stop(f"the command '{text[:80]}'")
        return asks_only_to_stop(text)

    def command(
        self,
        text: str,
        job: Job | None = None,
        keyframes: Keyframes | None = None,
        append: bool = False,
    ) -> None:
        """Take a command.

        Args:
            text: what to do.
            job: who follows it; its poses are its own, and not those of topic `keyframes`.
            keyframes: robot poses that it passes through, with `job`.
            append: whether it comes after what is done now.

        Raises:
            CommandError: if there is no model or no time, or the queue is full.
        """
        if self._loading:
            raise CommandError("the model is still loading; send it again")
        if self._engine is None:
            raise CommandError("the node is inactive; activate it")
        if self.now() == 0:
            raise CommandError("use_sim_time is on, and no time was received on /clock")
        settings = self.settings()
        if job is None:
            keyframes, self._keyframes = self._keyframes, None
        said = read_command(text, keyframes)
        command = replace(said, append=said.append or append, job=job)
        self._queue.put(command, settings.queue_policy, settings.queue_length)
        if self.conductor.state[0] is State.HOLDING:
            self.conductor.say(State.HOLDING, "the command waits until resume is called")

    def withdraw(self, job: Job) -> None:
        """Drop a command that waits."""
        self._queue.withdraw(job)

    def stop(self, reason: str) -> None:
        """Stop the robot and drop all commands."""
        self._controls.stop(reason)

    def tokens_a_second(self) -> float:
        """How many motion tokens are a second of motion."""
        found = self._describe()
        return 1.0 if found is None else float(found["tokens_a_second"])

    def release(self, reason: str, free: bool = True) -> None:
        """Let the robot hold, and end the worker.

        Args:
            reason: why.
            free: whether to free the model's memory, which takes a moment.
        """
        if self._engine is not None:
            try:
                self._controls.stop(reason)
                self._trajectory.wait_for_all_acked(LAST_WORDS)
            except MotionGPTError as error:
                self._fail(f"the robot could not be stopped: {error}", None)
        self._queue.close()
        if self._worker is not None:
            self._worker.thread.join(timeout=0.5)
        self._worker = self._engine = None
        if free:
            gc.collect()
            torch = sys.modules.get("torch")
            if torch is not None and torch.cuda.is_available():
                torch.cuda.empty_cache()

    def close(self) -> None:
        """Close topics and services."""
        if self._action is not None:
            self._action.destroy()
        self._node.destroy_timer(self._timer)
        self._preview.close()
        for service in self._services:
            self._node.destroy_service(service)
        self._states.close()
        self._node.destroy_subscription(self._poses)
        for publisher in (self._trajectory, self._path, self._velocity):
            self._node.destroy_publisher(publisher)

    def _make_queue(self) -> None:
        self._queue = CommandQueue()
        self._controls = Controls(self._queue, self.conductor, self.now, self.settings)

    def _describe(self) -> dict[str, Any] | None:
        return None if self._engine is None else self._engine.describe()

    def _write(
        self, trajectory: RobotTrajectory, told: Told, has_base: bool
    ) -> Callable[[float], None]:
        written = write_trajectory(trajectory, told.joints)
        goes = has_base and told.joints.all()
        path = write_path(trajectory.times, trajectory.base, messages.BASE_FRAME) if goes else None

        def send(start: float) -> None:
            stamp = round(start * 1e9)
            self._trajectory.publish(written.at(stamp))
            if path is not None:
                self._path.publish(path.at(stamp))
            self.trajectories += 1

        return send

    def _say_and_show(self, state: State, fields: dict[str, Any]) -> None:
        self._say(state, fields)
        running = self.conductor.running
        if state is State.EXECUTING and running is not None:
            self._preview.show(running)
        elif state in (State.IDLE, State.HOLDING, State.STOPPED):
            self._preview.clear()

    def _on_joint_state(self, message: JointStateMsg) -> None:
        now = self.now()
        try:
            self.conductor.measure(messages.joint_state_from(message, self.robot), now)
        except MotionGPTError as error:
            self.conductor.measure(error, now)

    def _on_keyframes(self, message: JointTrajectory) -> None:
        self._keyframes = None
        if not message.points:
            return
        try:
            self._keyframes = Keyframes(*messages.read_poses(message, self.robot))
        except MotionGPTError as error:
            self._fail(f"keyframes refused: {error}", None)

    def _on_tick(self) -> None:
        self._walk()
        try:
            reason = self._controls.tick()
        except MotionGPTError as error:
            self._fail(str(error), None)
            return
        if reason is not None:
            self._node.get_logger().warning(f"the robot is held: {reason}")

    def _walk(self) -> None:
        """In split mode tell the legs how fast to go, and once to stand in the end."""
        running, now = self.conductor.running, self.now()
        walks = running is not None and now < running.end and not self.conductor.estopped
        walks = walks and self.conductor.told.walks
        if running is not None and walks:
            velocity = base_twist(running.trajectory, now - running.start)
            self._velocity.publish(messages.twist_message(velocity))
        elif self._walking:
            self._velocity.publish(messages.twist_message((0.0, 0.0, 0.0)))
        self._walking = walks

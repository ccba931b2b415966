"""The node: a sentence on `command`, a trajectory on `joint_trajectory`."""

import threading
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray
from rclpy.callback_groups import MutuallyExclusiveCallbackGroup
from rclpy.clock import Clock, ClockType
from rclpy.lifecycle import LifecycleNodeMixin, LifecycleState, TransitionCallbackReturn
from rclpy.node import Node
from std_msgs.msg import String

from motiongpt.errors import MotionGPTError
from motiongpt_ros import messages
from motiongpt_ros.conductor import State
from motiongpt_ros.description_listener import DescriptionListener
from motiongpt_ros.diagnostics import Health, diagnostics_message
from motiongpt_ros.parameters import MotionSettings, declare, read
from motiongpt_ros.session import Session
from motiongpt_ros.spin import run

SUCCESS, FAILURE = TransitionCallbackReturn.SUCCESS, TransitionCallbackReturn.FAILURE


class MotionNode(LifecycleNodeMixin, Node):
    """A managed node around a `Session`.

    Callbacks run one at a time; transitions of the lifecycle, which may take long, run beside
    them in a group of their own.
    """

    def __init__(self) -> None:
        """Declare parameters and open what answers in every state.

        Raises:
            ParameterError: for a parameter that is not allowed.
        """
        Node.__init__(self, "motiongpt")
        transitions = MutuallyExclusiveCallbackGroup()
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        LifecycleNodeMixin.__init__(self, callback_group=transitions)
        settings = declare(self, MotionSettings)
        self._closing = threading.Event()
        self._session: Session | None = None
        self._failure = ""
        self._heard = 0
        self._starting = settings.autostart
        self._status = self.create_publisher(String, "status", messages.LATCHED_QOS)
        self._description = DescriptionListener(self, self._fail)
        self._diagnostics = self.create_publisher(DiagnosticArray, "/diagnostics", 10)
        self.create_subscription(String, "command", self._on_command, messages.COMMAND_QOS)
        self.create_timer(1.0, self._on_second, clock=steady)
        if settings.autostart:
            self._publish_status(State.LOADING, {})
            self._starter = self.create_timer(0.01, self._autostart, transitions, steady)

    def _autostart(self) -> None:
        self.destroy_timer(self._starter)
        if self.trigger_configure() == SUCCESS:
            self.trigger_activate()
        self._starting = False

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Load the robot and open topics and services."""
        self._failure = ""
        try:
            robot = self._description.load(read(self, MotionSettings).robot, self._closing.is_set)
        except MotionGPTError as error:
            return self._fail_transition(str(error))
        self._session = Session(self, robot, self._publish_status, self._fail)
        return SUCCESS

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Load the model; active means ready."""
        assert self._session is not None
        self._failure = ""
        try:
            loaded = self._session.load(self._closing.is_set)
        except MotionGPTError as error:
            return self._fail_transition(str(error))
        except Exception as error:  # rclpy would swallow what happened
            return self._fail_transition(f"internal error: {type(error).__name__}: {error}")
        if not loaded:
            return FAILURE
        self.get_logger().info(f"ready: robot {self._session.robot.name}")
        return SUCCESS

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Let the robot hold and free the model."""
        assert self._session is not None
        self._session.release("deactivated")
        return SUCCESS

    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Close topics and services."""
        self._leave("cleaned up")
        return SUCCESS

    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Let the robot hold, and free everything."""
        self._leave("shut down")
        return SUCCESS

    def on_error(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Go back to the beginning after a defect in a transition."""
        self._fail_transition(f"internal error in a transition from '{state.label}'")
        self._leave("internal error")
        return SUCCESS

    def close(self) -> None:
        """Let the robot hold, and end threads."""
        self._closing.set()
        # The process's end frees all; and torch may be half imported.
        self._leave("the node ends", free=False)

    def _leave(self, reason: str, free: bool = True) -> None:
        session, self._session = self._session, None
        if session is not None:
            session.release(reason, free)
            session.close()

    def _fail_transition(self, reason: str) -> TransitionCallbackReturn:
        self._failure = reason
        self._fail(reason)
        return FAILURE

    def _publish_status(self, state: State, fields: dict[str, Any]) -> None:
        self._status.publish(messages.status_message(state.value, **fields))

    def _fail(self, reason: str, text: str | None = None) -> None:
        """Log an error once and put it on `status`; the node goes on."""
        self.get_logger().error(reason)
        fields = {} if text is None else {"text": text[:200]}
        if self._session is None:
            self._publish_status(State.ERROR, {"error": reason, **fields})
        else:
            self._session.conductor.say(State.ERROR, reason, **fields)

    def _on_command(self, message: String) -> None:
        self._heard += 1
        session, reason = self._session, self._failure or self._description.reason
        try:
            if session is not None and session.obey_stop(message.data):
                return
        except MotionGPTError as error:
            self._fail(f"the robot could not be stopped: {error}", message.data)
            return
        if session is None:
            waits = "the model is still loading; send it again"
            unconfigured = "the node is unconfigured; configure and activate it"
            reason = reason or (waits if self._starting else unconfigured)
        elif not reason:
            try:
                session.command(message.data)
                return
            except MotionGPTError as error:
                reason = str(error)
        self._fail(f"the command is not followed: {reason}", message.data)

    @property
    def _lifecycle(self) -> str:
        if self._session is None:
            return "unconfigured"
        return "active" if self._session.ready else "inactive"

    def _on_second(self) -> None:
        session = self._session
        state, reason = (
            (State.STOPPED, "unconfigured") if session is None else session.conductor.state
        )
        if self._failure or self._description.reason:
            state, reason = State.ERROR, self._failure or self._description.reason
        health = Health(
            name=self.get_fully_qualified_name(),
            hardware="" if session is None else session.robot.name,
            lifecycle=self._lifecycle,
            state=state,
            reason=reason,
            estopped=session is not None and session.conductor.estopped,
            state_age=None if session is None else session.conductor.state_age(session.now()),
            waiting=0 if session is None else session.waiting,
            commands=self._heard,
            trajectories=0 if session is None else session.trajectories,
        )
        stamp = self.get_clock().now().to_msg()
        self._diagnostics.publish(diagnostics_message(health, stamp))


def main() -> None:
    """Run the node until it is interrupted."""
    # Callbacks, a transition of the lifecycle, and up to two goals of the action at a time.
    run("motiongpt", MotionNode, threads=4)


if __name__ == "__main__":
    main()

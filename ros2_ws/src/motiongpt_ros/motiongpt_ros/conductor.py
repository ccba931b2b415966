"""What the robot is being told: the one place that lets trajectories out, and that stops them.

Knows no ROS: time is a number in [s] of the node's clock, and what goes out goes through the
two functions that it is given. All methods may be called from any thread.
"""

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from enum import Enum
from typing import Any

import numpy as np

from motiongpt.errors import MotionGPTError, RetargetError, RobotError
from motiongpt.motion.motion import Motion
from motiongpt.retarget import JointState, Robot, RobotTrajectory
from motiongpt_ros.execution import Execution, Outgoing, Start
from motiongpt_ros.job import Job
from motiongpt_ros.stopping import plan_stop, stop_along
from motiongpt_ros.told import Told, told_in
from motiongpt_ros.trajectory_check import check_trajectory
from motiongpt_ros.watchdog import Fault, Limits, Watchdog

MOVING = 0.2
"""A joint that is measured faster than this in [rad/s] moves, whoever told it to."""

GIVES_WAY = 0.1
"""A joint within this of where it was told to be, in [rad], is there; servos give way."""

NO_STATE = "no joint state was received; is the robot's joint_states topic on?"


class State(str, Enum):
    """What the node says on `status`."""

    LOADING = "loading"
    IDLE = "idle"
    GENERATING = "generating"
    EXECUTING = "executing"
    HOLDING = "holding"
    STOPPED = "stopped"
    ERROR = "error"


class TooLateError(RetargetError):
    """Planning took longer than was left until the trajectory's start."""


class Conductor:
    """Keeps what was told and what was measured, and lets out only what is safe."""

    def __init__(
        self,
        robot: Robot,
        write: Callable[[RobotTrajectory, Told, bool], Callable[[float], None]],
        say: Callable[[State, dict[str, Any]], None],
    ) -> None:
        """Begin with a robot at rest.

        Args:
            robot: the robot.
            write: writes the messages of a trajectory, with what is told and whether its base
                counts; what comes back publishes them for a start in [s].
            say: publishes a status with its fields.
        """
        self.robot = robot
        self._write, self._say = write, say
        self._lock = threading.RLock()
        self._measured: tuple[JointState, float] | None = None
        self._unusable = NO_STATE
        self._running: Execution | None = None
        self._watchdog = Watchdog(robot.joint_names)
        self._state = State.LOADING
        self._reason = ""
        self._estopped = False
        self._told = told_in(robot, "whole_body")
        self._left = robot.rest_pose

    @property
    def told(self) -> Told:
        """What the robot is told, or was last."""
        return self._told

    @property
    def state(self) -> tuple[State, str]:
        """What was said last, and the reason."""
        with self._lock:
            return self._state, self._reason

    @property
    def running(self) -> Execution | None:
        """What the robot is told to do now."""
        return self._running

    @property
    def estopped(self) -> bool:
        """Whether the emergency stop is on."""
        return self._estopped

    def alone(self) -> AbstractContextManager[bool]:
        """Within it nothing is published by another thread, nor found to be wanted."""
        return self._lock

    def state_age(self, now: float) -> float | None:
        """How old the last usable joint state is, in [s]."""
        measured = self._measured
        return None if measured is None else now - measured[1]

    def measure(self, state: JointState | MotionGPTError, now: float) -> None:
        """Take a joint state that was measured, or the reason why it is not usable."""
        with self._lock:
            if isinstance(state, JointState):
                self._measured, self._unusable = (state, now), ""
            else:
                self._unusable = str(state)

    def say(self, state: State, reason: str = "", **fields: Any) -> None:
        """Change the state and publish it; an error leaves a held or stopped robot so."""
        with self._lock:
            held = self._state in (State.HOLDING, State.STOPPED) and state is State.ERROR
            if not held:
                self._state, self._reason = state, reason
            if reason:
                fields["error" if state is State.ERROR else "reason"] = reason
            self._say(state, fields)

    def begin(self, text: str, wanted: Callable[[], bool]) -> None:
        """Say that a motion is generated, unless it is not wanted any more."""
        with self._lock:
            if wanted():
                self.say(State.GENERATING, text=text)

    def find_start(
        self, now: float, lead: float, append: bool, timeout: float, told: Told | None = None
    ) -> Start:
        """Find the state that the next trajectory starts from.

        Args:
            now: the node's clock, in [s].
            lead: a running motion is left this much later, in [s].
            append: whether a running motion is done to its end.
            timeout: oldest joint state, in [s].
            told: what the robot will be told; None tells the same as before.

        Raises:
            RobotError: if the joint states are missing, too old or wrong, or the emergency stop
                is on.
        """
        with self._lock:
            self._check_estop()
            measured = self._fresh(now, timeout)
            running, told = self._running, self._told if told is None else told
            if running is None or now >= running.end:
                return self._start_from_rest(measured, told)
            time = running.end if append or now + lead >= running.end else now + lead
            state = running.state_at(time)
            # Where joints are that another controller drives, only their measurement says.
            known = self._told.joints | ~told.joints
            positions = np.where(known, state.positions, measured.positions)
            return Start(
                JointState(positions, np.where(known, state.velocities, 0)), time, running
            )

    def _start_from_rest(self, measured: JointState, told: Told) -> Start:
        """Where a robot at rest begins a motion: where it is measured.

        One that stands by its trajectories alone is taken to hold on to what it was told last, or
        to its rest pose. Planned from where its weight has pushed its joints, it would sink.
        """
        state, running = JointState(measured.positions, 0 * measured.velocities), self._running
        if not told.balanced:
            return Start(state)
        left = self._left if running is None else running.state_at(running.end).positions
        near = (np.abs(state.positions - left) <= GIVES_WAY) & self._told.joints
        return Start(state, posture=np.where(near, left, state.positions))

    def prepare(self, trajectory: RobotTrajectory, told: Told) -> Outgoing:
        """Write a trajectory's messages, which takes long for a long one; publish nothing."""
        return Outgoing(trajectory, told, self._write(trajectory, told, True))

    def play(
        self,
        outgoing: Outgoing,
        start: Start,
        now: float,
        wanted: Callable[[], bool],
        text: str,
        motion: Motion,
        owner: Job | None = None,
        more: bool = False,
        **fields: Any,
    ) -> bool:
        """Publish a planned trajectory, unless it is not wanted any more.

        Args:
            outgoing: what was planned.
            start: for this start.
            now: the node's clock, in [s].
            wanted: whether it is still wanted; asked when nothing can come between.
            text: the command behind it.
            motion: the human motion behind it.
            owner: who follows the command.
            more: whether it is the beginning of a motion that is still being made.
            fields: of the status.

        Returns:
            Whether it was wanted.

        Raises:
            TooLateError: if its start has passed; plan again.
            RetargetError: if it must not be published.
            RobotError: if the emergency stop is on.
        """
        with self._lock:
            if not wanted():
                return False
            time = self._start_time(start, now)
            self._told = outgoing.told
            self._publish(outgoing, start.state, time, now)
            before = start.before and start.before.from_now(now)
            done = outgoing.trajectory
            self._running = Execution(done, time, text, motion, before, owner, more)
            self.say(State.EXECUTING, text=text, complete=not more, **fields)
            return True

    def _start_time(self, start: Start, now: float) -> float:
        """When a trajectory starts that was planned for a start."""
        running = self._running
        if running is not None and now < running.end and running is not start.before:
            raise TooLateError("the robot was told something else meanwhile")
        if start.time is None:
            return now
        after_rest = start.before is not None and start.time >= start.before.end
        if start.time < now and not after_rest:
            raise TooLateError(f"the plan is {now - start.time:.3f} s late")
        return max(start.time, now)

    def halt(
        self, state: State, reason: str, now: float, rate: float, believe: bool = True
    ) -> Execution | None:
        """Let the robot slow down within its limits and stay where it stops.

        Args:
            state: what to say: that it holds, or is stopped.
            reason: why.
            now: the node's clock, in [s].
            rate: points a second, in [Hz].
            believe: whether the robot is where it was told to be; else the measured state counts.

        Returns:
            What was stopped, or None if the robot was at rest.
        """
        with self._lock:
            stopped = self._running
            begin = self._stop_state(now, believe)
            try:
                if begin is not None and not self._estopped:
                    self._brake(begin, now, rate, believe and self._told.balanced)
                elif not believe:
                    self._running = None
            finally:
                self.say(state, reason)
            return stopped

    def estop(self, on: bool, now: float, rate: float) -> None:
        """Stop the robot and publish nothing more, or release that again."""
        with self._lock:
            if on and not self._estopped:
                try:
                    self.halt(State.STOPPED, "emergency stop", now, rate)
                finally:
                    self._estopped = True
            elif not on and self._estopped:
                self._estopped = False
                self.say(State.STOPPED, "emergency stop released")

    def settle(self, now: float, timeout: float, rate: float, told: Told | None = None) -> None:
        """Bring a robot to rest that moves although nothing was told here.

        Args:
            now: the node's clock, in [s].
            timeout: oldest joint state, in [s].
            rate: points a second, in [Hz].
            told: what the robot will be told; None tells the same as before.

        Raises:
            RobotError: as `find_start` does.
        """
        with self._lock:
            self._check_estop()
            state = self._fresh(now, timeout)
            if self._running is None and told is not None:
                self._told = told
            if self._running is None and self._moves(state):
                self._brake(self._clipped(state), now, rate)

    def watch(self, now: float, steady: float, limits: Limits) -> Fault | None:
        """Look whether all is well with what runs; to be called many times a second.

        Args:
            now: the node's clock, in [s].
            steady: a clock that never jumps, in [s].
            limits: what is allowed.
        """
        with self._lock:
            jump = self._watchdog.clock_jump(now, steady)
            running = self._running
            if running is None or running.motion is None:
                return None
            if jump is not None:
                return jump
            if self._measured is None:
                return Fault(self._unusable, command_valid=True)
            measured, at = self._measured
            fault = self._watchdog.tracking(
                now, running.state_at(at), measured, at, limits, self._told.joints
            )
            if fault is not None and self._unusable:
                return replace(fault, reason=f"{fault.reason}; {self._unusable}")
            return fault

    def finish(self, now: float) -> None:
        """Forget a trajectory that has ended, and say so."""
        with self._lock:
            if self._running is None or now <= self._running.end:
                return
            running, self._running = self._running, None
            self._left = running.state_at(running.end).positions
            if running.open and self._state is State.EXECUTING:
                self.say(State.GENERATING, text=running.text)
            elif self._state in (State.EXECUTING, State.ERROR):
                self.say(State.IDLE)

    def _check_estop(self) -> None:
        if self._estopped:
            raise RobotError("the emergency stop is on; nothing is sent until it is released")

    def _fresh(self, now: float, timeout: float) -> JointState:
        if self._measured is None or self._unusable:
            raise RobotError(self._unusable)
        state, at = self._measured
        if at > now + timeout:
            raise RobotError(
                f"the last joint state is {at - now:.2f} s ahead of the clock, which was set back"
            )
        if now - at > timeout:
            raise RobotError(f"the last joint state is {now - at:.2f} s old; allowed: {timeout} s")
        return state

    def _stop_state(self, now: float, believe: bool) -> JointState | None:
        """Where a stop begins; None if nothing moves that could be stopped."""
        running = self._running
        if running is not None and believe:
            # What is a stop already is not stopped again: one that a controller refuses would
            # be followed by another one without end.
            return None if running.motion is None else running.state_at(now)
        if self._measured is None:
            return None
        state = self._clipped(self._measured[0])
        if running is None and not self._moves(state):
            return None
        return state

    def _moves(self, state: JointState) -> bool:
        return bool((np.abs(state.velocities) > MOVING)[self._told.joints].any())

    def _clipped(self, state: JointState) -> JointState:
        limit = self.robot.velocity_limit
        return JointState(state.positions, np.clip(state.velocities, -limit, limit))

    def _brake(self, state: JointState, now: float, rate: float, along: bool = False) -> None:
        running, stop = self._running, None
        if running is None:
            stop = plan_stop(state, self.robot, rate)
        else:
            doing = running.doing_at(now)
            path, elapsed = doing.trajectory, max(now - doing.start, 0.0)
            stop = stop_along(path, elapsed, self.robot, rate) if along else None
            stop = stop or plan_stop(state, self.robot, rate, path, elapsed)
        send = self._write(stop, self._told, running is not None)
        self._publish(Outgoing(stop, self._told, send), state, now, now)
        self._running = Execution(stop, now)

    def _publish(self, outgoing: Outgoing, state: JointState, start: float, now: float) -> None:
        self._check_estop()
        check_trajectory(outgoing.trajectory, self.robot, state, start, now)
        self._watchdog.forget()
        outgoing.send(start)

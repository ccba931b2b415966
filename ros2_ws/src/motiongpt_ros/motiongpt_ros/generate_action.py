"""Serves action `generate_motion`, if its type is there."""

import math
from collections.abc import Callable
from typing import Any, Protocol

from rclpy.action import ActionServer, CancelResponse
from rclpy.action.server import ServerGoalHandle
from rclpy.node import Node
from rclpy.time import Time

from motiongpt.errors import CommandError, MotionGPTError
from motiongpt.retarget import Robot, count_violations
from motiongpt_ros import messages
from motiongpt_ros.conductor import Conductor
from motiongpt_ros.controls import STOPPED
from motiongpt_ros.job import MOST_SAMPLES, Job, Plan, Wish
from motiongpt_ros.keyframes import Keyframes

PERIOD = 0.1
"""Seconds between two messages of feedback."""

AT_THE_END = 0.05
"""A motion that is left so shortly before its end, in [s], for the next one was done."""


class Commands(Protocol):
    """What takes commands."""

    robot: Robot
    conductor: Conductor

    def now(self) -> float:
        """The node's clock, in [s]."""
        ...

    def tokens_a_second(self) -> float:
        """How many tokens are a second of motion."""
        ...

    def obey_stop(self, text: str) -> bool:
        """Stop at once if a text begins by asking for it; whether nothing else is to be done."""
        ...

    def command(self, text: str, job: Job, keyframes: Keyframes | None, append: bool) -> None:
        """Take a command that somebody follows."""
        ...

    def withdraw(self, job: Job) -> None:
        """Drop a command that waits."""
        ...

    def stop(self, reason: str) -> None:
        """Stop the robot and drop all commands."""
        ...


def serve_action(node: Node, commands: Commands) -> ActionServer | None:
    """Serve the action; None, said once on the log, without package motiongpt_interfaces."""
    try:
        from motiongpt_interfaces.action import GenerateMotion
    except ImportError:
        node.get_logger().info(
            "no action generate_motion: package motiongpt_interfaces is not built; topics work",
            once=True,
        )
        return None
    server = _Server(GenerateMotion, commands)
    return ActionServer(
        node,
        GenerateMotion,
        "generate_motion",
        execute_callback=server.execute,
        cancel_callback=lambda handle: CancelResponse.ACCEPT,
    )


class _Server:
    """Follows goals, each in an executor's thread of its own."""

    def __init__(self, kind: Any, commands: Commands) -> None:
        self._kind, self._commands = kind, commands

    def execute(self, handle: ServerGoalHandle) -> Any:
        """Do what a goal asks for; its result."""
        goal = handle.request
        try:
            if goal.execute and goal.task == goal.TASK_TEXT:
                if self._commands.obey_stop(goal.text):
                    return self._end(handle.succeed, None, True, STOPPED)
            job = Job(read_wish(goal))
            poses = goal.poses
            keyframes = None
            if poses.points:
                keyframes = Keyframes(*messages.read_poses(poses, self._commands.robot))
            append = goal.task == goal.TASK_APPEND or not goal.execute
            self._commands.command(goal.text, job, keyframes, append)
        except MotionGPTError as error:
            return self._end(handle.abort, None, False, str(error))
        return self._follow(handle, job)

    def _follow(self, handle: ServerGoalHandle, job: Job) -> Any:
        while not job.settled:
            if handle.is_cancel_requested:
                job.cancel()
                self._commands.withdraw(job)
            self._tell(handle, job)
            job.wait(PERIOD)
        if job.plan is None:
            if handle.is_cancel_requested and self._runs(job):  # the beginning of its motion
                return self._cancel(handle, job)
            end = handle.canceled if handle.is_cancel_requested else handle.abort
            return self._end(end, job, False, job.failure or "")
        if not job.wish.execute:
            return self._end(handle.succeed, job, True, "planned, and not sent")
        while self._runs(job):
            if handle.is_cancel_requested:
                return self._cancel(handle, job)
            self._tell(handle, job)
            job.wait(PERIOD)
        if self._commands.now() < job.plan.end - AT_THE_END:
            state, reason = self._commands.conductor.state
            why = reason or "another command took over"
            return self._end(
                handle.abort, job, False, f"not done to its end ({state.value}): {why}"
            )
        return self._end(handle.succeed, job, True, "done")

    def _cancel(self, handle: ServerGoalHandle, job: Job) -> Any:
        """Slow the robot down, and come back once it stands."""
        self._commands.stop("the action was cancelled")
        while self._commands.conductor.running is not None:
            self._tell(handle, job, "stopping")
            job.wait(PERIOD)
        return self._end(handle.canceled, job, False, "cancelled; the robot was stopped")

    def _runs(self, job: Job) -> bool:
        running = self._commands.conductor.running
        if running is None:
            return False
        before = running.before
        waits = before is not None and before.owner is job and running.start >= before.end
        return running.owner is job or (waits and self._commands.now() < running.start)

    def _tell(self, handle: ServerGoalHandle, job: Job, stage: str = "") -> None:
        done = 0.0 if job.plan is None else max(self._commands.now() - job.plan.start, 0.0)
        feedback = self._kind.Feedback(
            stage=stage or job.stage,
            tokens=job.tokens,
            seconds_ready=job.tokens / self._commands.tokens_a_second(),
            seconds_done=done,
        )
        handle.publish_feedback(feedback)

    def _end(self, end: Callable[[], None], job: Job | None, success: bool, message: str) -> Any:
        result = self._kind.Result(success=success, message=message)
        if job is not None:
            result.tokens = job.tokens
            if job.plan is not None:
                self._describe(result, job.plan, job.wish.execute)
        end()
        return result

    def _describe(self, result: Any, plan: Plan, executed: bool) -> None:
        trajectory = plan.trajectory
        start = Time(nanoseconds=round(plan.start * 1e9))
        result.trajectory = messages.trajectory_message(trajectory, start)
        result.violations = count_violations(trajectory, self._commands.robot).total
        result.slowdown = float(trajectory.slowdown)
        result.handover_seconds = float(trajectory.handover_duration)
        result.generation_seconds = plan.generation_seconds
        result.planning_seconds = plan.planning_seconds
        result.execution_seconds = trajectory.duration if executed else 0.0


def read_wish(goal: Any) -> Wish:
    """Read what a goal asks for.

    Raises:
        CommandError: for a value that is not allowed.
    """
    tasks = (goal.TASK_TEXT, goal.TASK_APPEND)
    if goal.task not in tasks:
        raise CommandError(f"task is '{goal.task}'; allowed: {', '.join(tasks)}")
    if not math.isfinite(goal.duration) or goal.duration < 0:
        raise CommandError(f"duration is {goal.duration} s; allowed: 0 or more")
    if not 1 <= goal.samples <= MOST_SAMPLES:
        raise CommandError(f"samples is {goal.samples}; allowed: 1 to {MOST_SAMPLES}")
    if not -1 <= goal.seed < 2**31:
        raise CommandError(f"seed is {goal.seed}; allowed: -1 to {2**31 - 1}")
    return Wish(
        seed=None if goal.seed < 0 else goal.seed,
        duration=goal.duration or None,
        samples=goal.samples,
        execute=goal.execute,
    )

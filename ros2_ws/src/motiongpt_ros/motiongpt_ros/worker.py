"""The thread that generates and plans; it knows no ROS."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from motiongpt.errors import MotionGPTError
from motiongpt.motion.motion import Motion
from motiongpt.poses import Poses
from motiongpt.retarget import RobotTrajectory, human_pose
from motiongpt_ros.command_queue import DROPPED, Command, CommandQueue
from motiongpt_ros.conductor import Conductor, Start, TooLateError
from motiongpt_ros.engine import Cancelled, Engine, Request
from motiongpt_ros.job import Job, Plan, Wish
from motiongpt_ros.parameters import MotionSettings
from motiongpt_ros.split_mode import told_joints

if TYPE_CHECKING:
    from motiongpt.pipeline import GeneratedMotion

MOST_PLANS = 4
"""How often a motion is planned again because planning took too long."""

LOOK = 0.02
"""Seconds between two looks at the node's clock while a motion waits for its start."""


@dataclass(frozen=True)
class Surroundings:
    """What the worker is given.

    Attributes:
        settings: reads the parameters.
        clock: the node's clock, in [s].
        fail: says an error and the text it belongs to.
    """

    settings: Callable[[], MotionSettings]
    clock: Callable[[], float]
    fail: Callable[[str, str | None], None]


class Worker:
    """Takes commands from a queue, one by one, and hands trajectories to the conductor."""

    def __init__(
        self,
        engine: Engine,
        queue: CommandQueue,
        conductor: Conductor,
        surroundings: Surroundings,
    ) -> None:
        """Start the thread; closing the queue ends it."""
        self._engine, self._queue, self._conductor = engine, queue, conductor
        self._around = surroundings
        self._planning_seconds = 0.0
        self.thread = threading.Thread(target=self._run, name="motiongpt-worker", daemon=True)
        self.thread.start()

    def _run(self) -> None:
        while True:
            taken = self._queue.take()
            if taken is None:
                return
            command, ticket = taken
            try:
                self._follow(command, ticket)
            except Cancelled:
                if command.job is not None and not self._queue.waits(command):
                    command.job.fail(DROPPED)
            except MotionGPTError as error:
                self._fail(str(error), command, ticket)
            except Exception as error:  # a defect must not end the worker silently
                self._fail(f"internal error: {type(error).__name__}: {error}", command, ticket)

    def _fail(self, reason: str, command: Command, ticket: int) -> None:
        if command.job is not None:
            command.job.fail(reason)
        if self._queue.holds(ticket):
            self._around.fail(reason, command.text)

    def _wanted(self, command: Command, ticket: int) -> bool:
        return self._queue.holds(ticket) and (command.job is None or command.job.wanted)

    def _follow(self, command: Command, ticket: int) -> None:
        """Generate, plan from the state the robot is in then, and hand over."""
        settings = self._around.settings()
        told = told_joints(self._engine.robot, settings.mode)
        now = self._around.clock()
        # Refuses before the work if the robot's state is not known.
        self._conductor.settle(now, settings.state_timeout, settings.rate, told)
        start = self._start(command, settings)
        if command.motion is not None:
            self._play(command, command.motion, command.text, ticket, settings, {})
            return
        preview = command.job is not None and not command.job.wish.execute
        if not preview:
            self._conductor.begin(command.text[:200], lambda: self._wanted(command, ticket))
        request = self._request(command, start, settings)

        def cancelled() -> bool:
            if command.job is not None:
                command.job.draw()
            return not self._wanted(command, ticket)

        result = self._engine.generate(request, cancelled)
        if preview:
            self._preview(command, result, settings)
            return
        fields = {
            "tokens": len(result.tokens),
            "token_ids": result.tokens,
            "generation_seconds": round(result.seconds, 4),
            "motion_seconds": round(result.motion.duration, 3),
        }
        self._play(command, result.motion, result.text, ticket, settings, fields)

    def _request(self, command: Command, start: Start, settings: MotionSettings) -> Request:
        poses, duration = Poses(), None
        if command.keyframes is not None:
            poses = command.keyframes.to_poses(self._engine.robot)
            duration = command.keyframes.duration
        if settings.initial_pose and poses.initial is None:
            now = human_pose(start.state.positions, self._engine.robot)
            poses = Poses(now, poses.last, poses.keys)
        wish = Wish() if command.job is None else command.job.wish
        return Request(
            command.text,
            settings.seed if wish.seed is None else wish.seed,
            settings.temperature,
            settings.max_duration,
            poses,
            duration if wish.duration is None else wish.duration,
            wish.samples,
        )

    def _preview(
        self, command: Command, result: "GeneratedMotion", settings: MotionSettings
    ) -> None:
        """Plan what is not sent."""
        assert command.job is not None
        trajectory = self._plan(result.motion, self._start(command, settings), settings.rate)
        command.job.planned(Plan(trajectory, 0.0, result.seconds, self._planning_seconds))

    def _start(self, command: Command, settings: MotionSettings) -> Start:
        lead = max(settings.lead_time, 2 * self._planning_seconds)
        return self._conductor.find_start(
            self._around.clock(), lead, command.append, settings.state_timeout
        )

    def _play(
        self,
        command: Command,
        motion: Motion,
        text: str,
        ticket: int,
        settings: MotionSettings,
        fields: dict[str, object],
    ) -> None:
        for attempt in range(MOST_PLANS):
            start = self._start(command, settings)
            trajectory = self._plan(motion, start, settings.rate)
            if command.append and start.time is not None:
                self._wait_until(start.time - settings.lead_time, ticket)
            try:
                wanted = self._conductor.play(
                    trajectory,
                    start,
                    self._around.clock(),
                    lambda: self._wanted(command, ticket),
                    text,
                    motion,
                    told_joints(self._engine.robot, settings.mode),
                    command.job,
                    duration=round(trajectory.duration, 3),
                    handover=round(trajectory.handover_duration, 3),
                    slowdown=round(trajectory.slowdown, 3),
                    **fields,
                )
            except TooLateError:
                if attempt == MOST_PLANS - 1:
                    raise
                continue
            if not wanted:
                raise Cancelled
            if command.job is not None:
                self._report(command.job, fields)
            return

    def _report(self, job: Job, fields: dict[str, object]) -> None:
        running = self._conductor.running
        if running is None or running.owner is not job:
            job.fail("the robot was stopped")
            return
        seconds = float(str(fields.get("generation_seconds", 0.0)))
        job.planned(Plan(running.trajectory, running.start, seconds, self._planning_seconds))

    def _wait_until(self, time: float, ticket: int) -> None:
        """Wait on the node's clock, which may run faster or slower than real time."""
        while self._around.clock() < time:
            if not self._queue.sleep(ticket, LOOK):
                raise Cancelled

    def _plan(self, motion: Motion, start: Start, rate: float) -> RobotTrajectory:
        began = self._around.clock()
        trajectory = self._engine.plan(motion, start.state, rate)
        self._planning_seconds = max(self._around.clock() - began, 0.0)
        return trajectory

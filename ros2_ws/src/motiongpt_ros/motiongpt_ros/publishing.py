"""Plans motions for where the robot will be, and hands them to the conductor; knows no ROS."""

from collections.abc import Callable
from dataclasses import dataclass

from motiongpt.motion.motion import Motion
from motiongpt.retarget import JointState, RobotTrajectory
from motiongpt_ros.base_motion import blend_base
from motiongpt_ros.command_queue import Command, CommandQueue
from motiongpt_ros.conductor import Conductor, TooLateError
from motiongpt_ros.engine import Cancelled, Engine
from motiongpt_ros.execution import Execution, Start
from motiongpt_ros.job import Plan
from motiongpt_ros.parameters import MotionSettings
from motiongpt_ros.stopping import after_stop, stop_along
from motiongpt_ros.told import planned_as, told_in

MOST_PLANS = 4
"""How often a motion is planned again because planning took too long."""

LOOK = 0.02
"""Seconds between two looks at the node's clock while a motion waits for its start."""


@dataclass(frozen=True)
class Task:
    """A command that is worked on.

    Attributes:
        command: what is to be done.
        ticket: of the queue.
        settings: the parameters' values at its beginning.
        text: the command as the model read it.
    """

    command: Command
    ticket: int
    settings: MotionSettings
    text: str


class Publisher:
    """Brings motions to the conductor, planned again if that took too long."""

    def __init__(
        self,
        engine: Engine,
        queue: CommandQueue,
        conductor: Conductor,
        clock: Callable[[], float],
    ) -> None:
        """Plan with an engine, on the node's clock."""
        self.engine, self.clock = engine, clock
        self._queue, self._conductor = queue, conductor
        self._planning_seconds = 0.0

    @property
    def running(self) -> Execution | None:
        """What the robot is told to do."""
        return self._conductor.running

    @property
    def planning_seconds(self) -> float:
        """How long the last plan took, in [s]."""
        return self._planning_seconds

    def find_start(self, task: Task, lead: float | None = None) -> Start:
        """Where a trajectory begins that is made now.

        Args:
            task: what it is for.
            lead: how much later it begins if the robot moves, in [s]; None leaves time to plan.

        Raises:
            RobotError: as `Conductor.find_start` does.
        """
        if lead is None:
            lead = max(task.settings.lead_time, 2 * self._planning_seconds)
        timeout, told = task.settings.state_timeout, told_in(self.engine.robot, task.settings.mode)
        return self._conductor.find_start(self.clock(), lead, task.command.append, timeout, told)

    def play(
        self, task: Task, motion: Motion, fields: dict[str, object], more: bool = False
    ) -> Start:
        """Plan a motion from where the robot is, and publish it.

        Args:
            task: what it is for.
            motion: the motion.
            fields: of the status.
            more: whether it is only a beginning.

        Returns:
            Where it was planned from.

        Raises:
            Cancelled: if the command counts no more.
            MotionGPTError: if there is no plan, or it must not be published.
        """
        for attempt in range(MOST_PLANS):
            start = self.find_start(task)
            trajectory = self.plan(motion, start, task.settings)
            if task.command.append and start.time is not None:
                self._wait_until(start.time - task.settings.lead_time, task.ticket)
            try:
                self.hand_over(task, trajectory, start, motion, fields, more=more)
            except TooLateError:
                if attempt == MOST_PLANS - 1:
                    raise
                continue
            return start
        raise AssertionError("the last attempt returns or raises")

    def plan(self, motion: Motion, start: Start, settings: MotionSettings) -> RobotTrajectory:
        """Plan a motion and how its base goes on, and note how long that takes.

        Raises:
            RetargetError: if there is no plan.
        """
        began = self.clock()
        trajectory = self._plan(motion, start, settings)
        self._planning_seconds = max(self.clock() - began, 0.0)
        return trajectory

    def _plan(self, motion: Motion, start: Start, settings: MotionSettings) -> RobotTrajectory:
        robot, rate, mode = self.engine.robot, settings.rate, planned_as(settings.mode)
        before, elapsed = start.before, start.elapsed
        if before is None or elapsed is None:
            return self.engine.plan(motion, start.state, rate, mode, start.posture)
        if told_in(robot, settings.mode).balanced:
            stop = stop_along(before.trajectory, elapsed, robot, rate)
            if stop is not None:
                rest = JointState(stop.positions[-1], stop.velocities[-1])
                return after_stop(stop, self.engine.plan(motion, rest, rate, mode))
        trajectory = self.engine.plan(motion, start.state, rate, mode)
        return blend_base(trajectory, before.trajectory, elapsed)

    def hand_over(
        self,
        task: Task,
        trajectory: RobotTrajectory,
        start: Start,
        motion: Motion,
        fields: dict[str, object],
        more: bool = False,
    ) -> None:
        """Publish a trajectory; see `Conductor.play`.

        Raises:
            Cancelled: if the command counts no more.
            TooLateError: if its start has passed.
            MotionGPTError: if it must not be published.
        """
        told = told_in(self.engine.robot, task.settings.mode)
        outgoing = self._conductor.prepare(trajectory, told)
        with self._conductor.alone():
            wanted = self._conductor.play(
                outgoing,
                start,
                self.clock(),
                lambda: self.wanted(task),
                task.text,
                motion,
                task.command.job,
                more,
                duration=round(trajectory.duration, 3),
                handover=round(trajectory.handover_duration, 3),
                slowdown=round(trajectory.slowdown, 3),
                **fields,
            )
            if not wanted:
                raise Cancelled
            if not more:
                self._queue.done(task.ticket)
                self._report(task, fields)

    def wanted(self, task: Task) -> bool:
        """Whether a command still counts."""
        job = task.command.job
        return self._queue.holds(task.ticket) and (job is None or job.wanted)

    def _report(self, task: Task, fields: dict[str, object]) -> None:
        """Tell who follows the command what the robot does."""
        job, running = task.command.job, self.running
        if job is None or running is None:
            return
        seconds = float(str(fields.get("generation_seconds", 0.0)))
        job.planned(Plan(running.trajectory, running.start, seconds, self._planning_seconds))

    def _wait_until(self, time: float, ticket: int) -> None:
        """Wait on the node's clock, which may run faster or slower than real time."""
        while self.clock() < time:
            if not self._queue.sleep(ticket, LOOK):
                raise Cancelled

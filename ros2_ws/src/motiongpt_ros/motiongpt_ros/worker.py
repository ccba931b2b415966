"""The thread that generates and plans; it knows no ROS."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from motiongpt.errors import CommandError, MotionGPTError
from motiongpt.poses import Poses
from motiongpt.retarget import human_pose
from motiongpt_ros.command_queue import DROPPED, Command, CommandQueue
from motiongpt_ros.conductor import Conductor
from motiongpt_ros.engine import Cancelled, Engine, Request
from motiongpt_ros.execution import Start
from motiongpt_ros.job import Plan, Wish
from motiongpt_ros.parameters import MotionSettings
from motiongpt_ros.publishing import Publisher, Task
from motiongpt_ros.streaming import Stream
from motiongpt_ros.told import told_in

if TYPE_CHECKING:
    from motiongpt.pipeline import GeneratedMotion
    from motiongpt.understanding import Understanding


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
        self._publisher = Publisher(engine, queue, conductor, surroundings.clock)
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

    def _follow(self, command: Command, ticket: int) -> None:
        """Generate, plan from the state the robot is in then, and hand over."""
        settings = self._around.settings()
        told = told_in(self._engine.robot, settings.mode)
        now = self._around.clock()
        # Refuses before the work if the robot's state is not known.
        self._conductor.settle(now, settings.state_timeout, settings.rate, told)
        task = Task(command, ticket, settings, command.text)
        start = self._publisher.find_start(task)
        if command.motion is not None:
            self._publisher.play(task, command.motion, {})
            return
        request = self._request(command, start, settings)
        preview = command.job is not None and not command.job.wish.execute
        if not preview:
            self._conductor.begin(command.text[:200], lambda: self._publisher.wanted(task))
        stream = Stream(self._publisher, task)
        # What waits for the end of another motion has no need to hurry.
        at_once = settings.streaming and (start.time is None or not command.append)

        def cancelled() -> bool:
            if command.job is not None:
                command.job.draw()
            return not self._publisher.wanted(task)

        # A robot is balanced for all of a motion in one.
        at_once = at_once and not preview and not told.balanced
        result = self._engine.generate(request, cancelled, stream.look if at_once else None)
        if preview:
            self._preview(task, result)
            return
        fields: dict[str, object] = {
            "tokens": len(result.tokens),
            "token_ids": result.tokens,
            "generation_seconds": round(result.seconds, 4),
            "motion_seconds": round(result.motion.duration, 3),
            "understood": result.told,
            "confidence": request.text.nearness and round(request.text.nearness, 3),
        }
        stream.finish(result.text, result.motion, fields)

    def _understand(self, text: str, one_step: bool, least: float) -> "Understanding":
        """How a command is understood.

        Raises:
            CommandError: if nothing that the model does well is that near to it.
        """
        found = self._engine.understand(text, one_step)
        if not found.is_near(least):
            raise CommandError(
                f"'{text[:80]}' is not understood: nearest to it of what the model does well is "
                f"'{', then '.join(found.told)[:80]}', confidence {found.nearness:.2f}, "
                f"allowed: min_confidence {least:g} or more; say it in other words"
            )
        return found

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
            self._understand(command.text, bool(poses.keys), settings.min_confidence),
            settings.seed if wish.seed is None else wish.seed,
            settings.temperature,
            settings.max_duration,
            poses,
            duration if wish.duration is None else wish.duration,
            wish.samples,
        )

    def _preview(self, task: Task, result: "GeneratedMotion") -> None:
        """Plan what is not sent."""
        assert task.command.job is not None
        start = self._publisher.find_start(task)
        trajectory = self._publisher.plan(result.motion, start, task.settings)
        seconds = self._publisher.planning_seconds
        task.command.job.planned(Plan(trajectory, 0.0, result.seconds, seconds))
        self._queue.done(task.ticket)

"""A motion is published in parts while it is generated; knows no ROS.

Each part is a whole trajectory that ends at rest, so a robot that gets no more of it stops within
its limits. The next one is planned from the same beginning with all that is known by then, and
joined to the running one.
"""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from motiongpt.motion.motion import Motion
from motiongpt.retarget import RobotTrajectory
from motiongpt_ros.base_motion import blend_base
from motiongpt_ros.conductor import Start, TooLateError
from motiongpt_ros.execution import FEWEST_FRAMES, Execution
from motiongpt_ros.joining import Joined, join_trajectories
from motiongpt_ros.publishing import Publisher, Task

if TYPE_CHECKING:
    from motiongpt.pipeline import Beginning

FIRST_SECONDS = 2.4
"""Of motion in the first part. With the shipped tokenizer what comes later still moves the first
frames by some centimetres; with less it would be decimetres."""

RESERVE = 1.0
"""The next part is made when so much is left of the running one, in [s], and time to plan."""

LATER = (0.0, 0.1, 0.2, 0.3, 0.5)
"""How much later than it could be the running part is left, in [s], if limits leave no room."""

STEP_SECONDS = 1.2
"""Least time of motion that a next part adds."""


@dataclass(frozen=True)
class _Part:
    """What was published last.

    Attributes:
        start: where the plan begins that it is from.
        first_frame: of the motion in that plan.
        execution: what the robot does since.
        entered: where that is on the plan, in [s].
        n_frames: of the motion that are known by its end.
    """

    start: Start
    first_frame: int
    execution: Execution
    entered: float
    n_frames: int


class Stream:
    """Publishes one command's motion as it comes to be."""

    def __init__(self, publisher: Publisher, task: Task) -> None:
        """Begin; nothing is published yet."""
        self._publisher, self._task = publisher, task
        self._part: _Part | None = None

    def look(self, beginning: "Beginning") -> None:
        """Publish what there is of the motion, if it is time to.

        Raises:
            Cancelled: if the command counts no more.
            MotionGPTError: if there is no plan, or it must not be published.
        """
        if self._due(self._seconds(beginning)):
            tokens = beginning.tokens
            self._task = replace(self._task, text=beginning.text)
            self._publish(
                beginning.decode(), {"tokens": len(tokens), "token_ids": tokens}, more=True
            )

    def _seconds(self, beginning: "Beginning") -> float:
        return len(beginning.tokens) / self._publisher.engine.tokens_a_second

    def finish(self, text: str, motion: Motion, fields: dict[str, object]) -> None:
        """Publish the whole motion, or what is left of it.

        Raises:
            Cancelled: if the command counts no more.
            MotionGPTError: if there is no plan, or it must not be published.
        """
        self._task = replace(self._task, text=text)
        self._publish(motion, fields, more=False)

    def _due(self, seconds: float) -> bool:
        """Whether to publish a part now that there are so many seconds of motion."""
        part = self._part
        if part is None:
            return seconds >= FIRST_SECONDS
        left = part.execution.end - self._publisher.clock()
        motion = part.execution.motion
        known = 0.0 if motion is None else part.n_frames / motion.fps
        soon = left < RESERVE + 2 * self._publisher.planning_seconds
        return soon and seconds - known >= STEP_SECONDS

    def _publish(self, motion: Motion, fields: dict[str, object], more: bool) -> None:
        """Publish a motion from its beginning on, or what the running part has not of it."""
        part, publisher = self._part, self._publisher
        if part is None:
            start = publisher.play(self._task, motion, fields, more)
            self._remember(start, 0, 0.0, motion)
            return
        whole = _from_frame(motion, part.first_frame)
        plan = self._plan(part, whole)
        for later in LATER:
            start = publisher.find_start(self._task, self._task.settings.lead_time + later)
            joined = self._join(part, plan, start)
            if joined is None:
                continue
            rest = Execution(plan, 0.0, motion=whole).remaining(joined.entered) or whole
            try:
                publisher.hand_over(self._task, joined.trajectory, start, rest, fields, True, more)
            except TooLateError:
                continue
            self._remember(part.start, part.first_frame, joined.entered, motion)
            return
        self._publish_rest(part, motion, fields, more)

    def _publish_rest(
        self, part: _Part, motion: Motion, fields: dict[str, object], more: bool
    ) -> None:
        """Come by the usual hand-over into what the running part has not of a motion."""
        left = part.execution.remaining(self._publisher.clock())
        frame = part.n_frames - (0 if left is None else left.n_frames)
        rest = _from_frame(motion, frame)
        start = self._publisher.play(self._task, rest, fields, more)
        self._remember(start, motion.n_frames - rest.n_frames, 0.0, motion)

    def _remember(self, start: Start, first_frame: int, entered: float, motion: Motion) -> None:
        running = self._publisher.running
        # Whatever it came after, the next part replaces this one.
        self._task = replace(self._task, command=replace(self._task.command, append=False))
        if running is not None:  # else a stop came; the next look finds the command void
            self._part = _Part(start, first_frame, running, entered, motion.n_frames)

    def _plan(self, part: _Part, motion: Motion) -> RobotTrajectory:
        """The plan of a motion from where the running part's began."""
        plan = self._publisher.plan(motion, part.start, self._task.settings.rate)
        before, time = part.start.before, part.start.time
        if before is None or time is None or time >= before.end:
            return plan
        return blend_base(plan, before.trajectory, max(time - before.start, 0.0))

    def _join(self, part: _Part, plan: RobotTrajectory, start: Start) -> Joined | None:
        """The rest of a plan, entered from the running part; None if that is over."""
        running = part.execution
        if start.before is not running or start.time is None:
            return None
        elapsed = start.time - running.start
        if not 0 <= elapsed < running.trajectory.duration:
            return None
        robot = self._publisher.engine.robot
        expected = part.entered + elapsed
        return join_trajectories(running.trajectory, elapsed, plan, expected, robot)


def _from_frame(motion: Motion, frame: int) -> Motion:
    """A motion from a frame on; its last frames if that is too late."""
    frame = max(min(frame, motion.n_frames - FEWEST_FRAMES), 0)
    return Motion(motion.positions[frame:], motion.fps)

"""A trajectory that was published, on the node's clock."""

from dataclasses import dataclass

from motiongpt.motion.motion import Motion
from motiongpt.retarget import JointState, RobotTrajectory
from motiongpt_ros.job import Job

FEWEST_FRAMES = 4
"""A rest of a motion with fewer frames than this is not worth going on with."""


@dataclass(frozen=True)
class Execution:
    """A trajectory that the robot was told to do.

    Attributes:
        trajectory: what was published.
        start: when it starts, in [s] of the node's clock.
        text: the command behind it; empty for a stop.
        motion: the human motion behind it; None for a stop.
        before: what the robot is told until this one starts, if it starts later.
        owner: who follows the command.
        open: whether more of the motion is still being made.
    """

    trajectory: RobotTrajectory
    start: float
    text: str = ""
    motion: Motion | None = None
    before: "Execution | None" = None
    owner: Job | None = None
    open: bool = False

    @property
    def end(self) -> float:
        """When it ends, in [s] of the node's clock."""
        return self.start + self.trajectory.duration

    def state_at(self, time: float) -> JointState:
        """Where the robot is told to be at a time in [s]."""
        if time < self.start and self.before is not None:
            return self.before.state_at(time)
        return self.trajectory.sample(time - self.start)

    def remaining(self, time: float) -> Motion | None:
        """The part of the human motion that comes after a time in [s]; None if there is none."""
        if self.motion is None:
            return None
        entered = self.trajectory.handover_duration
        span = max(self.trajectory.duration - entered, 1e-9)
        share = max(time - self.start - entered, 0.0) / span
        frame = int(share * self.motion.n_frames)
        if self.motion.n_frames - frame < FEWEST_FRAMES:
            return None
        return Motion(self.motion.positions[frame:], self.motion.fps)

"""Trajectories on the node's clock: where one begins, one that is ready, one that is out."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from motiongpt.motion.motion import Motion
from motiongpt.retarget import JointState, RobotTrajectory
from motiongpt_ros.job import Job
from motiongpt_ros.told import Told

FEWEST_FRAMES = 4
"""A rest of a motion with fewer frames than this is not worth going on with."""


@dataclass(frozen=True)
class Outgoing:
    """A trajectory that is ready to be published: all is written but when it starts.

    Attributes:
        trajectory: what is published.
        told: what of it the robot is told.
        send: publishes it for a start in [s] of the node's clock.
    """

    trajectory: RobotTrajectory
    told: Told
    send: Callable[[float], None]


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

    def doing_at(self, time: float) -> "Execution":
        """What the robot does at a time in [s]: this, or what comes before it."""
        return self if self.before is None or time >= self.start else self.before.doing_at(time)

    def from_now(self, now: float) -> "Execution":
        """The same without what is over by a time in [s]."""
        if self.before is None:
            return self
        return replace(self, before=None if now >= self.start else self.before.from_now(now))

    def state_at(self, time: float) -> JointState:
        """Where the robot is told to be at a time in [s]."""
        doing = self.doing_at(time)
        return doing.trajectory.sample(time - doing.start)

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


@dataclass(frozen=True)
class Start:
    """Where a trajectory begins.

    Attributes:
        state: of the joints.
        time: when, in [s]; None begins as soon as it is published.
        before: what the robot does until then.
        posture: joints (n,) in [rad] that a robot at rest is taken to be told; None are those of
            the state.
    """

    state: JointState
    time: float | None = None
    before: Execution | None = None
    posture: np.ndarray | None = None

    @property
    def elapsed(self) -> float | None:
        """When on it what the robot does before is left, in [s]; None if that is over by then."""
        if self.before is None or self.time is None or self.time >= self.before.end:
            return None
        return max(self.time - self.before.start, 0.0)

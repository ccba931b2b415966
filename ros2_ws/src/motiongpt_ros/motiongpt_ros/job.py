"""A command that somebody follows: how far it is, and what became of it. Knows no ROS."""

import threading
from dataclasses import dataclass

from motiongpt.retarget import RobotTrajectory

MOST_SAMPLES = 16


@dataclass(frozen=True)
class Wish:
    """What one command asks for besides its text; None takes the parameters.

    Attributes:
        seed: of the sampling.
        duration: length of the motion in [s].
        samples: motions that are drawn, of which the best is taken.
        execute: whether the robot does it.
    """

    seed: int | None = None
    duration: float | None = None
    samples: int = 1
    execute: bool = True


@dataclass(frozen=True)
class Plan:
    """A trajectory that was planned for a command.

    Attributes:
        trajectory: the plan.
        start: when it starts, in [s] of the node's clock; 0 for a preview.
        generation_seconds: that tokens and human motion took.
        planning_seconds: that the plan took.
    """

    trajectory: RobotTrajectory
    start: float
    generation_seconds: float
    planning_seconds: float

    @property
    def end(self) -> float:
        """When it ends, in [s] of the node's clock."""
        return self.start + self.trajectory.duration


class Job:
    """Written by the worker, read by whoever follows; all methods from any thread.

    Attributes:
        wish: what is asked for.
        stage: waiting, generating, planning, executing.
        tokens: motion tokens so far.
        plan: once there is one.
        failure: why it came to nothing.
    """

    def __init__(self, wish: Wish) -> None:
        """Wait."""
        self.wish = wish
        self.stage = "waiting"
        self.tokens = 0
        self.plan: Plan | None = None
        self.failure: str | None = None
        self._unwanted = threading.Event()
        self._news = threading.Event()

    @property
    def wanted(self) -> bool:
        """Whether it was not cancelled."""
        return not self._unwanted.is_set()

    @property
    def settled(self) -> bool:
        """Whether it has a plan or came to nothing."""
        return self.plan is not None or self.failure is not None

    def cancel(self) -> None:
        """Say that it is not wanted any more."""
        self._unwanted.set()
        self._news.set()

    def draw(self) -> None:
        """Count one more token."""
        self.stage, self.tokens = "generating", self.tokens + 1

    def planned(self, plan: Plan) -> None:
        """Take the plan; with `execute` it was just sent."""
        self.plan = plan
        self.stage = "executing" if self.wish.execute else "planning"
        self._news.set()

    def fail(self, reason: str) -> None:
        """Come to nothing; the first reason counts."""
        if self.failure is None:
            self.failure = reason
        self._news.set()

    def wait(self, seconds: float) -> None:
        """Wait for news, but not longer than that."""
        self._news.wait(seconds)
        self._news.clear()

"""Commands that wait for the worker: which one is next, and which ones count no more."""

import re
import threading
from collections import deque
from dataclasses import dataclass, field, replace

from motiongpt.errors import CommandError
from motiongpt.motion.motion import Motion
from motiongpt_ros.job import Job
from motiongpt_ros.keyframes import Keyframes

DROPPED = "the command was dropped: another one came, or the robot was stopped"
"""What is said to who follows a command that counts no more."""

_AND_THEN = re.compile(r"^\s*(?:and\s+then|then|and\s+after\s+that)\b[\s,:]*", re.IGNORECASE)


@dataclass(frozen=True)
class Command:
    """What is to be done next.

    Attributes:
        text: what was said.
        append: whether it comes after what is done now, instead of in its place.
        keyframes: robot poses that it passes through.
        motion: a human motion that was generated already, for a command that was held.
        job: who follows the command; None if nobody does.
    """

    text: str
    append: bool = False
    keyframes: Keyframes | None = None
    motion: Motion | None = field(default=None, compare=False)
    job: Job | None = field(default=None, compare=False)


def read_command(text: str, keyframes: Keyframes | None = None) -> Command:
    """Make a command of a text; "and then ..." is one that is appended."""
    said = _AND_THEN.match(text)
    if said is None:
        return Command(text, keyframes=keyframes)
    return Command(text[said.end() :], append=True, keyframes=keyframes)


class CommandQueue:
    """Commands in order, for one thread that works on them and others that give them.

    Each command is taken with a ticket; the ticket is void once the command counts no more.
    """

    def __init__(self) -> None:
        """Make an empty queue."""
        self._waiting: deque[Command] = deque()
        self._working: Command | None = None
        self._ticket = 0
        self._changed = threading.Condition()
        self._closed = False
        self._paused = False

    def put(self, command: Command, policy: str, length: int) -> None:
        """Add a command.

        Args:
            command: what to add.
            policy: "replace" makes all others void, unless this one says "and then"; "append"
                puts it behind them.
            length: most commands that wait.

        Raises:
            CommandError: if the queue is full.
        """
        with self._changed:
            append = command.append or policy == "append"
            if not append:
                self._void()
            elif len(self._waiting) >= length:
                raise CommandError(
                    f"{len(self._waiting)} commands wait already; allowed by queue_length: "
                    f"{length}"
                )
            self._waiting.append(replace(command, append=append))
            self._changed.notify_all()

    def take(self) -> tuple[Command, int] | None:
        """Wait for the next command; None once the queue is closed."""
        with self._changed:
            self._working = None
            self._changed.wait_for(lambda: self._closed or (self._waiting and not self._paused))
            if self._closed:
                return None
            self._working = self._waiting.popleft()
            self._ticket += 1
            return self._working, self._ticket

    def holds(self, ticket: int) -> bool:
        """Whether a ticket's command still counts."""
        with self._changed:
            return not self._closed and ticket == self._ticket

    def waits(self, command: Command) -> bool:
        """Whether a command is given out later."""
        with self._changed:
            return any(waiting is command for waiting in self._waiting)

    def withdraw(self, job: Job) -> None:
        """Drop the command that waits for somebody, if there is one."""
        with self._changed:
            for command in [c for c in self._waiting if c.job is job]:
                self._waiting.remove(command)
                job.fail("the command was withdrawn")

    def sleep(self, ticket: int, seconds: float) -> bool:
        """Wait, but only as long as a ticket holds; whether it still does."""
        with self._changed:
            void = self._changed.wait_for(
                lambda: self._closed or ticket != self._ticket, max(seconds, 0.0)
            )
            return not void

    def cancel(self) -> None:
        """Make every command void, and go on with whatever comes next."""
        with self._changed:
            self._void()
            self._paused = False

    def done(self, ticket: int) -> None:
        """Say that nothing is left to do for a ticket's command."""
        with self._changed:
            if ticket == self._ticket:
                self._working = None

    def pause(self) -> bool:
        """Give out no command until `resume`; whether one was worked on, which waits again."""
        with self._changed:
            again = self._working is not None
            if self._working is not None:
                self._waiting.appendleft(self._working)
            self._working = None
            self._ticket += 1
            self._paused = True
            self._changed.notify_all()
            return again

    def put_first(self, command: Command) -> None:
        """Add a command before all others."""
        with self._changed:
            self._waiting.appendleft(command)
            self._changed.notify_all()

    def resume(self) -> int:
        """Give out commands again; how many wait."""
        with self._changed:
            self._paused = False
            self._changed.notify_all()
            return len(self._waiting)

    def close(self) -> None:
        """End: nothing is given out any more."""
        with self._changed:
            self._closed = True
            self._drop_waiting()
            self._changed.notify_all()

    def __len__(self) -> int:
        with self._changed:
            return len(self._waiting)

    def _drop_waiting(self) -> None:
        for command in self._waiting:
            if command.job is not None:
                command.job.fail(DROPPED)
        self._waiting.clear()

    def _void(self) -> None:
        self._drop_waiting()
        self._working = None
        self._ticket += 1
        self._changed.notify_all()

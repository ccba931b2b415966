"""Programs that the demo starts and stops again."""

import os
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from motiongpt.errors import MotionGPTError

STOP_SIGNALS = ((signal.SIGINT, 5.0), (signal.SIGTERM, 3.0), (signal.SIGKILL, 5.0))
"""Signals that stop a program, in this order, each with the time in [s] that it is given."""

_LAST_LINES = 8


class DemoError(MotionGPTError):
    """The demo cannot go on."""


class Program:
    """A program in a process of its own, stopped on leaving the context.

    Attributes:
        name: what the user knows it by.
    """

    def __init__(self, name: str, command: Sequence[str], log: Path) -> None:
        """Start a program.

        Args:
            name: what the user knows it by.
            command: program and arguments; it gets this process's whole environment.
            log: file that takes all it prints.

        Raises:
            DemoError: if it cannot be started.
        """
        self.name = name
        self._log = log
        try:
            with log.open("wb") as output:
                self._process = subprocess.Popen(
                    list(command),
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    env=dict(os.environ),
                    start_new_session=True,  # Ctrl-C reaches the demo, which stops the program
                )
        except OSError as error:
            raise DemoError(f"{name} cannot be started: {error}") from error

    def __enter__(self) -> "Program":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._process.pid

    def check_running(self) -> None:
        """Make sure that the program still runs.

        Raises:
            DemoError: with its exit code and its last lines.
        """
        code = self._process.poll()
        if code is None:
            return
        printed = self._log.read_text(errors="replace").strip().splitlines()
        last = (
            "\n".join(f"  {line}" for line in printed[-_LAST_LINES:]) or "  (it printed nothing)"
        )
        raise DemoError(f"{self.name} ended with code {code}; its last lines:\n{last}")

    def stop(self) -> int:
        """Stop the program, politely first; its exit code."""
        for number, patience in STOP_SIGNALS:
            if self._process.poll() is not None:
                break
            self._process.send_signal(number)
            try:
                self._process.wait(patience)
            except subprocess.TimeoutExpired:
                continue
        return self._process.wait()

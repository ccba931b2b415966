"""What all commands print with."""

import logging
import os
from collections.abc import Callable

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

console = Console(stderr=True, quiet=os.environ.get("LOCAL_RANK", "0") != "0")
"""Standard error; of several processes on a machine only the first one speaks."""

Counter = Callable[[int, int], None]


class ConsoleHandler(logging.Handler):
    """Log lines above a progress bar, and not through it."""

    def emit(self, record: logging.LogRecord) -> None:
        """Print one record, unbroken."""
        console.print(self.format(record), soft_wrap=True, highlight=False, markup=False)


class progress:
    """A progress bar with its estimated end that is fed with (done, total)."""

    def __init__(self, title: str) -> None:
        """Make a bar; it is shown inside `with`."""
        self._bar = Progress(
            TextColumn(title),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=console,
        )

    def __enter__(self) -> Counter:
        self._bar.start()
        task = self._bar.add_task("", total=None)
        return lambda done, total: self._bar.update(task, completed=done, total=total)

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

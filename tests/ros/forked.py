"""Nodes in processes of their own that start quickly.

Importing torch and the rest takes seconds of CPU; a server process does it once and forks, so
that a node's process has all but its own work behind it. Each one is a process like any other:
it has its own ROS context and gets its own signals.
"""

import importlib
import multiprocessing
import os
import signal
import sys
import time
from pathlib import Path

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(
    ["transformers", "motiongpt.pipeline", "motiongpt_ros.motion_node", "motiongpt_ros.sim_node"]
)


def _run(module: str, arguments: list[str], output: str) -> None:
    log = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    for number in (1, 2):
        os.dup2(log, number)
    sys.argv = [module, *arguments]
    importlib.import_module(f"motiongpt_ros.{module}").main()


class ForkedNode:
    """A node's process."""

    def __init__(self, module: str, arguments: list[str], output: Path) -> None:
        """Start a node's `main` with command line arguments; what it prints goes to a file."""
        self._output = output
        target = (module, arguments, str(output))
        self._process = CONTEXT.Process(target=_run, args=target, daemon=True)
        self._process.start()

    @property
    def pid(self) -> int:
        """The process's id."""
        assert self._process.pid is not None
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        """Its exit code, once it has ended."""
        return self._process.exitcode

    def poll(self) -> int | None:
        """Its exit code, or None while it runs."""
        return self._process.exitcode

    def send_signal(self, number: int) -> None:
        """Send a signal."""
        os.kill(self.pid, number)

    def wait(self, seconds: float) -> str:
        """Wait for its end; what it printed."""
        end = time.monotonic() + seconds
        self._process.join(seconds)
        assert self.poll() is not None, f"still runs after {time.monotonic() - end + seconds} s"
        return self._output.read_text(errors="replace")

    def kill(self) -> None:
        """Kill it with -9 if it runs."""
        if self.poll() is None:
            self.send_signal(signal.SIGKILL)
            self._process.join(5)

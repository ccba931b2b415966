"""From a command to the first trajectory in another process, over DDS on loopback."""

from benchmarks.node_client import client, rclpy, ros, running_node
from benchmarks.timing import Row, percentiles
from motiongpt.check.commands import COMMANDS

N_COMMANDS = 100
LONG = 48
"""Tokens from which on a motion counts as one of 10 s."""


def measure() -> list[Row]:
    """Time commands with and without streaming."""
    if rclpy is None:
        return [("node", "skipped; there is no rclpy")]
    rows: list[Row] = []
    with ros():
        for streaming in (True, False):
            name = "streaming" if streaming else "not streaming"
            first, whole = _time_commands(streaming)
            rows.append((f"{name}: first trajectory of {len(first)}", percentiles(first)))
            rows.append((f"{name}: the whole of 10 s, {len(whole)}", percentiles(whole)))
    return rows


def _time_commands(streaming: bool) -> tuple[list[float], list[float]]:
    """Times in [s] to the first trajectory, and to the last one of long motions."""
    first, whole = [], []
    with running_node(streaming=streaming), client() as said:
        said.wait(lambda: said.state == "idle", "a node that is ready")
        for number in range(N_COMMANDS):
            began, arrivals, tokens = said.command(COMMANDS[number % len(COMMANDS)].text)
            first.append(arrivals[0] - began)
            if tokens >= LONG:
                whole.append(arrivals[-1] - began)
    return first, whole

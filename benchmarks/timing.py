"""Measuring and printing."""

import time
from collections.abc import Callable, Sequence

import numpy as np

Row = tuple[str, str]


def best_time(work: Callable[[], object], repeats: int = 5) -> float:
    """Shortest of some runs, in [s]: what the machine can do when nothing disturbs it."""
    times = []
    for _ in range(repeats):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return min(times)


def best_cpu_times(works: dict[str, Callable[[], object]], repeats: int) -> dict[str, float]:
    """Shortest CPU times of some works, in [s].

    They take turns, so that what disturbs the machine disturbs all of them, and time that other
    programs take is not counted.
    """
    times: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(repeats):
        for name, work in works.items():
            began = time.process_time()
            work()
            times[name].append(time.process_time() - began)
    return {name: min(some) for name, some in times.items()}


def percentiles(times: Sequence[float]) -> str:
    """Median and 99th percentile of times in [s], as text in [ms]."""
    p50, p99 = np.percentile(1000 * np.array(times), [50, 99])
    return f"{p50:.2f} ms (p50), {p99:.2f} ms (p99)"


def table(title: str, rows: Sequence[Row]) -> str:
    """A Markdown table of what was measured."""
    lines = [f"| {title} | |", "|---|---|", *(f"| {what} | {value} |" for what, value in rows)]
    return "\n".join(lines) + "\n"

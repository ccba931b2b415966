"""A feasibility report as a picture."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from motiongpt.retarget.feasibility import Feasibility
from motiongpt.view.chart import Panel, draw_grid
from motiongpt.view.video import write_picture


def draw_feasibility(report: Feasibility, file: Path) -> None:
    """Draw what is asked for over time, and by limb and joint.

    Raises:
        RenderError: if the file cannot be written.
    """
    series = report.series
    panels = [
        _panel("velocity, % of its limit", "time [s]", series.times, 100 * series.velocity_share),
        _panel("torque, % of its limit", "time [s]", series.times, 100 * series.torque_share),
        _panel(
            "centre of mass inside feet [cm]",
            "time [s]",
            series.times,
            100 * series.support_margin,
        ),
        _panel("tipping moment beyond the soles [N m]", "time [s]", series.times, series.tipping),
        _bars(
            "error [deg]: 4 left, 4 right, trunk",
            "limb",
            np.degrees([*report.limb_errors.values()]),
        ),
        _bars("peak velocity, %", "joint", [100 * j.velocity_share for j in report.joints]),
        _bars("peak torque, %", "joint", [100 * j.torque_share for j in report.joints]),
        _bars("torque at rest, %", "joint", [100 * j.rest_share for j in report.joints]),
    ]
    write_picture(file, draw_grid(panels, 4))


def _panel(title: str, label: str, x: Iterable[float], y: Iterable[float]) -> Panel:
    """A line; points that are dense look like one."""
    return Panel(title, label, list(x), {title: list(y)})


def _bars(title: str, label: str, values: Iterable[float]) -> Panel:
    heights = list(values)
    return Panel(title, label, list(range(1, len(heights) + 1)), {title: heights}, bars=True)

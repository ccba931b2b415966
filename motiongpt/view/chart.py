"""Line and bar charts drawn with OpenCV, so that nothing else need be installed."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np

PANEL = (420, 300)
"""Width and height of a panel, in pixels."""

_LEFT, _RIGHT, _TOP, _BOTTOM = 66, 18, 40, 52
_PAPER, _INK, _GRID = (255, 255, 255), (60, 60, 60), (226, 226, 226)
COLOURS = ((26, 133, 158), (224, 107, 41), (120, 120, 120))
"""Of the series, red, green, blue."""

MOST_MARKS = 50
"""A line of more points than this has no marks on them."""

_FONT = cv2.FONT_HERSHEY_SIMPLEX
_TICKS = 4


@dataclass(frozen=True)
class Panel:
    """One chart.

    Attributes:
        title: above it.
        x_label: below it.
        x: places of the points.
        series: values by name, each as long as `x`; those that are not finite are left out.
        bars: draw bars instead of lines.
    """

    title: str
    x_label: str
    x: Sequence[float]
    series: dict[str, Sequence[float]] = field(default_factory=dict)
    bars: bool = False


def nice_range(values: np.ndarray) -> tuple[float, float]:
    """A range that holds all values, from 0 if they are near it."""
    low, high = (float(values.min()), float(values.max())) if len(values) else (0.0, 1.0)
    if low > 0 and low < 0.6 * high:
        low = 0.0
    if high - low < 1e-9:
        low, high = low - 0.5, high + 0.5
    margin = 0.06 * (high - low)
    return (low if low == 0 else low - margin), high + margin


def draw_panel(panel: Panel, size: tuple[int, int] = PANEL) -> np.ndarray:
    """Draw a chart as a picture (height, width, 3), uint8, red, green, blue."""
    width, height = size
    picture = np.full((height, width, 3), _PAPER, dtype=np.uint8)
    x = np.asarray(panel.x, dtype=float)
    known = np.array([v for ys in panel.series.values() for v in ys if np.isfinite(v)])
    axes = _Axes(size, _x_range(x), nice_range(known))
    _draw_axes(picture, panel, axes)
    for number, (name, values) in enumerate(panel.series.items()):
        colour = COLOURS[number % len(COLOURS)]
        points = [axes.place(a, v) for a, v in zip(x, values, strict=True) if np.isfinite(v)]
        if panel.bars:
            for point in points:
                cv2.line(picture, (point[0], axes.floor), point, colour, 1)
        else:
            for one, other in zip(points[:-1], points[1:], strict=True):
                cv2.line(picture, one, other, colour, 2, cv2.LINE_AA)
            for point in points if len(points) <= MOST_MARKS else ():
                cv2.circle(picture, point, 4, colour, -1, cv2.LINE_AA)
        if len(panel.series) > 1:
            at = (width - _RIGHT - 150, _TOP + 14 + 18 * number)
            cv2.putText(picture, name, at, _FONT, 0.45, colour, 1, cv2.LINE_AA)
    return picture


@dataclass(frozen=True)
class _Axes:
    """Where values stand in a picture."""

    size: tuple[int, int]
    x_range: tuple[float, float]
    y_range: tuple[float, float]

    @property
    def floor(self) -> int:
        return self.size[1] - _BOTTOM

    def place(self, x: float, y: float) -> tuple[int, int]:
        across = (x - self.x_range[0]) / (self.x_range[1] - self.x_range[0])
        up = (y - self.y_range[0]) / (self.y_range[1] - self.y_range[0])
        return (
            round(_LEFT + across * (self.size[0] - _LEFT - _RIGHT)),
            round(self.floor - up * (self.floor - _TOP)),
        )


def _x_range(x: np.ndarray) -> tuple[float, float]:
    low, high = float(x.min()), float(x.max())
    return (low, high) if low < high else (low - 1, high + 1)


def _draw_axes(picture: np.ndarray, panel: Panel, axes: _Axes) -> None:
    right = picture.shape[1] - _RIGHT
    for share in np.linspace(0, 1, _TICKS + 1):
        low, high = axes.y_range
        at = axes.place(axes.x_range[0], low + share * (high - low))
        cv2.line(picture, at, (right, at[1]), _GRID, 1)
        _write(picture, f"{low + share * (high - low):.4g}", (8, at[1] + 4), 0.42)
        low, high = axes.x_range
        at = axes.place(low + share * (high - low), axes.y_range[0])
        _write(picture, f"{low + share * (high - low):.4g}", (at[0] - 10, at[1] + 18), 0.42)
    cv2.line(picture, (_LEFT, axes.floor), (right, axes.floor), _INK, 1)
    _write(picture, panel.title, (_LEFT, 26), 0.58)
    _write(picture, panel.x_label, (_LEFT, picture.shape[0] - 10), 0.45)


def _write(picture: np.ndarray, text: str, place: tuple[int, int], scale: float) -> None:
    cv2.putText(picture, text, place, _FONT, scale, _INK, 1, cv2.LINE_AA)


def draw_grid(panels: Sequence[Panel], columns: int, size: tuple[int, int] = PANEL) -> np.ndarray:
    """Draw charts side by side in rows of `columns`, one picture."""
    tiles = [draw_panel(panel, size) for panel in panels]
    tiles += [np.full_like(tiles[0], _PAPER)] * (-len(tiles) % columns)
    rows = [np.hstack(tiles[i : i + columns]) for i in range(0, len(tiles), columns)]
    return np.vstack(rows)

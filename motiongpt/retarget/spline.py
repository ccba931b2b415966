"""Uniform cubic B-splines: limits on control points are limits on the curve.

A curve lies in the convex hull of its control points, its velocity in that of their differences
over the knot spacing, its acceleration in that of their second differences (de Boor, 1978). So a
trajectory whose control points keep position, velocity and acceleration limits keeps them at
every instant, not only at sampled ones.
"""

import numpy as np
from scipy.ndimage import gaussian_filter1d, maximum_filter1d, spline_filter1d

RETIMING_ROUNDS = 8


def control_points(values: np.ndarray) -> np.ndarray:
    """Control points (M, D) of the spline through values (M, D), M at least 4."""
    return spline_filter1d(values, order=3, axis=0, mode="mirror")


def rest_at_ends(points: np.ndarray) -> np.ndarray:
    """Repeat the first and the last control point: the curve starts and ends there, at rest."""
    return np.concatenate([points[:1], points[:1], points, points[-1:], points[-1:]])


def ratios(
    points: np.ndarray, spacing: float, velocity: np.ndarray, acceleration: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """How far limits are used: speeds (M - 1,) and accelerations (M - 2,), 1 at the limit."""
    first = np.diff(points, axis=0) / spacing
    second = np.diff(first, axis=0) / spacing
    return (np.abs(first) / velocity).max(axis=1), (np.abs(second) / acceleration).max(axis=1)


def retime(
    points: np.ndarray,
    n_joints: int,
    spacing: float,
    velocity: np.ndarray,
    acceleration: np.ndarray,
    core: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray, float]:
    """Slow a curve where it exceeds limits, and nowhere make it faster.

    Args:
        points: control points (M, D), at rest at both ends (see `rest_at_ends`).
        n_joints: the first columns, which have limits.
        spacing: knot spacing in [s].
        velocity: shape (n_joints,).
        acceleration: shape (n_joints,).
        core: where on the curve to begin with the control points between the ends; see
            `stretch`.

    Returns:
        Control points (M', D), for each of them the index it has on the old curve (M',), and
        the knot spacing, which is the old one or larger.
    """
    index = np.arange(len(points), dtype=float)
    fine = points
    if core is not None:
        fine, index = _resampled(points, core)
    for _ in range(RETIMING_ROUNDS):
        v, a = ratios(fine[:, :n_joints], spacing, velocity, acceleration)
        need = np.maximum(1.0, v)
        a = np.sqrt(a)
        need[1:] = np.maximum(need[1:], a)
        need[:-1] = np.maximum(need[:-1], a)
        if need.max() <= 1.0 + 1e-9:
            break
        fine, index = _resampled(points, stretch(index, need))
    v, a = ratios(fine[:, :n_joints], spacing, velocity, acceleration)
    return fine, index, spacing * max(1.0, v.max(), float(np.sqrt(a.max())))


def stretch(index: np.ndarray, need: np.ndarray) -> np.ndarray:
    """Spread points on a curve more densely where more time is needed.

    Args:
        index: where control points lie on a curve, shape (M,), not decreasing.
        need: how many times longer each of the intervals should take, shape (M - 1,), 1 or more.

    Returns:
        Where the points between the ends come to lie, for `retime`.
    """
    inner = np.flatnonzero(np.diff(index) > 1e-9)
    first, last = inner[0], inner[-1] + 1
    need = gaussian_filter1d(maximum_filter1d(need, 5), 2.0, mode="nearest")
    times = np.concatenate([[0.0], np.cumsum(np.maximum(need[first:last], 1.0))])
    grid = np.linspace(0, times[-1], int(np.ceil(times[-1] - 1e-9)) + 1)
    return np.interp(grid, times, index[first : last + 1])


def _resampled(points: np.ndarray, core: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    fine = rest_at_ends(evaluate(points, 1.0, np.clip(core - 1, 0, len(points) - 3))[0])
    return fine, np.concatenate([[core[0]] * 2, core, [core[-1]] * 2])


def evaluate(
    points: np.ndarray, spacing: float, times: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Values, first and second derivatives (N, D) of a curve at times in [s].

    Args:
        points: control points (M, D).
        spacing: knot spacing in [s].
        times: shape (N,), from 0 to (M - 3) * spacing.
    """
    u = np.clip(times / spacing, 0, len(points) - 3)
    span = np.minimum(u.astype(int), len(points) - 4)
    s = (u - span)[:, None]
    p = [points[span + k] for k in range(4)]
    value = (
        (1 - s) ** 3 * p[0]
        + (3 * s**3 - 6 * s**2 + 4) * p[1]
        + (-3 * s**3 + 3 * s**2 + 3 * s + 1) * p[2]
        + s**3 * p[3]
    ) / 6
    d = [p[k + 1] - p[k] for k in range(3)]
    slope = ((1 - s) ** 2 * d[0] + (1 + 2 * s - 2 * s**2) * d[1] + s**2 * d[2]) / (2 * spacing)
    bend = ((1 - s) * (d[1] - d[0]) + s * (d[2] - d[1])) / spacing**2
    return value, slope, bend


def duration(points: np.ndarray, spacing: float) -> float:
    """Length in [s] of a curve."""
    return (len(points) - 3) * spacing

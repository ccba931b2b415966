"""Smoothing of each joint just as much as its acceleration limit asks for.

Source: the Whittaker smoother with second differences (Eilers, Anal. Chem. 75, 2003): it
minimises |z - y|^2 + lam |D2 z|^2.
"""

import numpy as np
from scipy.linalg import solveh_banded

STRENGTHS = (0.2, 0.6, 1.7, 5.0, 15.0)
"""Values of lam, weakest first; at 20 frames a second the last halves what swings at 1.6 Hz."""


SMOOTH_BEYOND = 2.2
"""Multiple of the acceleration limit from which on a joint is smoothed; below it time is
stretched, which costs speed and not accuracy."""


def whittaker(y: np.ndarray, lam: float) -> np.ndarray:
    """Smooth signals (T, ...), T at least 5."""
    n = len(y)
    bands = np.zeros((3, n))
    bands[0, 2:] = lam
    bands[1, 1:] = -4 * lam
    bands[1, [1, -1]] = -2 * lam
    bands[2] = 1 + 6 * lam
    bands[2, [0, -1]] = 1 + lam
    bands[2, [1, -2]] = 1 + 5 * lam
    return solveh_banded(bands, y, check_finite=False)


def smooth_to_acceleration(q: np.ndarray, limit: np.ndarray, fps: float) -> np.ndarray:
    """Smooth the joints that accelerate beyond their limits, as little as brings them inside.

    Args:
        q: joint positions, shape (T, n), in [rad].
        limit: accelerations, shape (n,), in [rad/s^2].
        fps: frames a second.

    Returns:
        Joint positions (T, n); a joint that the strongest smoothing does not bring inside stays
        beyond.
    """
    if len(q) < 5:
        return q
    smooth = q.copy()
    beyond = np.flatnonzero(_peak(q, fps) > limit)
    for lam in STRENGTHS:
        if not len(beyond):
            break
        smooth[:, beyond] = whittaker(q[:, beyond], lam)
        beyond = beyond[_peak(smooth[:, beyond], fps) > limit[beyond]]
    return smooth


def _peak(q: np.ndarray, fps: float) -> np.ndarray:
    return np.abs(np.diff(q, 2, axis=0)).max(axis=0) * fps**2

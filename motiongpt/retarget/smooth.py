"""Smoothing of each joint just as much as its acceleration limit asks for.

Source: the Whittaker smoother with second differences (Eilers, Anal. Chem. 75, 2003): it
minimises |z - y|^2 + lam |D2 z|^2.
"""

import numpy as np
from scipy.linalg import solveh_banded

MAX_LAMBDA = 20.0
"""Strongest smoothing; at 20 frames a second it halves what swings at 1.5 Hz."""

BISECTIONS = 8


def whittaker(y: np.ndarray, lam: float) -> np.ndarray:
    """Smooth one signal (T,), T at least 5."""
    n = len(y)
    bands = np.zeros((3, n))
    bands[0, 2:] = lam
    bands[1, 1:] = -4 * lam
    bands[1, [1, -1]] = -2 * lam
    bands[2] = 1 + 6 * lam
    bands[2, [0, -1]] = 1 + lam
    bands[2, [1, -2]] = 1 + 5 * lam
    return solveh_banded(bands, y)


def smooth_to_acceleration(q: np.ndarray, limit: np.ndarray, fps: float) -> np.ndarray:
    """Smooth the joints that accelerate beyond their limits, as little as brings them inside.

    Args:
        q: joint positions, shape (T, n), in [rad].
        limit: accelerations, shape (n,), in [rad/s^2].
        fps: frames a second.

    Returns:
        Joint positions (T, n); a joint that `MAX_LAMBDA` does not bring inside stays beyond.
    """
    if len(q) < 5:
        return q
    q = q.copy()
    for joint in np.flatnonzero(_peak(q, fps) > limit):
        low, high = 0.0, MAX_LAMBDA
        raw = q[:, joint]
        for _ in range(BISECTIONS):
            middle = 0.5 * (low + high)
            beyond = _peak(whittaker(raw, middle), fps) > limit[joint]
            low, high = (middle, high) if beyond else (low, middle)
        q[:, joint] = whittaker(raw, high)
    return q


def _peak(q: np.ndarray, fps: float) -> np.ndarray:
    return np.abs(np.diff(q, 2, axis=0)).max(axis=0) * fps**2

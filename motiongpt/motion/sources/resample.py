"""From a source's frame rate to HumanML3D's 20 frames a second."""

import numpy as np

from motiongpt.motion.skeleton import HUMANML3D

FPS = HUMANML3D.fps
"""Frames a second of every clip that is written."""

TOLERANCE = 1e-3
"""Relative difference up to which a rate counts as a multiple: headers round 1/120 s."""


def resample(positions: np.ndarray, fps: float) -> np.ndarray:
    """Bring a clip to 20 frames a second.

    Where the source's rate is 20, 40, 60, ... every first, second, third, ... frame is taken, as
    HumanML3D does. Any other rate, 30 for one, is interpolated linearly between the two nearest
    frames in time (HumanML3D takes every int(fps / 20)-th there, which changes the speed).

    Args:
        positions: shape (T, ..., 3).
        fps: frames a second of `positions`.

    Returns:
        The clip at 20 frames a second, from the first frame to the last that fits.
    """
    ratio = fps / FPS
    stride = max(round(ratio), 1)
    if abs(ratio - stride) <= TOLERANCE * ratio:
        return positions[::stride]
    n_frames = int(np.floor((len(positions) - 1) / ratio + 1e-2)) + 1
    place = np.minimum(np.arange(n_frames) * ratio, len(positions) - 1)
    before = place.astype(int)
    after = np.minimum(before + 1, len(positions) - 1)
    share = (place - before).reshape(-1, *([1] * (positions.ndim - 1)))
    return positions[before] * (1 - share) + positions[after] * share

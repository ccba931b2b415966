"""More motion from the same clips: mirrored, and faster or slower."""

import re

import numpy as np

from motiongpt.motion.skeleton import HUMANML3D, Skeleton

_SIDES = {
    "left": "right",
    "right": "left",
    "clockwise": "counterclockwise",
    "counterclockwise": "clockwise",
    "leftward": "rightward",
    "rightward": "leftward",
    "leftwards": "rightwards",
    "rightwards": "leftwards",
}
_SIDE_WORD = re.compile(r"\b(" + "|".join(sorted(_SIDES, key=len, reverse=True)) + r")\b", re.I)


def mirror_positions(positions: np.ndarray, skeleton: Skeleton = HUMANML3D) -> np.ndarray:
    """Swap left and right of joint positions.

    Args:
        positions: shape (T, J, 3), x to the left.
        skeleton: its joints.

    Returns:
        Mirrored positions (T, J, 3).
    """
    return positions[:, skeleton.mirror] * [-1.0, 1.0, 1.0]


def mirror_text(text: str) -> str:
    """Swap the words for left and right, and those for the two turning senses."""

    def swap(match: re.Match[str]) -> str:
        word = match.group(0)
        other = _SIDES[word.lower()]
        return other.capitalize() if word[0].isupper() else other

    return _SIDE_WORD.sub(swap, text)


def warp_time(positions: np.ndarray, speed: float) -> np.ndarray:
    """Play a clip faster or slower.

    Args:
        positions: shape (T, J, 3).
        speed: frames of the clip passed in one frame of the result; above 1 is faster.

    Returns:
        Positions (T', J, 3), T' = floor((T - 1) / speed) + 1, linear between frames.
    """
    times = np.arange(int((len(positions) - 1) / speed + 1e-9) + 1) * speed
    before = np.minimum(times.astype(int), max(len(positions) - 2, 0))
    share = (times - before)[:, None, None]
    after = np.minimum(before + 1, len(positions) - 1)
    return (1 - share) * positions[before] + share * positions[after]

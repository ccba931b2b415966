"""Squats inside clips of much else, cut out, so that getting down is learnt at all."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from motiongpt.motion.augment import warp_time
from motiongpt.motion.skeleton import JOINT_INDEX

DEEP = 0.4
"""A pelvis that sinks this far in [m] below standing gets down."""

UPRIGHT = 0.1
"""A pelvis this close in [m] to its height in standing stands."""

MOST_MOVED = 0.35
"""Way of the pelvis over ground in [m] beyond which it is no squat but a step or a fall."""

MOST_RISEN = 0.1
"""Height of the pelvis in [m] over standing beyond which it is the start of a jump."""

MOST_BENT = 60.0
"""Angle of the trunk from upright in [deg] beyond which it is bending down."""

LONGEST = 3.0
"""A squat takes no longer than this, in [s]."""

AROUND = 0.5
"""Of what comes before and after, so much is kept, in [s]."""

HOLD = 5
"""How many times slower the deepest moment is in a squat that ends there."""

SPEEDS = (0.6, 0.8, 1.0)
"""How fast the cut-out squats are played."""

DOWN_AND_UP = ("squat down and stand up", "crouch down and stand up again", "do a squat")
DOWN = ("crouch down", "squat down", "crouch low to the ground")

_FEET = [JOINT_INDEX[f"{side}_{name}"] for side in ("left", "right") for name in ("ankle", "foot")]


@dataclass(frozen=True)
class Crouch:
    """A clip of getting down.

    Attributes:
        captions: commands that say so.
        positions: shape (T, 22, 3), in [m], y up.
    """

    captions: tuple[str, ...]
    positions: np.ndarray


def cut_crouches(positions: np.ndarray, fps: float = 20.0) -> Iterator[Crouch]:
    """Cut the squats out of a clip, each at several speeds, whole and down to its deepest.

    Args:
        positions: shape (T, 22, 3), in [m], y up, the floor at 0.
        fps: frames a second.
    """
    for first, deepest, last in find_squats(positions, fps):
        around = round(AROUND * fps)
        first, last = max(first - around, 0), last + 1 + around
        whole, way_down = positions[first:last], positions[first : deepest + 1]
        held = warp_time(positions[deepest - 1 : deepest + 2], 1 / (HOLD * 2))
        for speed in SPEEDS:
            yield Crouch(DOWN_AND_UP, warp_time(whole, speed))
            yield Crouch(DOWN, np.concatenate([warp_time(way_down, speed), held]))


def find_squats(positions: np.ndarray, fps: float) -> Iterator[tuple[int, int, int]]:
    """First, deepest and last frame of each time a body gets down and up again on the spot."""
    height = positions[:, 0, 1]
    standing = float(np.percentile(height, 80))
    low = np.concatenate([[False], height < standing - DEEP, [False]])
    begins, ends = np.flatnonzero(~low[:-1] & low[1:]), np.flatnonzero(low[:-1] & ~low[1:])
    up, seen = np.flatnonzero(height > standing - UPRIGHT), -1
    for begin, end in zip(begins, ends, strict=True):
        before, after = up[up < begin], up[up >= end]
        if not len(before) or not len(after):
            continue
        first, last = int(before[-1]), int(after[0])
        around = slice(max(first - round(fps), 0), last + 1 + round(fps))
        jumps = height[around].max() > standing + MOST_RISEN
        if first == seen or jumps or last - first > LONGEST * fps:
            continue
        if _on_the_spot(positions[first : last + 1]):
            seen = first
            yield first, first + int(height[first : last + 1].argmin()), last


def _on_the_spot(positions: np.ndarray) -> bool:
    pelvis, neck = positions[:, 0], positions[:, JOINT_INDEX["neck"]]
    trunk = (neck - pelvis) / np.linalg.norm(neck - pelvis, axis=-1, keepdims=True)
    moved = np.linalg.norm(pelvis[:, [0, 2]] - pelvis[0, [0, 2]], axis=-1).max()
    feet_lift = np.ptp(positions[:, _FEET, 1], axis=0).max()
    bent = np.degrees(np.arccos(np.clip(trunk[:, 1], -1.0, 1.0))).max()
    return bool(moved < MOST_MOVED and bent < MOST_BENT and feet_lift < 0.2)

"""What a body did, measured from 22 joint positions."""

from collections.abc import Sequence
from dataclasses import astuple, dataclass

import numpy as np
from scipy.ndimage import gaussian_filter1d

from motiongpt.motion.motion import Motion
from motiongpt.motion.skeleton import JOINT_INDEX as J

SWING = 0.045
"""A wrist that comes back by this much in [m] has swung."""


@dataclass(frozen=True)
class Hand:
    """What one hand did.

    Attributes:
        rise: highest the wrist was above the head joint, in [m]; negative below it.
        raised: share of time the wrist was above its shoulder, 0 to 1.
        swings: how often the wrist, while above its elbow, turned back against the shoulder.
    """

    rise: float
    raised: float
    swings: int


@dataclass(frozen=True)
class Kinematics:
    """What a body did.

    Attributes:
        turn: change of facing from begin to end, in [rad], left positive.
        forward: way along the facing of the moment, in [m]; backward is negative.
        distance: from first to last place on the ground, in [m].
        speed: fast walking speed: 90th percentile over time, in [m/s].
        bend: farthest the trunk bent forward beyond its median, in [rad].
        drop: farthest the pelvis went below where it is over straight legs, in [m].
        rise: farthest it went above that, in [m].
        sideways: way across the facing of the moment, in [m]; left positive.
        left: what the left hand did.
        right: what the right hand did.
    """

    turn: float
    forward: float
    distance: float
    speed: float
    bend: float
    drop: float
    rise: float
    sideways: float
    left: Hand
    right: Hand

    def to_row(self) -> tuple[float, ...]:
        """All numbers in a row, `ROW_LENGTH` of them."""
        body = astuple(self)[:-2]
        return (*body, *astuple(self.left), *astuple(self.right))

    @classmethod
    def from_row(cls, row: Sequence[float]) -> "Kinematics":
        """What `to_row` made a row of."""
        turn, forward, distance, speed, bend, drop, rise, sideways = row[:8]
        left, right = (Hand(row[i], row[i + 1], int(row[i + 2])) for i in (8, 11))
        return cls(turn, forward, distance, speed, bend, drop, rise, sideways, left, right)


ROW_LENGTH = 14


def measure(motion: Motion) -> Kinematics:
    """Measure a motion."""
    p = motion.positions
    if motion.n_frames > 3:
        p = gaussian_filter1d(p, 1.0, axis=0, mode="nearest")
    across = p[:, J["left_hip"]] - p[:, J["right_hip"]]
    across = across + p[:, J["left_shoulder"]] - p[:, J["right_shoulder"]]
    if motion.n_frames > 3:
        across = gaussian_filter1d(across, 3.0, axis=0, mode="nearest")
    facing = np.unwrap(np.arctan2(-across[:, 0], across[:, 1]))
    steps = np.diff(p[:, J["pelvis"], :2], axis=0)
    ahead = np.stack([np.cos(facing[:-1]), np.sin(facing[:-1])], axis=-1)
    across = np.stack([-ahead[:, 1], ahead[:, 0]], axis=-1)
    speeds = np.linalg.norm(steps, axis=-1) * motion.fps
    smooth = max(motion.fps / 5, 1.0)
    if len(speeds) > 1:
        speeds = gaussian_filter1d(speeds, smooth, mode="nearest")
    ends = max(min(5, motion.n_frames // 4), 1)
    trunk = p[:, J["neck"]] - p[:, J["pelvis"]]
    forward = np.stack([np.cos(facing), np.sin(facing)], axis=-1)
    lean = np.arctan2((trunk[:, :2] * forward).sum(-1), trunk[:, 2])
    height, standing = p[:, J["pelvis"], 2], _standing_height(p)
    return Kinematics(
        turn=float(facing[-ends:].mean() - facing[:ends].mean()),
        forward=float((steps * ahead).sum()),
        distance=float(np.linalg.norm(p[-1, 0, :2] - p[0, 0, :2])),
        speed=float(np.percentile(speeds, 90)) if len(speeds) else 0.0,
        bend=float(lean.max() - np.median(lean)),
        drop=max(float(standing - height.min()), 0.0),
        rise=max(float(height.max() - standing), 0.0),
        sideways=float((steps * across).sum()),
        left=_measure_hand(p, facing, "left"),
        right=_measure_hand(p, facing, "right"),
    )


def _standing_height(p: np.ndarray) -> float:
    """Height in [m] of a pelvis over straight legs, the lower ankle as low as it comes."""
    legs = [
        np.linalg.norm(p[:, J[f"{side}_{a}"]] - p[:, J[f"{side}_{b}"]], axis=-1)
        for side in ("left", "right")
        for a, b in (("hip", "knee"), ("knee", "ankle"))
    ]
    over_hips = p[:, J["pelvis"], 2] - (p[:, J["left_hip"], 2] + p[:, J["right_hip"], 2]) / 2
    ankle = np.minimum(p[:, J["left_ankle"], 2], p[:, J["right_ankle"], 2])
    return float(sum(map(np.median, legs)) / 2 + np.median(over_hips) + np.percentile(ankle, 5))


def _measure_hand(p: np.ndarray, facing: np.ndarray, side: str) -> Hand:
    wrist, elbow, shoulder = (p[:, J[f"{side}_{n}"]] for n in ("wrist", "elbow", "shoulder"))
    relative = wrist - shoulder
    left = np.stack([-np.sin(facing), np.cos(facing)], axis=-1)
    ahead = np.stack([np.cos(facing), np.sin(facing)], axis=-1)
    up = wrist[:, 2] > elbow[:, 2] + 0.02
    sideways, fore = ((relative[:, :2] * axis).sum(-1)[up] for axis in (left, ahead))
    return Hand(
        rise=float((wrist[:, 2] - p[:, J["head"], 2]).max()),
        raised=float((relative[:, 2] > 0).mean()),
        swings=max(count_swings(sideways), count_swings(fore)),
    )


def count_swings(signal: np.ndarray, size: float = SWING) -> int:
    """Count how often a signal turns back by at least `size`."""
    if len(signal) == 0:
        return 0
    turns, way = 0, 0
    low = high = signal[0]
    for value in signal[1:]:
        low, high = min(low, value), max(high, value)
        if way <= 0 and value - low >= size:
            turns, way, high = turns + (way < 0), 1, value
        elif way >= 0 and high - value >= size:
            turns, way, low = turns + (way > 0), -1, value
    return turns

"""Is a motion physically clean, and of the right length?"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from motiongpt.motion.features import recover_positions, skeleton_of
from motiongpt.tokenizer.reconstruction import foot_speeds


@dataclass(frozen=True)
class Quality:
    """Means over the frames of motions.

    Attributes:
        skate: horizontal speed of toes near the ground, in [cm/s].
        penetration: how far the lower toe is below the floor, in [mm]; 0 above it.
        jitter: third difference of the joints' places, in [mm] a frame cubed.
    """

    skate: float
    penetration: float
    jitter: float


def measure_quality(clips: Iterable[np.ndarray]) -> Quality:
    """Measure motions given as features (T, F), not normalized, their floor at height 0."""
    skates, depths, jerks = [np.zeros(0)], [np.zeros(0)], [np.zeros(0)]
    for clip in clips:
        skeleton = skeleton_of(clip)
        positions = recover_positions(clip)
        toes = positions[:, [skeleton.feet[1], skeleton.feet[3]], 1] * 1000 * skeleton.unit
        skates.append(100 * foot_speeds(positions, skeleton))
        depths.append(np.maximum(-toes.min(axis=1), 0))
        jerk = np.linalg.norm(np.diff(positions, 3, axis=0), axis=-1)
        jerks.append(1000 * skeleton.unit * jerk.ravel())
    return Quality(*(_mean(np.concatenate(values)) for values in (skates, depths, jerks)))


def _mean(values: np.ndarray) -> float:
    return float(values.mean()) if len(values) else float("nan")


def unique_share(motions: Sequence[tuple[int, ...]]) -> float:
    """Share of token sequences that are different, from 1 / N (all the same) to 1."""
    return len(set(motions)) / len(motions)


def length_error(ours: Sequence[int], theirs: Sequence[int], fps: float) -> float:
    """Mean difference of lengths given in frames, without its sign, in [s]."""
    return float(np.abs(np.asarray(ours) - np.asarray(theirs)).mean() / fps)

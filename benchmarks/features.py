"""Frames a second of feature extraction and recovery."""

import numpy as np

from benchmarks.timing import Row, best_time
from motiongpt.motion.features import recover_positions
from motiongpt.motion.prepare import MIN_FRAMES, clip_features
from motiongpt.motion.skeleton import HUMANML3D
from tests.motion import original


def measure(clips: list[np.ndarray]) -> list[Row]:
    """Time common skeleton, floor, facing and features, and the way back.

    Args:
        clips: joint positions (T, 22, 3) in [m], y up.
    """
    clips = [clip.astype(float) for clip in clips if len(clip) >= MIN_FRAMES]
    first = clips[0][0]
    lengths = np.linalg.norm(first - first[np.maximum(HUMANML3D.parents, 0)], axis=-1)
    n = sum(map(len, clips))
    there = n / best_time(lambda: [clip_features(clip, lengths) for clip in clips])
    made = [clip_features(clip, lengths) for clip in clips]
    back = sum(map(len, made)) / best_time(lambda: [recover_positions(f) for f in made])
    some = clips[0][:40]
    by_frame = len(some) / best_time(
        lambda: original.features(original.place(some, lengths, HUMANML3D), HUMANML3D), 1
    )
    return [
        ("positions to features", f"{there:,.0f} frames/s"),
        ("features to positions", f"{back:,.0f} frames/s"),
        ("the same formulas frame by frame", f"{by_frame:,.0f} frames/s"),
    ]

"""Motion to measure with."""

from pathlib import Path

import numpy as np

from motiongpt.lm.decoding import Sampling
from motiongpt.motion.dataset import read_joints, read_split
from motiongpt.pipeline import MotionGPT

COMMANDS = ("walk forward", "turn left", "wave both hands", "run forward", "take a bow")


def real_clips(folder: Path) -> list[np.ndarray]:
    """Joint positions (T, 22, 3) of a dataset's validation clips."""
    return [read_joints(folder / "joints" / f"{i}.npy") for i in read_split(folder, "val")]


def generated_clips() -> list[np.ndarray]:
    """Joint positions (T, 22, 3) that the shipped model makes of five commands."""
    model = MotionGPT.load()
    sampling = Sampling(temperature=0.8, seed=0)
    return [model.generate(text, sampling=sampling).motion.to_y_up() for text in COMMANDS]

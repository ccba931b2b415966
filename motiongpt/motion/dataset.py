"""A reader for HumanML3D's folder layout: joints, captions, splits.

joints/<id>.npy   (T, 22, 3) in [m], x left, y up, z forward, 20 frames a second
texts/<id>.txt    one caption a line: caption#tokens#start#end, in [s]; 0.0#0.0 = whole clip
<split>.txt       one id a line
skeleton.json     bone offsets of the common skeleton
"""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from motiongpt.errors import MotionError
from motiongpt.motion.skeleton import JOINT_NAMES, N_JOINTS


@dataclass(frozen=True)
class Caption:
    """What a person does in a span of a clip.

    Attributes:
        text: the caption.
        start: where the span begins, in [s].
        end: where it ends, in [s]; 0 with `start` 0 means the whole clip.
    """

    text: str
    start: float = 0.0
    end: float = 0.0


def read_split(folder: Path, split: str) -> tuple[str, ...]:
    """Read the ids of a split.

    Raises:
        MotionError: if `<split>.txt` is missing.
    """
    path = folder / f"{split}.txt"
    if not path.is_file():
        known = sorted(p.stem for p in folder.glob("*.txt"))
        raise MotionError(f"no split '{split}' in {folder}; splits: {', '.join(known) or 'none'}")
    return tuple(line.strip() for line in path.read_text().splitlines() if line.strip())


def read_captions(path: Path) -> tuple[Caption, ...]:
    """Read one clip's captions.

    Raises:
        MotionError: if the file is missing or a line has not four fields.
    """
    if not path.is_file():
        raise MotionError(f"no captions at {path}")
    captions = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip():
            continue
        fields = line.rsplit("#", 3)
        try:
            text, _, start, end = fields
            captions.append(Caption(text.strip(), _seconds(start), _seconds(end)))
        except ValueError as error:
            raise MotionError(
                f"{path}, line {number}: allowed is caption#tokens#start#end, got {line[:80]!r}"
            ) from error
    return tuple(captions)


def _seconds(field: str) -> float:
    value = float(field)
    return value if np.isfinite(value) else 0.0  # HumanML3D itself has "nan" for "whole clip"


def read_joints(path: Path) -> np.ndarray:
    """Read one clip's joint positions.

    Returns:
        Positions (T, 22, 3), float64, in [m], y up.

    Raises:
        MotionError: for a missing or unreadable file (pickles are refused), a wrong shape or a
            value that is not finite.
    """
    try:
        positions = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise MotionError(f"{path}: no readable .npy array ({error})") from error
    if positions.ndim != 3 or positions.shape[1:] != (N_JOINTS, 3):
        raise MotionError(f"{path}: shape {positions.shape}; allowed: (T, {N_JOINTS}, 3)")
    if not np.isfinite(positions).all():
        frame = int(np.argwhere(~np.isfinite(positions).all(axis=(1, 2)))[0, 0])
        raise MotionError(f"{path}: frame {frame} has a value that is not finite")
    return positions.astype(np.float64)


def read_bone_lengths(path: Path) -> np.ndarray:
    """Read the common skeleton.

    Returns:
        Length (22,) in [m] of the bone that ends in each joint; 0 for the pelvis.

    Raises:
        MotionError: if the file is unreadable or names other joints.
    """
    try:
        joints = json.loads(path.read_text())["joints"]
        names = tuple(joint["name"] for joint in joints)
        offsets = np.array([joint["offset"] for joint in joints], dtype=float)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise MotionError(f"{path}: no readable skeleton ({error})") from error
    if names != JOINT_NAMES:
        raise MotionError(f"{path}: joints {names}; allowed: {JOINT_NAMES}")
    return np.linalg.norm(offsets, axis=-1)

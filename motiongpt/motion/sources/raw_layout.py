"""Writing HumanML3D's raw layout (see `motiongpt.motion.dataset`), each file at once or not."""

import json
from pathlib import Path

import numpy as np

from motiongpt.errors import MotionError
from motiongpt.motion.dataset import Caption, write_array
from motiongpt.motion.skeleton import HUMANML3D, JOINT_NAMES, PARENTS
from motiongpt.motion.sources.captions import format_captions


def _replace(path: Path, content: bytes) -> None:
    """Write a file that is either the old one or the whole new one, even when killed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    part.write_bytes(content)
    part.replace(path)


def joints_path(folder: Path, clip_id: str) -> Path:
    """Where a clip's positions are."""
    return folder / "joints" / f"{clip_id}.npy"


def write_joints(folder: Path, clip_id: str, positions: np.ndarray) -> None:
    """Write positions (T, 22, 3) in [m] as float32."""
    write_array(joints_path(folder, clip_id), positions)


def write_captions(folder: Path, clip_id: str, captions: tuple[Caption, ...]) -> bool:
    """Write captions that are not there yet; return whether the clip has any."""
    path = folder / "texts" / f"{clip_id}.txt"
    text = format_captions(captions)
    if text and not path.is_file():
        _replace(path, text.encode())
    return path.is_file()


def append_to_split(folder: Path, split: str, clip_ids: list[str]) -> None:
    """Add ids to a split; an id that any split has stays where it is.

    Raises:
        MotionError: if a split is unreadable.
    """
    try:
        known = {
            line.strip()
            for path in folder.glob("*.txt")
            for line in path.read_text(encoding="utf-8").splitlines()
        }
        new = [clip_id for clip_id in clip_ids if clip_id not in known]
        path = folder / f"{split}.txt"
        old = path.read_text(encoding="utf-8") if path.is_file() else ""
    except (OSError, UnicodeDecodeError) as error:
        raise MotionError(f"{folder}: unreadable split ({error})") from error
    if new:
        if old and not old.endswith("\n"):
            old += "\n"
        _replace(path, (old + "".join(f"{clip_id}\n" for clip_id in new)).encode())


def write_skeleton(folder: Path, positions: np.ndarray) -> None:
    """Write `skeleton.json` with the bone lengths of a clip, unless there is one.

    Args:
        folder: dataset.
        positions: shape (T, 22, 3), in [m]; lengths are medians over frames.
    """
    path = folder / "skeleton.json"
    if path.is_file():
        return
    bones = positions[:, 1:] - positions[:, PARENTS[1:]]
    lengths = [0.0, *np.median(np.linalg.norm(bones, axis=-1), axis=0)]
    offsets = np.array(lengths)[:, None] * HUMANML3D.rest_directions
    joints = [
        {
            "name": name,
            "parent": None if PARENTS[i] < 0 else JOINT_NAMES[PARENTS[i]],
            "offset": [round(float(x), 5) + 0.0 for x in offsets[i]],
        }
        for i, name in enumerate(JOINT_NAMES)
    ]
    _replace(path, (json.dumps({"unit": "m", "joints": joints}, indent=1) + "\n").encode())

"""A reader for the folder layouts of HumanML3D and KIT-ML.

texts/<id>.txt            one caption a line: caption#tokens#start#end, in [s]; 0.0#0.0: all of it
<split>.txt               one id a line
Mean.npy Std.npy          statistics of the features; computed if they are not there

and either features, as the datasets are handed on,

new_joint_vecs/<id>.npy   (T, 263) or (T, 251)

or joint positions that features are computed of,

joints/<id>.npy           (T, J, 3), x left, y up, z forward; HumanML3D: [m], 20 frames a second,
                          22 joints or SMPL-H's 52, of which the first 22 count; KIT-ML: [mm],
                          12.5 frames a second, 21 joints
skeleton.json             bone offsets of the common skeleton; without it those of the originals'
                          example clip, 000021 or 03950
"""

import json
import os
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from motiongpt.errors import MotionError
from motiongpt.motion.layout import layout_of
from motiongpt.motion.skeleton import HUMANML3D, KIT_ML, SKELETONS, Skeleton, skeleton_with

FEATURES_FOLDER, JOINTS_FOLDER = "new_joint_vecs", "joints"
SMPLH_JOINTS = 52
EXAMPLE_CLIPS = {HUMANML3D.name: "000021", KIT_ML.name: "03950"}
"""Clips whose first frame gives the originals' common skeleton."""


@dataclass(frozen=True)
class Caption:
    """What a person does in a span of a clip.

    Attributes:
        text: the caption.
        start: where the span begins, in [s].
        end: where it ends, in [s]; 0 with `start` 0 means the whole clip.
        tokens: its words as lemma/PART-OF-SPEECH, such as walk/VERB; empty if not known.
    """

    text: str
    start: float = 0.0
    end: float = 0.0
    tokens: tuple[str, ...] = field(default=(), compare=False)


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


def read_labels(folder: Path, *fields: str) -> dict[str, tuple[str, ...]]:
    """Read what a dataset's `labels.json` says of its clips.

    Args:
        folder: dataset with `labels.json`: by clip id, an object of fields.
        fields: names of the fields that are wanted, such as "content" and "style".

    Returns:
        The fields' values by clip id, in the order of `fields`.

    Raises:
        MotionError: if the file is missing or unreadable, or a clip lacks a field.
    """
    path = folder / "labels.json"
    try:
        labels = json.loads(path.read_text(encoding="utf-8"))
        return {i: tuple(str(label[name]) for name in fields) for i, label in labels.items()}
    except (OSError, ValueError, AttributeError, KeyError, TypeError) as error:
        wanted = " and ".join(f"'{name}'" for name in fields)
        raise MotionError(f"{path}: missing or no labels with {wanted} ({error})") from error


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
            text, tokens, start, end = fields
            times = _seconds(start), _seconds(end)
            captions.append(Caption(text.strip(), *times, tuple(tokens.split())))
        except ValueError as error:
            raise MotionError(
                f"{path}, line {number}: allowed is caption#tokens#start#end, got {line[:80]!r}"
            ) from error
    return tuple(captions)


def _seconds(field: str) -> float:
    value = float(field)
    return value if np.isfinite(value) else 0.0  # HumanML3D itself has "nan" for "whole clip"


def read_array(path: Path) -> np.ndarray:
    """Read an array of numbers.

    Returns:
        The array, float64.

    Raises:
        MotionError: for a missing or unreadable file; pickles are refused.
    """
    try:
        return np.load(path, allow_pickle=False).astype(np.float64)
    except (OSError, ValueError, EOFError, TypeError) as error:
        raise MotionError(f"{path}: no readable .npy array ({error})") from error


def write_array(path: Path, array: np.ndarray) -> None:
    """Write an array as float32; even when killed, the file is the old or the whole new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{os.getpid()}.part")  # several processes may write it
    with part.open("wb") as file:
        np.save(file, array.astype(np.float32))
    part.replace(path)


def read_joints(path: Path, skeleton: Skeleton = HUMANML3D) -> np.ndarray:
    """Read one clip's joint positions.

    Returns:
        Positions (T, J, 3), float64, in the skeleton's unit, y up.

    Raises:
        MotionError: for a missing or unreadable file, a wrong shape, or a value that is not
            finite; it names the file.
    """
    positions = read_array(path)
    if positions.ndim == 3 and skeleton is HUMANML3D and positions.shape[1] == SMPLH_JOINTS:
        positions = positions[:, : skeleton.n_joints]
    if positions.ndim != 3 or positions.shape[1:] != (skeleton.n_joints, 3):
        allowed = f"(T, {skeleton.n_joints}, 3)"
        raise MotionError(f"{path}: shape {positions.shape}; allowed: {allowed}")
    _check_finite(path, positions)
    return positions


def read_features(path: Path, n_features: int) -> np.ndarray:
    """Read one clip's features.

    Returns:
        Features (T, n_features), float64.

    Raises:
        MotionError: for a missing or unreadable file, a wrong shape, or a value that is not
            finite; it names the file.
    """
    features = read_array(path)
    if features.ndim != 2 or features.shape[1] != n_features:
        raise MotionError(f"{path}: shape {features.shape}; allowed: (T, {n_features})")
    _check_finite(path, features)
    return features


def _check_finite(path: Path, values: np.ndarray) -> None:
    if not np.isfinite(values).all():
        at = tuple(int(i) for i in np.argwhere(~np.isfinite(values))[0])
        raise MotionError(f"{path}: frame {at[0]} has a value that is not finite: {values[at]}")


def read_bone_lengths(path: Path) -> tuple[np.ndarray, Skeleton]:
    """Read the common skeleton.

    Returns:
        Length (J,) in the skeleton's unit of the bone that ends in each joint, 0 for the root;
        and whose joints they are.

    Raises:
        MotionError: if the file is unreadable or names other joints.
    """
    try:
        joints = json.loads(path.read_text())["joints"]
        names = tuple(joint["name"] for joint in joints)
        offsets = np.array([joint["offset"] for joint in joints], dtype=float)
        lengths = np.linalg.norm(offsets.reshape(len(names), 3), axis=-1)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise MotionError(f"{path}: no readable skeleton ({error})") from error
    for skeleton in SKELETONS.values():
        if names == skeleton.joint_names:
            return lengths, skeleton
    allowed = " or ".join(str(skeleton.joint_names) for skeleton in SKELETONS.values())
    raise MotionError(f"{path}: joints {names}; allowed: {allowed}")


@dataclass(frozen=True)
class Dataset:
    """A folder of clips.

    Attributes:
        folder: its root.
        skeleton: joints of its clips.
        bone_lengths: of the common skeleton, (J,) in the skeleton's unit; None if the folder has
            features already.
    """

    folder: Path
    skeleton: Skeleton
    bone_lengths: np.ndarray | None

    @property
    def has_features(self) -> bool:
        """Whether features are there and need not be computed."""
        return self.bone_lengths is None

    def source(self, clip_id: str) -> Path:
        """File of a clip's features or, without them, of its joint positions."""
        name = FEATURES_FOLDER if self.has_features else JOINTS_FOLDER
        return self.folder / name / f"{clip_id}.npy"


def open_dataset(folder: Path, clip_ids: tuple[str, ...]) -> Dataset:
    """Find out which layout a folder has.

    Args:
        folder: dataset.
        clip_ids: its clips; the first readable one tells the skeleton where nothing else does.

    Raises:
        MotionError: if it has neither layout; it says what is missing.
    """
    if (folder / FEATURES_FOLDER).is_dir():
        for clip_id in clip_ids:
            path = folder / FEATURES_FOLDER / f"{clip_id}.npy"
            if path.is_file():
                features = read_array(path)
                n_joints = layout_of(features.shape[-1]).n_joints
                return Dataset(folder, skeleton_with(n_joints), None)
        raise MotionError(f"{folder / FEATURES_FOLDER} has no clip of any split")
    if not (folder / JOINTS_FOLDER).is_dir():
        raise MotionError(
            f"{folder} has neither {FEATURES_FOLDER}/ (features) nor {JOINTS_FOLDER}/ (positions)"
        )
    if (folder / "skeleton.json").is_file():
        lengths, skeleton = read_bone_lengths(folder / "skeleton.json")
        return Dataset(folder, skeleton, lengths)
    for skeleton in SKELETONS.values():
        example = folder / JOINTS_FOLDER / f"{EXAMPLE_CLIPS[skeleton.name]}.npy"
        if example.is_file():
            first = read_joints(example, skeleton)[0]
            bones = first - first[np.maximum(skeleton.parents, 0)]
            return Dataset(folder, skeleton, np.linalg.norm(bones, axis=-1))
    examples = " or ".join(EXAMPLE_CLIPS.values())
    raise MotionError(
        f"{folder} has no skeleton.json, nor the clip {examples} that the originals take the "
        "common skeleton from"
    )

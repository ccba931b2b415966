"""From a folder of joint positions to features that training reads.

features/<id>.npy   float32 (T - 1, 263)
Mean.npy Std.npy    statistics of the training split
"""

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from motiongpt.errors import MotionError
from motiongpt.motion.augment import mirror_positions
from motiongpt.motion.dataset import read_bone_lengths, read_joints, read_split
from motiongpt.motion.features import canonicalize, encode_features, unify_skeleton
from motiongpt.motion.statistics import Statistics

MIN_FRAMES = 16
"""Shorter clips are rejected: they hold fewer than four motion tokens."""


@dataclass(frozen=True)
class Preparation:
    """What `prepare` did.

    Attributes:
        ready: ids whose features are there, by split.
        rejected: reason by id.
        statistics: of the training split's features, mirrored ones included.
    """

    ready: dict[str, tuple[str, ...]]
    rejected: dict[str, str]
    statistics: Statistics


def mirrored_id(clip_id: str) -> str:
    """Id of a clip's mirror image, as HumanML3D names it."""
    return f"M{clip_id}"


def clip_features(positions: np.ndarray, bone_lengths: np.ndarray) -> np.ndarray:
    """Features (T - 1, 263) of raw positions (T, 22, 3) in [m], y up."""
    if len(positions) < MIN_FRAMES:
        raise MotionError(f"{len(positions)} frames; at least {MIN_FRAMES} needed")
    return encode_features(canonicalize(unify_skeleton(positions, bone_lengths)))


def _prepare_clip(clip_id: str, folder: Path, output: Path, bones: np.ndarray) -> str | None:
    """Write the features of a clip and its mirror; return why it is rejected, if it is."""
    targets = [output / "features" / f"{name}.npy" for name in (clip_id, mirrored_id(clip_id))]
    if all(target.is_file() for target in targets):
        return None
    try:
        positions = read_joints(folder / "joints" / f"{clip_id}.npy")
        both = [clip_features(p, bones) for p in (positions, mirror_positions(positions))]
    except MotionError as error:
        return str(error)
    for target, features in zip(targets, both, strict=True):
        partial_file = target.with_suffix(".part")
        with partial_file.open("wb") as file:
            np.save(file, features.astype(np.float32))
        partial_file.replace(target)
    return None


def prepare(
    folder: Path,
    output: Path,
    splits: tuple[str, ...] = ("train", "val"),
    workers: int = 1,
    on_progress: Callable[[int, int], None] | None = None,
) -> Preparation:
    """Compute the features of a dataset; what is there already is kept.

    Args:
        folder: dataset in HumanML3D's layout (see `motiongpt.motion.dataset`).
        output: folder to write.
        splits: splits to prepare; the first one gives the statistics.
        workers: processes.
        on_progress: called with clips done and clips in all.

    Raises:
        MotionError: if the folder has not this layout or no clip of the first split is usable.
    """
    bones = read_bone_lengths(folder / "skeleton.json")
    ids = {split: read_split(folder, split) for split in splits}
    everything = [clip_id for names in ids.values() for clip_id in names]
    (output / "features").mkdir(parents=True, exist_ok=True)
    work = partial(_prepare_clip, folder=folder, output=output, bones=bones)
    rejected: dict[str, str] = {}
    with ProcessPoolExecutor(workers) as pool:
        for done, (clip_id, reason) in enumerate(
            zip(everything, pool.map(work, everything, chunksize=16), strict=True), start=1
        ):
            if reason is not None:
                rejected[clip_id] = reason
            if on_progress is not None:
                on_progress(done, len(everything))
    ready = {
        split: tuple(name for name in names if name not in rejected)
        for split, names in ids.items()
    }
    first = ready[splits[0]]
    names = [*first, *map(mirrored_id, first)]
    statistics = Statistics.of(
        np.load(output / "features" / f"{name}.npy", allow_pickle=False).astype(np.float64)
        for name in names
    )
    np.save(output / "Mean.npy", statistics.mean.astype(np.float32))
    np.save(output / "Std.npy", statistics.std.astype(np.float32))
    return Preparation(ready, rejected, statistics)

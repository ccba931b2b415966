"""From a dataset's folder to features that training reads.

features/<id>.npy   float32 (T, F)
Mean.npy Std.npy    the dataset's own statistics or, if it has none, those of the first split
prepared.json       what the features were computed with
"""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from motiongpt.errors import MotionError
from motiongpt.motion.augment import mirror_positions
from motiongpt.motion.dataset import (
    Dataset,
    open_dataset,
    read_features,
    read_joints,
    read_split,
    write_array,
)
from motiongpt.motion.features import canonicalize, encode_features, unify_skeleton
from motiongpt.motion.layout import Layout
from motiongpt.motion.skeleton import HUMANML3D, Skeleton
from motiongpt.motion.statistics import MEAN_FILE, STD_FILE, Statistics

MIN_FRAMES = 16
"""Shorter clips are rejected: they hold fewer than four motion tokens."""

FORMAT = 2
"""Raised when the same clips give other features than before."""


@dataclass(frozen=True)
class Preparation:
    """What `prepare` did.

    Attributes:
        ready: ids whose features are there, by split.
        rejected: reason by id.
        statistics: scale of the features.
        mirrored: whether each clip's mirror image was made; a dataset that has its own has none.
        own_statistics: whether the statistics are the dataset's own.
    """

    ready: dict[str, tuple[str, ...]]
    rejected: dict[str, str]
    statistics: Statistics
    mirrored: bool = True
    own_statistics: bool = False

    def names(self, split: str) -> tuple[str, ...]:
        """Names of the feature files of a split, mirror images included."""
        return feature_names(self.ready[split], self.mirrored)


def mirrored_id(clip_id: str) -> str:
    """Id of a clip's mirror image, as HumanML3D names it."""
    return f"M{clip_id}"


def feature_names(clip_ids: tuple[str, ...], mirrored: bool) -> tuple[str, ...]:
    """Names of the clips' feature files, with those of their mirror images if there are any."""
    return (*clip_ids, *map(mirrored_id, clip_ids)) if mirrored else clip_ids


def clip_features(
    positions: np.ndarray,
    bone_lengths: np.ndarray,
    skeleton: Skeleton = HUMANML3D,
    published_turns: bool = False,
) -> np.ndarray:
    """Compute the features of a raw clip, from the common skeleton on.

    Args:
        positions: shape (T, J, 3), in the skeleton's unit, y up.
        bone_lengths: of the common skeleton, shape (J,), likewise.
        skeleton: its joints.
        published_turns: see `motiongpt.motion.features.encode_features`.

    Returns:
        Features (T - 1, F).

    Raises:
        MotionError: for a clip that is too short or that `check_positions` refuses.
    """
    if len(positions) < MIN_FRAMES:
        raise MotionError(f"{len(positions)} frames; at least {MIN_FRAMES} needed")
    placed = canonicalize(unify_skeleton(positions, bone_lengths, skeleton), skeleton)
    return encode_features(placed, skeleton, published_turns)


def _read_clip(
    clip_id: str, dataset: Dataset, mirror: bool, published_turns: bool
) -> dict[str, np.ndarray]:
    """Features of a clip and, if wanted, of its mirror image, by id."""
    source, skeleton = dataset.source(clip_id), dataset.skeleton
    if dataset.bone_lengths is None:
        features = read_features(source, Layout(skeleton.n_joints).n_features)
        if len(features) < MIN_FRAMES:
            raise MotionError(f"{source}: {len(features)} frames; at least {MIN_FRAMES} needed")
        return {clip_id: features}
    positions = {clip_id: read_joints(source, skeleton)}
    if mirror:
        positions[mirrored_id(clip_id)] = mirror_positions(positions[clip_id], skeleton)
    return {
        name: clip_features(clip, dataset.bone_lengths, skeleton, published_turns)
        for name, clip in positions.items()
    }


def _prepare_clip(
    clip_id: str, dataset: Dataset, output: Path, mirror: bool, published_turns: bool
) -> str | None:
    """Write the features of a clip; return why it is rejected, if it is."""
    names = (clip_id, mirrored_id(clip_id)) if mirror else (clip_id,)
    targets = [output / "features" / f"{name}.npy" for name in names]
    source = dataset.source(clip_id)
    if source.is_file() and all(_is_newer(target, source) for target in targets):
        return None
    try:
        clips = _read_clip(clip_id, dataset, mirror, published_turns)
    except MotionError as error:
        return str(error)
    for target, features in zip(targets, clips.values(), strict=True):
        write_array(target, features)
    return None


def _is_newer(target: Path, source: Path) -> bool:
    return target.is_file() and target.stat().st_mtime >= source.stat().st_mtime


def prepare(
    folder: Path,
    output: Path,
    splits: tuple[str, ...] = ("train", "val"),
    workers: int = 1,
    on_progress: Callable[[int, int], None] | None = None,
    exclude: tuple[str, ...] = (),
    published_turns: bool = False,
) -> Preparation:
    """Compute or copy the features of a dataset; what is there already is kept.

    Args:
        folder: dataset in a layout that `motiongpt.motion.dataset` names.
        output: folder to write.
        splits: splits to prepare; the first one gives the statistics if the folder has none.
        workers: processes.
        on_progress: called with clips done and clips in all.
        exclude: beginnings of ids to leave out.
        published_turns: see `motiongpt.motion.features.encode_features`.

    Raises:
        MotionError: if the folder has no such layout, no clip of the first split is usable, or
            the output was made with other options.
    """
    ids = {
        split: tuple(i for i in read_split(folder, split) if not i.startswith(exclude))
        for split in splits
    }
    everything = tuple(dict.fromkeys(clip_id for names in ids.values() for clip_id in names))
    dataset = open_dataset(folder, everything)
    known = set(everything)
    mirror = not dataset.has_features and not any(mirrored_id(i) in known for i in everything)
    (output / "features").mkdir(parents=True, exist_ok=True)
    _check_output(
        output,
        {
            "format": FORMAT,
            "skeleton": dataset.skeleton.name,
            "published_turns": published_turns,
            "mirrored": mirror,
        },
    )
    work = partial(
        _prepare_clip,
        dataset=dataset,
        output=output,
        mirror=mirror,
        published_turns=published_turns,
    )
    rejected: dict[str, str] = {}
    for done, (clip_id, reason) in enumerate(_map(work, everything, workers), start=1):
        if reason is not None:
            rejected[clip_id] = reason
        if on_progress is not None:
            on_progress(done, len(everything))
    ready = {
        split: tuple(name for name in names if name not in rejected)
        for split, names in ids.items()
    }
    own = (folder / MEAN_FILE).is_file() or (folder / STD_FILE).is_file()
    statistics = (
        Statistics.read(folder)
        if own
        else Statistics.of(_clips(output, feature_names(ready[splits[0]], mirror)))
    )
    width = Layout(dataset.skeleton.n_joints).n_features
    if statistics.n_features != width:
        raise MotionError(
            f"{folder / MEAN_FILE} is of {statistics.n_features} features, the clips are of "
            f"{width}"
        )
    statistics.write(output)
    return Preparation(ready, rejected, statistics, mirror, own)


def _clips(output: Path, names: tuple[str, ...]) -> Iterator[np.ndarray]:
    return (np.load(output / "features" / f"{n}.npy", allow_pickle=False) for n in names)


def _map(
    work: Callable[[str], str | None], clip_ids: tuple[str, ...], workers: int
) -> Iterator[tuple[str, str | None]]:
    if workers <= 1:
        yield from ((clip_id, work(clip_id)) for clip_id in clip_ids)
        return
    with ProcessPoolExecutor(workers) as pool:
        yield from zip(clip_ids, pool.map(work, clip_ids, chunksize=16), strict=True)


def _check_output(output: Path, made_with: dict[str, object]) -> None:
    """Note in the output what its features are made with; refuse others."""
    path = output / "prepared.json"
    if path.is_file():
        before = json.loads(path.read_text())
        if before != made_with:
            raise MotionError(
                f"{output} holds features made with {before}, not {made_with}; remove it or name "
                "another output"
            )
        return
    if any((output / "features").iterdir()):
        raise MotionError(f"{output} holds features of an older format; remove it")
    path.write_text(json.dumps(made_with) + "\n")

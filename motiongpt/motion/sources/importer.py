"""From BVH, AMASS and C3D files to HumanML3D's raw layout."""

import re
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from motiongpt.errors import MotionError
from motiongpt.motion.dataset import Caption, read_joints
from motiongpt.motion.sources.amass import BodyModel, read_body_models
from motiongpt.motion.sources.captions import caption_from_name, read_caption_table, read_sidecar
from motiongpt.motion.sources.map_file import find_map_file, read_map
from motiongpt.motion.sources.motion_file import SUFFIXES, import_motion
from motiongpt.motion.sources.raw_layout import (
    append_to_split,
    joints_path,
    write_captions,
    write_joints,
    write_skeleton,
)


@dataclass(frozen=True)
class Imported:
    """What `import_folder` did.

    Attributes:
        written: ids of the new clips.
        skipped: ids that were there already.
        rejected: reason by file, one line each.
        without_caption: ids of `written` and `skipped` that have no `texts/<id>.txt`.
    """

    written: tuple[str, ...]
    skipped: tuple[str, ...]
    rejected: dict[Path, str]
    without_caption: tuple[str, ...]


@dataclass(frozen=True)
class _Job:
    """What a worker needs besides the clip."""

    output: Path
    map: str | None = None
    models: dict[str, BodyModel] = field(default_factory=dict)
    captions: dict[str, tuple[Caption, ...]] = field(default_factory=dict)
    caption_from_name: bool = False


@dataclass(frozen=True)
class _Outcome:
    """What a worker did: `reason` is why nothing was written, if nothing was."""

    is_new: bool = False
    has_caption: bool = False
    reason: str | None = None


def find_clips(paths: Sequence[Path]) -> tuple[list[tuple[str, Path]], dict[Path, str]]:
    """Find motion files and name them.

    Args:
        paths: files, or folders that are searched to the bottom.

    Returns:
        Pairs of an id and a file; and the reason by file where two files would share an id. The
        id is the path inside the folder without its suffix, anything but letters, digits, `-`,
        `_` and inner dots turned to `_`.

    Raises:
        MotionError: for a path that does not exist, or if there is no motion file.
    """
    clips: dict[str, Path] = {}
    rejected = {}
    for path in paths:
        if not path.exists():
            raise MotionError(f"{path}: no such file or folder")
        files = sorted(path.rglob("*")) if path.is_dir() else [path]
        for file in files:
            if path.is_dir() and (file.suffix.lower() not in SUFFIXES or not file.is_file()):
                continue
            name = file.relative_to(path) if path.is_dir() else Path(file.name)
            words = re.sub(r"[^A-Za-z0-9._-]+", "_", "_".join(name.with_suffix("").parts))
            clip_id = words.strip("._")[:200] or "clip"
            if clips.setdefault(clip_id, file) != file:
                reason = f"{file}: has the id '{clip_id}' of {clips[clip_id]}"
                rejected[file] = _one_line(reason)
    if not clips:
        raise MotionError(
            f"no {', '.join(SUFFIXES)} file in {', '.join(map(str, paths)) or 'no path'}"
        )
    return list(clips.items()), rejected


def import_folder(
    paths: Sequence[Path],
    output: Path,
    *,
    map: str | None = None,
    body_model: Path | None = None,
    split: str = "train",
    captions: Path | None = None,
    caption_from_name: bool = False,
    workers: int = 1,
    on_progress: Callable[[int, int], None] | None = None,
) -> Imported:
    """Add motion files to a dataset in HumanML3D's raw layout; ids that are there are skipped.

    Args:
        paths: files and folders.
        output: dataset folder; made if it is not there.
        map: see `import_motion`.
        body_model: for AMASS, see `read_body_models`.
        split: ids are added to `<split>.txt`, unless another split has them.
        captions: see `read_caption_table`; a clip that it lacks takes the .txt beside the file.
        caption_from_name: where there is neither, make a caption of the file's name.
        workers: processes.
        on_progress: called with files done and files in all.

    Raises:
        MotionError: if an argument cannot be used. A motion file that cannot is in the result.
    """
    clips, rejected = find_clips(paths)
    job = _prepare_job(output, map, body_model, split, captions, caption_from_name)
    outcomes: dict[str, _Outcome] = {}
    try:
        with ProcessPoolExecutor(workers) as pool:
            for (clip_id, _), outcome in zip(
                clips, pool.map(partial(_import_clip, job), clips), strict=True
            ):
                outcomes[clip_id] = outcome
                if on_progress is not None:
                    on_progress(len(outcomes), len(clips))
    finally:
        there = _finish(output, split, outcomes)
    rejected |= {path: o.reason for i, path in clips if (o := outcomes[i]).reason is not None}
    is_new = {clip_id: outcomes[clip_id].is_new for clip_id in there}
    return Imported(
        tuple(i for i in there if is_new[i]),
        tuple(i for i in there if not is_new[i]),
        rejected,
        tuple(i for i in there if not outcomes[i].has_caption),
    )


def _finish(output: Path, split: str, outcomes: dict[str, _Outcome]) -> list[str]:
    """Write split and skeleton, and return the ids of the clips that are there."""
    there = [clip_id for clip_id, outcome in outcomes.items() if outcome.reason is None]
    if there:
        append_to_split(output, split, there)
        write_skeleton(output, read_joints(joints_path(output, there[0])))
    return there


def _prepare_job(
    output: Path,
    map: str | None,
    body_model: Path | None,
    split: str,
    captions: Path | None,
    caption_from_name: bool,
) -> _Job:
    """Check the options, read what workers share, and make the output folder."""
    if not re.fullmatch(r"[A-Za-z0-9_-]+", split):
        raise MotionError(f"split is {split!r}; allowed: letters, digits, - and _")
    if map is not None:
        read_map(find_map_file(map))
    job = _Job(
        output=output,
        map=map,
        models=read_body_models(body_model) if body_model else {},
        captions=read_caption_table(captions) if captions else {},
        caption_from_name=caption_from_name,
    )
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise MotionError(f"{output}: cannot be made a folder ({error.strerror})") from error
    return job


def _import_clip(job: _Job, clip: tuple[str, Path]) -> _Outcome:
    clip_id, path = clip
    try:
        captions = _captions_of(job, clip_id, path)
        is_new = not joints_path(job.output, clip_id).is_file()
        if is_new:
            write_joints(job.output, clip_id, import_motion(path, job.map, job.models))
        return _Outcome(is_new, write_captions(job.output, clip_id, captions))
    except (MotionError, OSError, MemoryError) as error:
        reason = str(error) or f"{path}: not enough memory"
        return _Outcome(reason=_one_line(reason))


def _one_line(text: str) -> str:
    """A message as one line of printable characters, whatever a file is called."""
    return "".join(c if c.isprintable() else "?" for c in " ".join(text.split()))


def _captions_of(job: _Job, clip_id: str, path: Path) -> tuple[Caption, ...]:
    captions = job.captions.get(clip_id) or job.captions.get(path.stem) or read_sidecar(path)
    if not captions and job.caption_from_name:
        captions = (Caption(caption_from_name(path.stem)),)
    return captions

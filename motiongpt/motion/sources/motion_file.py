"""One BVH, AMASS or C3D file as positions."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import numpy as np

from motiongpt.errors import MotionError
from motiongpt.motion.sources.amass import BodyModel, read_amass
from motiongpt.motion.sources.bvh_parser import read_bvh
from motiongpt.motion.sources.c3d_file import bridge_gaps, read_c3d
from motiongpt.motion.sources.check import check_person, check_upright, without_start_pose
from motiongpt.motion.sources.joint_map import UNITS
from motiongpt.motion.sources.map_file import find_map
from motiongpt.motion.sources.resample import resample

SUFFIXES = (".bvh", ".npz", ".c3d")
"""File names that are read, in upper or lower case."""

T = TypeVar("T")


def import_motion(
    path: Path, map: str | None = None, body_models: dict[str, BodyModel] | None = None
) -> np.ndarray:
    """Read one motion file.

    Args:
        path: .bvh, AMASS .npz or .c3d.
        map: for BVH and C3D, name of a shipped joint map or path of a .yaml; None recognises it.
        body_models: for AMASS, of `read_body_models`.

    Returns:
        Positions (T, 22, 3) in [m], x left, y up, z forward, at 20 frames a second.

    Raises:
        MotionError: if the file is unreadable, truncated or malformed, joints are missing, the
            clip is too short, or the size is not a person's.
    """
    kind = path.suffix.lower()
    if kind == ".bvh":
        clip = read_bvh(path)
        positions = _named(
            path, lambda: find_map(map, clip.names).apply(clip.points(), clip.names)
        )
        positions, fps = without_start_pose(positions, clip.fps), clip.fps
    elif kind == ".npz":
        if not body_models:
            raise MotionError(f"{path}: AMASS needs a body model; give one with --body-model")
        positions, fps = read_amass(path, body_models)
    elif kind == ".c3d":
        names, points, fps, unit = read_c3d(path)
        joint_map = _named(path, lambda: find_map(map, names))
        if joint_map.scale is None and unit in UNITS:
            joint_map = replace(joint_map, scale=UNITS[unit])
        positions = _named(path, lambda: joint_map.apply(points, names))
        positions = bridge_gaps(path, positions, fps)
    else:
        raise MotionError(f"{path}: allowed are {', '.join(SUFFIXES)}")
    positions = resample(positions, fps)
    _named(path, lambda: check_person(positions))
    if kind != ".npz" and map is None:
        _named(path, lambda: check_upright(positions))
    return positions


def _named(path: Path, work: Callable[[], T]) -> T:
    """Do some work; an error names the file."""
    try:
        return work()
    except MotionError as error:
        raise MotionError(f"{path}: {error}") from error

"""C3D files: marker positions. Joints are means of markers (see `maps/plug_in_gait.yaml`).

Reading is left to the package `c3d` (MIT, pure Python: a malformed file raises, it cannot crash
the process), which is imported only here.
"""

import warnings
from pathlib import Path

import numpy as np

from motiongpt.errors import MotionError
from motiongpt.motion.sources.bvh_parser import FPS_RANGE

MAX_GAP = 0.25
"""Longest time in [s] without a marker that is bridged linearly."""


def read_c3d(path: Path) -> tuple[tuple[str, ...], np.ndarray, float, str]:
    """Read the markers of a C3D file.

    Returns:
        Names, points (T, M, 3) with NaN where a marker is not seen, frames a second, and unit
        ("mm", "m", ... or "" if the file does not say).

    Raises:
        MotionError: if the package `c3d` is missing, the file is unreadable or truncated, or its
            frame rate is out of range.
    """
    try:
        import c3d
    except ImportError as error:
        raise MotionError(f"{path}: reading C3D needs a package: pip install c3d") from error
    try:
        with path.open("rb") as file, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            reader = c3d.Reader(file)
            names = tuple(str(label).strip() for label in reader.point_labels)
            declared = int(reader.last_frame) - int(reader.first_frame) + 1
            fps = float(reader.point_rate)
            units = reader.get("POINT:UNITS")
            unit = units.string_value.strip().lower() if units else ""
            frames = [points[:, :4] for _, points, _ in reader.read_frames()]
    except Exception as error:  # a parser of untrusted bytes fails in any way
        raise MotionError(f"{path}: no readable C3D ({str(error)[:120]!r})") from error
    if not frames or len(frames) != declared:
        raise MotionError(f"{path}: {declared} frames are declared but there are {len(frames)}")
    if not FPS_RANGE[0] <= fps <= FPS_RANGE[1]:
        raise MotionError(
            f"{path}: {fps:.6g} frames a second; allowed: {FPS_RANGE[0]:g} to {FPS_RANGE[1]:g}"
        )
    data = np.array(frames, dtype=float)[:, : len(names)]
    points = np.where(data[..., 3:] < 0, np.nan, data[..., :3])
    return names[: points.shape[1]], points, fps, unit


def bridge_gaps(path: Path, positions: np.ndarray, fps: float) -> np.ndarray:
    """Fill short gaps of joints linearly.

    Args:
        path: file to name in an error.
        positions: shape (T, 22, 3), NaN in gaps.
        fps: frames a second.

    Raises:
        MotionError: if a joint is missing for more than `MAX_GAP`, or never seen.
    """
    filled, frames = positions.copy(), np.arange(len(positions))
    for joint in range(positions.shape[1]):
        seen = frames[np.isfinite(positions[:, joint]).all(axis=1)]
        longest = np.diff(np.concatenate([[-1], seen, [len(positions)]])).max() - 1
        if len(seen) == 0 or longest > MAX_GAP * fps:
            raise MotionError(
                f"{path}: markers of joint {joint} are missing for {longest / fps:.2f} s; "
                f"allowed: {MAX_GAP} s"
            )
        for axis in range(3):
            filled[:, joint, axis] = np.interp(frames, seen, positions[seen, joint, axis])
    return filled

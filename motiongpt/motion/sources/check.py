"""Whether positions can be those of a person."""

import numpy as np

from motiongpt.errors import MotionError
from motiongpt.motion.prepare import MIN_FRAMES
from motiongpt.motion.skeleton import JOINT_INDEX, JOINT_NAMES, PARENTS
from motiongpt.motion.sources.joint_map import leg_length
from motiongpt.motion.sources.resample import FPS

HEIGHT_RANGE = (0.5, 2.5)
"""Heights in [m] that a person may have."""

MIN_BONE = 1e-3
"""Shortest bone in [m]: a shorter one has no direction."""

LEAST_COSINE = 0.5
"""Of the angle between spine and vertical, in the most upright frame of a clip."""

START_JUMP = 0.25
"""Least distance in [m] from a calibration pose to the first frame of the motion."""

START_SPEED = 15.0
"""Speed in [m/s] that no joint reaches relative to the pelvis, but a jump between poses does."""


def body_height(positions: np.ndarray) -> float:
    """Height in [m] whatever the pose: legs and spine along their bones, to the head joint."""
    names = ("pelvis", "spine1", "spine2", "spine3", "neck", "head")
    spine = np.diff(positions[:, [JOINT_INDEX[name] for name in names]], axis=1)
    return leg_length(positions) + float(np.median(np.linalg.norm(spine, axis=-1).sum(axis=-1)))


def check_person(positions: np.ndarray) -> None:
    """Refuse a clip that is too short, not finite, of an implausible size, or without a bone.

    Args:
        positions: shape (T, 22, 3), in [m], 20 frames a second.

    Raises:
        MotionError: with what is wrong and what is allowed.
    """
    if len(positions) < MIN_FRAMES:
        raise MotionError(
            f"too short: {len(positions)} frames at {FPS:g} a second; at least {MIN_FRAMES} needed"
        )
    if not np.isfinite(positions).all():
        frame, joint = np.argwhere(~np.isfinite(positions).all(axis=2))[0]
        raise MotionError(f"frame {frame}, joint {JOINT_NAMES[joint]}: not a finite place")
    height = body_height(positions)
    low, high = HEIGHT_RANGE
    if not low <= height <= high:
        raise MotionError(f"wrong units? height is {height:.4g} m; allowed: {low} to {high} m")
    lengths = np.linalg.norm(positions[:, 1:] - positions[:, PARENTS[1:]], axis=-1)
    if (lengths < MIN_BONE).any():
        frame, bone = np.argwhere(lengths < MIN_BONE)[0]
        joint, parent = JOINT_NAMES[bone + 1], JOINT_NAMES[PARENTS[bone + 1]]
        raise MotionError(
            f"frame {frame}: {joint} is where {parent} is; give a map that puts them apart"
        )


def check_upright(positions: np.ndarray) -> None:
    """Refuse a clip in which the person lies from the first frame to the last.

    Args:
        positions: shape (T, 22, 3), in [m], y up.

    Raises:
        MotionError: if it is so: the source's up axis is likely to be another.
    """
    spine = positions[:, JOINT_INDEX["neck"]] - positions[:, 0]
    cosine = float((spine[:, 1] / np.maximum(np.linalg.norm(spine, axis=-1), 1e-9)).max())
    if cosine < LEAST_COSINE:
        raise MotionError(
            f"never upright (cosine of spine and vertical at most {cosine:.2f}, at least "
            f"{LEAST_COSINE} expected): give a map with another 'up'; if the person does lie, "
            f"name the map with --map"
        )


def without_start_pose(positions: np.ndarray, fps: float) -> np.ndarray:
    """Leave out a calibration pose: cgspeed's CMU files start with one frame in a T-pose.

    The first frame is one if a joint jumps from it by more than `START_JUMP`, faster than
    `START_SPEED`, and five times as far as from the second frame to the third.

    Args:
        positions: shape (T, 22, 3), in [m].
        fps: frames a second of the source.
    """
    if len(positions) < 3:
        return positions
    pose = positions[:3] - positions[:3, :1]
    first, second = np.linalg.norm(np.diff(pose, axis=0), axis=-1).max(axis=1)
    jumps = first > max(START_JUMP, START_SPEED / fps, 5 * second)
    return positions[1:] if jumps else positions

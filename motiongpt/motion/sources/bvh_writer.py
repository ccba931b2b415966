"""A human motion as a BVH file.

A `Motion` has joint positions and no rotations. Each joint takes the shortest turn, from the
direction that its bones have in the rest pose, that brings its children where they are; where the
lengths of bones change, position channels, which every joint has, keep them where they are.
"""

from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation

from motiongpt.errors import MotionError
from motiongpt.motion.motion import Motion
from motiongpt.motion.rotation import matrix_between
from motiongpt.motion.skeleton import HUMANML3D

_CHANNELS = "CHANNELS 6 Xposition Yposition Zposition Zrotation Xrotation Yrotation"
_END = 0.05
"""Length in [m] of what is drawn after the last joint of a chain."""


def write_bvh(motion: Motion, file: Path) -> None:
    """Write a motion in metres, y up, z forward, with the joint names of HumanML3D.

    `import_motion` reads it back: its joint map is `humanml3d`.

    Args:
        motion: 22 joints in [m].
        file: the BVH file to write.

    Raises:
        MotionError: if the file cannot be written.
    """
    positions = motion.to_y_up()
    offsets = _rest_offsets(positions)
    channels = _channels(positions, offsets)
    rows = [" ".join(f"{value:.6f}" for value in row) for row in channels]
    lines = ["HIERARCHY", *_hierarchy(0, offsets), "MOTION", f"Frames: {motion.n_frames}"]
    text = "\n".join([*lines, f"Frame Time: {1 / motion.fps:.8f}", *rows]) + "\n"
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise MotionError(f"{file}: cannot be written ({error})") from error


def _children(joint: int) -> list[int]:
    return [int(child) for child in np.flatnonzero(HUMANML3D.parents == joint)]


def _rest_offsets(positions: np.ndarray) -> np.ndarray:
    """Bones (22, 3) in [m] of the rest pose: median lengths, HumanML3D's rest directions."""
    bones = positions[:, 1:] - positions[:, HUMANML3D.parents[1:]]
    lengths = np.concatenate([[0.0], np.median(np.linalg.norm(bones, axis=-1), axis=0)])
    return HUMANML3D.rest_directions * lengths[:, None]


def _order(joint: int = 0) -> list[int]:
    """Joints as they stand in the file, depth first."""
    return [joint, *(j for child in _children(joint) for j in _order(child))]


def _hierarchy(joint: int, offsets: np.ndarray, depth: int = 0) -> list[str]:
    pad = "\t" * depth
    kind = "ROOT" if joint == 0 else "JOINT"
    offset = " ".join(f"{value:.6f}" for value in offsets[joint])
    lines = [f"{pad}{kind} {HUMANML3D.joint_names[joint]}", f"{pad}{{"]
    lines += [f"{pad}\tOFFSET {offset}", f"{pad}\t{_CHANNELS}"]
    for child in _children(joint):
        lines += _hierarchy(child, offsets, depth + 1)
    if not _children(joint):
        end = " ".join(f"{value:.6f}" for value in _END * HUMANML3D.rest_directions[joint])
        lines += [f"{pad}\tEnd Site", f"{pad}\t{{", f"{pad}\t\tOFFSET {end}", f"{pad}\t}}"]
    return [*lines, f"{pad}}}"]


def _channels(positions: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """Values (T, 132): place in the parent's frame in [m] and turns about z, x, y in [deg]."""
    n_frames = len(positions)
    turns: dict[int, Rotation] = {}
    columns = []
    for joint in _order():
        parent = int(HUMANML3D.parents[joint])
        above = turns[parent] if parent >= 0 else Rotation.identity(n_frames)
        origin = positions[:, parent] if parent >= 0 else 0.0
        turns[joint] = _turn(positions, offsets, joint, above)
        place = above.inv().apply(positions[:, joint] - origin)
        angles = (above.inv() * turns[joint]).as_euler("ZXY", degrees=True)
        columns += [place, angles]
    return np.concatenate(columns, axis=1)


def _turn(positions: np.ndarray, offsets: np.ndarray, joint: int, above: Rotation) -> Rotation:
    """World turn of a joint that brings its children's rest bones nearest to where they are."""
    children = _children(joint)
    if not children:
        return above
    bones = positions[:, children] - positions[:, joint, None]  # (T, k, 3)
    if len(children) == 1:  # the shortest turn, so that nothing twists about the bone
        pointing = above.apply(offsets[children[0]])
        turn = matrix_between(_unit(pointing), _unit(bones[:, 0]))
        return Rotation.from_matrix(turn) * above
    turns = [Rotation.align_vectors(now, offsets[children])[0] for now in bones]
    return Rotation.concatenate(turns)


def _unit(vectors: np.ndarray) -> np.ndarray:
    """Directions (T, 3); a bone without length points up."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.where(lengths > 1e-9, vectors / np.maximum(lengths, 1e-9), [0.0, 1.0, 0.0])

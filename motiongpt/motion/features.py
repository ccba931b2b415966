"""HumanML3D features from joint positions, and joint positions from features.

The formulas are HumanML3D's (Guo et al., CVPR 2022). One thing differs on purpose: where the
heading passes through 180 degrees, the original's yaw velocity changes sign for that frame; ours
does not, so that positions are recovered exactly.
"""

import numpy as np
from scipy.ndimage import gaussian_filter1d

from motiongpt.errors import MotionError
from motiongpt.motion import layout
from motiongpt.motion.rotation import matrix_about_y, matrix_between, rotate_about_y
from motiongpt.motion.skeleton import CHAINS, JOINT_INDEX, N_JOINTS, PARENTS

FOOT_SPEED_THRESHOLD = 0.002
"""Squared displacement in a frame, in [m^2], below which a foot joint counts as in contact."""

HEADING_SIGMA = 20.0
"""Width in frames of the Gaussian that smooths the facing direction."""

_FEET = [JOINT_INDEX[n] for n in ("left_ankle", "left_foot", "right_ankle", "right_foot")]
_DOWN, _UP, _FORWARD, _LEFT = ([0, -1, 0], [0, 1, 0], [0, 0, 1], [1, 0, 0])
_RIGHT = [-1, 0, 0]
REST_DIRECTIONS = np.array(
    [[0, 0, 0], _LEFT, _RIGHT, _UP, _DOWN, _DOWN, _UP, _DOWN, _DOWN, _UP, _FORWARD, _FORWARD]
    + [_UP, _LEFT, _RIGHT, _FORWARD, _DOWN, _DOWN, _DOWN, _DOWN, _DOWN, _DOWN],
    dtype=float,
)
"""Direction of each bone from its parent in the rest pose that rotations are relative to."""


def _check(positions: np.ndarray) -> np.ndarray:
    positions = np.asarray(positions, dtype=np.float64)
    if positions.ndim != 3 or positions.shape[1:] != (N_JOINTS, 3):
        raise MotionError(f"positions have shape {positions.shape}; allowed: (T, {N_JOINTS}, 3)")
    if len(positions) < 2:
        raise MotionError(f"a clip of {len(positions)} frames has no velocity; at least 2 needed")
    if not np.isfinite(positions).all():
        raise MotionError("positions have a value that is not finite (NaN or infinity)")
    return positions


def unify_skeleton(positions: np.ndarray, bone_lengths: np.ndarray) -> np.ndarray:
    """Give a clip the common skeleton's bone lengths, keeping every bone's direction.

    Args:
        positions: shape (T, 22, 3), in [m], y up.
        bone_lengths: length of the bone that ends in each joint, shape (22,), in [m].

    Returns:
        Positions (T, 22, 3) in [m]; the root path is scaled by the ratio of leg lengths.

    Raises:
        MotionError: for a wrong shape, a value that is not finite, or a bone of no length.
    """
    positions = _check(positions)
    bones = positions[:, 1:] - positions[:, PARENTS[1:]]
    lengths = np.linalg.norm(bones, axis=-1)
    if (lengths < 1e-6).any():
        frame, bone = np.argwhere(lengths < 1e-6)[0]
        raise MotionError(f"frame {frame}: the bone that ends in joint {bone + 1} has no length")
    leg = [JOINT_INDEX["right_knee"], JOINT_INDEX["right_ankle"]]
    source_leg = lengths[0, [joint - 1 for joint in leg]].sum()
    unified = np.empty_like(positions)
    unified[:, 0] = positions[:, 0] * (bone_lengths[leg].sum() / source_leg)
    for joint in range(1, N_JOINTS):
        direction = bones[:, joint - 1] / lengths[:, joint - 1, None]
        unified[:, joint] = unified[:, PARENTS[joint]] + bone_lengths[joint] * direction
    return unified


def canonicalize(positions: np.ndarray) -> np.ndarray:
    """Put a clip on the floor, its first root above the origin, facing +z at first.

    Args:
        positions: shape (T, 22, 3), in [m], y up.

    Returns:
        Positions (T, 22, 3) in [m].
    """
    positions = _check(positions)
    origin = positions[0, 0].copy()
    origin[1] = positions[..., 1].min()
    return rotate_about_y(positions - origin, facing_turn(positions[:1]))


def _facing_angle(forward: np.ndarray) -> np.ndarray:
    return np.arctan2(forward[..., 0], forward[..., 2])


def facing_turn(positions: np.ndarray) -> np.ndarray:
    """Angle (T,) in [rad] about y that turns a clip (T, 22, 3) to face +z (hips, shoulders)."""
    across = positions[:, 2] - positions[:, 1] + positions[:, 17] - positions[:, 16]
    return -_facing_angle(np.cross([0.0, 1.0, 0.0], across))


def _heading(positions: np.ndarray) -> np.ndarray:
    """Angle (T,) in [rad] of the smoothed facing direction, with the original's joint order.

    The original passes (right hip, left hip) where (left hip, right hip) is meant, so hips and
    shoulders are subtracted; weights trained on its features need the same.
    """
    across = positions[:, 1] - positions[:, 2] + positions[:, 17] - positions[:, 16]
    across /= np.maximum(np.linalg.norm(across, axis=-1, keepdims=True), 1e-9)
    forward = np.cross([0.0, 1.0, 0.0], across)
    return _facing_angle(gaussian_filter1d(forward, HEADING_SIGMA, axis=0, mode="nearest"))


def _rotations_6d(positions: np.ndarray, turn: np.ndarray) -> np.ndarray:
    """Local bone rotations (T, 21, 6): first two columns of each matrix, as in the original."""
    bones = positions[:, 1:] - positions[:, PARENTS[1:]]
    bones = bones / np.maximum(np.linalg.norm(bones, axis=-1, keepdims=True), 1e-9)
    world = matrix_between(REST_DIRECTIONS[1:], bones)  # (T, 21, 3, 3)
    root = matrix_about_y(turn)
    local = np.empty_like(world)
    for chain in CHAINS:
        parent = root
        for joint in chain[1:]:
            local[:, joint - 1] = np.swapaxes(parent, -1, -2) @ world[:, joint - 1]
            parent = world[:, joint - 1]
    return np.concatenate([local[..., 0], local[..., 1]], axis=-1)


def encode_features(positions: np.ndarray) -> np.ndarray:
    """Compute HumanML3D's features of a clip.

    Args:
        positions: shape (T, 22, 3), in [m], x left, y up, z forward, 20 frames a second, as
            `unify_skeleton` and `canonicalize` leave them.

    Returns:
        Features (T - 1, 263), laid out as `motiongpt.motion.layout` names them.

    Raises:
        MotionError: for a wrong shape, fewer than 2 frames, or a value that is not finite.
    """
    positions = _check(positions)
    turn = -_heading(positions)  # (T,) rotation that takes the facing direction to +z
    step = np.diff(positions, axis=0)
    yaw_step = (np.diff(turn) + np.pi) % (2 * np.pi) - np.pi
    local = positions - positions[:, :1] * [1.0, 0.0, 1.0]
    local = rotate_about_y(local, turn[:, None])
    contacts = (step[:, _FEET] ** 2).sum(axis=-1) < FOOT_SPEED_THRESHOLD
    n = len(step)
    features = np.empty((n, layout.N_FEATURES))
    features[:, layout.ROOT_YAW_VELOCITY] = (yaw_step / 2)[:, None]
    features[:, layout.ROOT_PLANAR_VELOCITY] = rotate_about_y(step[:, 0], turn[1:])[:, [0, 2]]
    features[:, layout.ROOT_HEIGHT] = positions[:-1, 0, 1:2]
    features[:, layout.RIC_POSITIONS] = local[:-1, 1:].reshape(n, -1)
    features[:, layout.ROTATIONS_6D] = _rotations_6d(positions, turn)[:-1].reshape(n, -1)
    velocities = rotate_about_y(step, turn[:-1, None])
    features[:, layout.LOCAL_VELOCITIES] = velocities.reshape(n, -1)
    features[:, layout.FOOT_CONTACTS] = contacts
    return features


def recover_positions(features: np.ndarray) -> np.ndarray:
    """Compute joint positions from features.

    Args:
        features: shape (T, 263).

    Returns:
        Positions (T, 22, 3) in [m], y up; the first root is above the origin, facing +z.

    Raises:
        MotionError: for a wrong width or no frame.
    """
    features = np.asarray(features, dtype=np.float64)
    if features.ndim != 2 or features.shape[1] != layout.N_FEATURES or len(features) == 0:
        raise MotionError(
            f"features have shape {features.shape}; allowed: (T, {layout.N_FEATURES}) with T > 0"
        )
    steps = features[:-1]
    turn = np.zeros(len(features))
    turn[1:] = np.cumsum(2 * steps[:, layout.ROOT_YAW_VELOCITY][:, 0])
    root = np.zeros((len(features), 3))
    root[1:, [0, 2]] = steps[:, layout.ROOT_PLANAR_VELOCITY]
    root = np.cumsum(rotate_about_y(root, -turn), axis=0)
    root[:, 1] = features[:, layout.ROOT_HEIGHT][:, 0]
    local = features[:, layout.RIC_POSITIONS].reshape(len(features), N_JOINTS - 1, 3)
    joints = rotate_about_y(local, -turn[:, None]) + root[:, None] * [1.0, 0.0, 1.0]
    return np.concatenate([root[:, None], joints], axis=1)

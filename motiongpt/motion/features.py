"""HumanML3D and KIT-ML features from joint positions, and joint positions from features.

The formulas are HumanML3D's (Guo et al., CVPR 2022). Where the heading passes through 180 degrees
the original's yaw velocity changes sign for that frame, and positions can't be recovered from it;
ours does not unless `published_turns` asks for the same numbers.
"""

import numpy as np
from scipy.ndimage import gaussian_filter1d

from motiongpt.errors import MotionError
from motiongpt.motion import layout
from motiongpt.motion.layout import Layout, layout_of
from motiongpt.motion.rotation import matrix_about_y, matrix_between, rotate_about_y
from motiongpt.motion.skeleton import HUMANML3D, Skeleton, skeleton_with

HEADING_SIGMA = 20.0
"""Width in frames of the Gaussian that smooths the facing direction."""


def check_positions(positions: np.ndarray, skeleton: Skeleton = HUMANML3D) -> np.ndarray:
    """Refuse what no features can be computed of.

    Returns:
        The positions as float64, (T, J, 3).

    Raises:
        MotionError: for a wrong shape, fewer than 2 frames, or a value that is not finite.
    """
    positions = np.asarray(positions, dtype=np.float64)
    if positions.ndim != 3 or positions.shape[1:] != (skeleton.n_joints, 3):
        allowed = f"(T, {skeleton.n_joints}, 3)"
        raise MotionError(f"positions have shape {positions.shape}; allowed: {allowed}")
    if len(positions) < 2:
        raise MotionError(f"a clip of {len(positions)} frames has no velocity; at least 2 needed")
    if not np.isfinite(positions).all():
        frame, joint = np.argwhere(~np.isfinite(positions).all(axis=2))[0]
        raise MotionError(
            f"frame {frame}, joint '{skeleton.joint_names[joint]}' is not finite: "
            f"{positions[frame, joint].tolist()}"
        )
    return positions


def unify_skeleton(
    positions: np.ndarray, bone_lengths: np.ndarray, skeleton: Skeleton = HUMANML3D
) -> np.ndarray:
    """Give a clip the common skeleton's bone lengths, keeping every bone's direction.

    Args:
        positions: shape (T, J, 3), in the skeleton's unit, y up.
        bone_lengths: length of the bone that ends in each joint, shape (J,), likewise.
        skeleton: joints of both.

    Returns:
        Positions (T, J, 3); the root path is scaled by the ratio of leg lengths.

    Raises:
        MotionError: for a wrong shape, a value that is not finite, or a bone of no length.
    """
    positions = check_positions(positions, skeleton)
    parents = skeleton.parents
    bones = positions[:, 1:] - positions[:, parents[1:]]
    lengths = np.linalg.norm(bones, axis=-1)
    if (lengths < 1e-6 / skeleton.unit).any():
        frame, bone = np.argwhere(lengths < 1e-6 / skeleton.unit)[0]
        name = skeleton.joint_names[bone + 1]
        raise MotionError(f"frame {frame}: the bone that ends in '{name}' has no length")
    leg = list(skeleton.leg)
    source_leg = lengths[0, [joint - 1 for joint in leg]].sum()
    unified = np.empty_like(positions)
    unified[:, 0] = positions[:, 0] * (bone_lengths[leg].sum() / source_leg)
    bones *= (bone_lengths[1:] / lengths)[..., None]
    for chain in skeleton.chains:
        for parent, joint in zip(chain[:-1], chain[1:], strict=True):
            unified[:, joint] = unified[:, parent] + bones[:, joint - 1]
    return unified


def canonicalize(positions: np.ndarray, skeleton: Skeleton = HUMANML3D) -> np.ndarray:
    """Put a clip on the floor, its first root above the origin, facing +z at first.

    Args:
        positions: shape (T, J, 3), y up.
        skeleton: its joints.

    Returns:
        Positions (T, J, 3) in the same unit.

    Raises:
        MotionError: as `check_positions`.
    """
    positions = check_positions(positions, skeleton)
    origin = positions[0, 0].copy()
    origin[1] = positions[..., 1].min()
    return rotate_about_y(positions - origin, facing_turn(positions[:1], skeleton))


def _across(positions: np.ndarray, pair: tuple[int, int]) -> np.ndarray:
    return positions[:, pair[1]] - positions[:, pair[0]]


def _turn_of(across: np.ndarray) -> np.ndarray:
    """Angle (T,) that turns y x across (T, 3) to +z."""
    forward = np.cross([0.0, 1.0, 0.0], across)
    return -np.arctan2(forward[:, 0], forward[:, 2])


def facing_turn(positions: np.ndarray, skeleton: Skeleton = HUMANML3D) -> np.ndarray:
    """Angle (T,) in [rad] about y that turns a clip (T, J, 3) to face +z (hips, shoulders)."""
    return _turn_of(_across(positions, skeleton.hips) + _across(positions, skeleton.shoulders))


def heading_turn(positions: np.ndarray, skeleton: Skeleton = HUMANML3D) -> np.ndarray:
    """Angle (T,) in [rad] that takes the smoothed heading to +z; 0 in the first frame.

    As in the original, weights trained on whose features need the same: it swaps left and right
    hip here, so that hips are subtracted from shoulders, and leaves the first frame unturned.
    """
    across = _across(positions, skeleton.shoulders) - _across(positions, skeleton.hips)
    across /= np.maximum(np.linalg.norm(across, axis=-1, keepdims=True), 1e-9)
    turn = _turn_of(gaussian_filter1d(across, HEADING_SIGMA, axis=0, mode="nearest"))
    turn[0] = 0.0
    return turn


def _rotations_6d(positions: np.ndarray, turn: np.ndarray, skeleton: Skeleton) -> np.ndarray:
    """Local bone rotations (T, J - 1, 6): first two columns of each matrix, as in the original."""
    bones = positions[:, 1:] - positions[:, skeleton.parents[1:]]
    bones = bones / np.maximum(np.linalg.norm(bones, axis=-1, keepdims=True), 1e-9)
    world = matrix_between(skeleton.rest_directions[1:], bones)  # (T, J - 1, 3, 3)
    # A chain's first bone is relative to the root, whatever joint the chain is attached to.
    parent = np.broadcast_to(matrix_about_y(turn)[:, None], world.shape).copy()
    for chain in skeleton.chains:
        after, before = np.array(chain[2:]) - 1, np.array(chain[1:-1]) - 1
        parent[:, after] = world[:, before]
    local = np.einsum("tjki,tjkc->tjci", parent, world[..., :2])  # (T, J - 1, column, 3)
    return local.reshape(*local.shape[:2], 6)


def encode_features(
    positions: np.ndarray, skeleton: Skeleton = HUMANML3D, published_turns: bool = False
) -> np.ndarray:
    """Compute the features of a clip.

    Args:
        positions: shape (T, J, 3), in the skeleton's unit, x left, y up, z forward, at its frame
            rate, as `unify_skeleton` and `canonicalize` leave them.
        skeleton: its joints.
        published_turns: change the sign of the yaw velocity where the heading passes through 180
            degrees, as the published features do.

    Returns:
        Features (T - 1, F), laid out as `motiongpt.motion.layout` names them.

    Raises:
        MotionError: as `check_positions`.
    """
    positions = check_positions(positions, skeleton)
    turn = heading_turn(positions, skeleton)
    step = np.diff(positions, axis=0)
    half_step = np.diff(turn) / 2
    if published_turns:
        half_step = np.arcsin(np.sin(half_step))
    else:
        half_step = (half_step + np.pi / 2) % np.pi - np.pi / 2
    local = positions - positions[:, :1] * [1.0, 0.0, 1.0]
    local = rotate_about_y(local, turn[:, None])
    feet = list(skeleton.feet)
    contacts = (step[:, feet] ** 2).sum(axis=-1) < skeleton.contact_threshold
    n, at = len(step), Layout(skeleton.n_joints)
    features = np.empty((n, at.n_features))
    features[:, layout.ROOT_YAW_VELOCITY] = half_step[:, None]
    features[:, layout.ROOT_PLANAR_VELOCITY] = rotate_about_y(step[:, 0], turn[1:])[:, [0, 2]]
    features[:, layout.ROOT_HEIGHT] = positions[:-1, 0, 1:2]
    features[:, at.ric_positions] = local[:-1, 1:].reshape(n, -1)
    rotations = _rotations_6d(positions[:-1], turn[:-1], skeleton)
    features[:, at.rotations_6d] = rotations.reshape(n, -1)
    features[:, at.local_velocities] = rotate_about_y(step, turn[:-1, None]).reshape(n, -1)
    features[:, at.foot_contacts] = contacts
    return features


class PositionRecovery:
    """Joint positions from features that come in pieces; each piece goes on from the last."""

    def __init__(self, n_features: int) -> None:
        """Start at the origin.

        Raises:
            MotionError: if no skeleton has features of this width.
        """
        self._layout = layout_of(n_features)
        self._turn = 0.0
        self._step = np.zeros(3)  # yaw and planar velocity of the frame before
        self._place = np.zeros(2)

    def push(self, features: np.ndarray) -> np.ndarray:
        """Compute the positions of the next frames.

        Args:
            features: shape (T, F).

        Returns:
            Positions (T, J, 3) in the skeleton's unit, y up.

        Raises:
            MotionError: for a wrong shape.
        """
        features, at = np.asarray(features, dtype=np.float64), self._layout
        if features.ndim != 2 or features.shape[1] != at.n_features:
            raise MotionError(
                f"features have shape {features.shape}; allowed: (T, {at.n_features})"
            )
        # A step leads to the next frame, and is stored as seen from the heading there.
        moves = features[:, layout.ROOT_YAW_VELOCITY.start : layout.ROOT_PLANAR_VELOCITY.stop]
        steps = np.concatenate([self._step[None], moves])
        turn = self._turn + np.cumsum(2 * steps[:-1, 0])
        root = np.zeros((len(features), 3))
        root[:, [0, 2]] = steps[:-1, 1:]
        root = np.cumsum(rotate_about_y(root, -turn), axis=0)
        root[:, [0, 2]] += self._place
        if len(features):
            self._turn, self._step, self._place = turn[-1], steps[-1], root[-1, [0, 2]]
        root[:, 1] = features[:, layout.ROOT_HEIGHT][:, 0]
        local = features[:, at.ric_positions].reshape(len(features), at.n_joints - 1, 3)
        joints = rotate_about_y(local, -turn[:, None]) + root[:, None] * [1.0, 0.0, 1.0]
        return np.concatenate([root[:, None], joints], axis=1)


def recover_positions(features: np.ndarray) -> np.ndarray:
    """Compute joint positions from features.

    Args:
        features: shape (T, 263) or (T, 251).

    Returns:
        Positions (T, J, 3) in the skeleton's unit, y up; the first root is above the origin.

    Raises:
        MotionError: for a wrong width or no frame.
    """
    features = np.asarray(features)
    if features.ndim != 2 or len(features) == 0:
        raise MotionError(f"features have shape {features.shape}; allowed: (T, F) with T > 0")
    return PositionRecovery(features.shape[1]).push(features)


def skeleton_of(features: np.ndarray) -> Skeleton:
    """Find the skeleton whose features (..., F) these are.

    Raises:
        MotionError: if no skeleton has features of this width.
    """
    return skeleton_with(layout_of(features.shape[-1]).n_joints)

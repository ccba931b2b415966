"""Rotations between directions and about the vertical, in HumanML3D's axes (y up)."""

import numpy as np


def rotate_about_y(vectors: np.ndarray, angle: np.ndarray) -> np.ndarray:
    """Rotate vectors about the y axis.

    Args:
        vectors: shape (..., 3).
        angle: in [rad], broadcast against `vectors.shape[:-1]`; positive turns z towards x.

    Returns:
        Rotated vectors, the broadcast shape (..., 3).
    """
    x, y, z = vectors[..., 0], vectors[..., 1], vectors[..., 2]
    c, s = np.cos(angle), np.sin(angle)
    return np.stack(np.broadcast_arrays(c * x + s * z, y, c * z - s * x), axis=-1)


def matrix_about_y(angle: np.ndarray) -> np.ndarray:
    """Rotation matrices (..., 3, 3) about y by `angle` (...) in [rad]."""
    basis = rotate_about_y(np.eye(3), np.asarray(angle)[..., None])  # rows: images of x, y, z
    return np.swapaxes(basis, -1, -2)


def matrix_between(source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Shortest rotations that take one unit direction to another.

    Args:
        source: unit vectors, shape (..., 3).
        target: unit vectors, shape (..., 3).

    Returns:
        Rotation matrices (..., 3, 3). Opposite directions turn about any perpendicular axis.
    """
    source, target = np.broadcast_arrays(source, target)
    axis = np.cross(source, target)
    cosine = np.sum(source * target, axis=-1)
    opposite = cosine < -1 + 1e-9
    K = np.zeros(axis.shape + (3,))
    K[..., 0, 1], K[..., 0, 2], K[..., 1, 2] = -axis[..., 2], axis[..., 1], -axis[..., 0]
    K -= np.swapaxes(K, -1, -2).copy()
    scale = 1 / np.where(opposite, 1.0, 1 + cosine)
    R = np.eye(3) + K + K @ K * scale[..., None, None]
    if opposite.any():
        s = source[opposite]
        other = np.eye(3)[np.argmin(np.abs(s), axis=-1)]
        n = np.cross(s, other)
        n /= np.linalg.norm(n, axis=-1, keepdims=True)
        R[opposite] = 2 * n[:, :, None] * n[:, None, :] - np.eye(3)
    return R

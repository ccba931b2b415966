"""Quaternions [qx qy qz qw] of many frames at once."""

import numpy as np


def quaternions(X: np.ndarray) -> np.ndarray:
    """Unit quaternions (T, 4) without jumps of sign, of axes (3, 3, T) by columns.

    The largest of the four squares decides which formula is used (Shepperd, 1978).
    """
    m = X.transpose(2, 1, 0)  # (T, 3, 3): rows of the rotation matrix
    trace = m[:, 0, 0] + m[:, 1, 1] + m[:, 2, 2]
    squares = np.stack([m[:, 0, 0], m[:, 1, 1], m[:, 2, 2], trace], axis=1)
    largest = squares.argmax(axis=1)
    q = np.empty((len(m), 4))
    for k in range(3):
        rows, i, j = largest == k, (k + 1) % 3, (k + 2) % 3
        r = m[rows]
        q[rows, k] = 1 + r[:, k, k] - r[:, i, i] - r[:, j, j]
        q[rows, i] = r[:, i, k] + r[:, k, i]
        q[rows, j] = r[:, j, k] + r[:, k, j]
        q[rows, 3] = r[:, j, i] - r[:, i, j]
    rows, r = largest == 3, m[largest == 3]
    q[rows, 0], q[rows, 1] = r[:, 2, 1] - r[:, 1, 2], r[:, 0, 2] - r[:, 2, 0]
    q[rows, 2], q[rows, 3] = r[:, 1, 0] - r[:, 0, 1], 1 + trace[rows]
    q /= np.linalg.norm(q, axis=1, keepdims=True)
    return continuous(q)


def continuous(q: np.ndarray) -> np.ndarray:
    """The same rotations (T, 4) with signs that do not jump."""
    flips = np.where((q[1:] * q[:-1]).sum(axis=1) < 0, -1.0, 1.0)
    return q * np.concatenate([[1.0], np.cumprod(flips)])[:, None]


def multiply(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Products (..., 4) of quaternions (..., 4)."""
    ax, ay, az, aw = np.moveaxis(a, -1, 0)
    bx, by, bz, bw = np.moveaxis(b, -1, 0)
    return np.stack(
        [
            aw * bx + ax * bw + ay * bz - az * by,
            aw * by - ax * bz + ay * bw + az * bx,
            aw * bz + ax * by - ay * bx + az * bw,
            aw * bw - ax * bx - ay * by - az * bz,
        ],
        axis=-1,
    )


def conjugate(q: np.ndarray) -> np.ndarray:
    """The opposite rotations."""
    return q * [-1.0, -1.0, -1.0, 1.0]


def turn_axes(q: np.ndarray) -> np.ndarray:
    """Axes (3, 3, T), by columns, of unit quaternions (T, 4)."""
    x, y, z, w = q.T
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y + z * w), 2 * (x * z - y * w)],
            [2 * (x * y - z * w), 1 - 2 * (x * x + z * z), 2 * (y * z + x * w)],
            [2 * (x * z + y * w), 2 * (y * z - x * w), 1 - 2 * (x * x + y * y)],
        ]
    )


def rotation_vectors(q: np.ndarray) -> np.ndarray:
    """Rotation vectors (..., 3) in [rad], at most half a turn, of unit quaternions (..., 4)."""
    q = np.where(q[..., 3:] < 0, -q, q)
    sine = np.linalg.norm(q[..., :3], axis=-1, keepdims=True)
    angle = 2 * np.arctan2(sine, q[..., 3:])
    return q[..., :3] * np.where(sine > 1e-9, angle / np.maximum(sine, 1e-12), 2.0)


def tangent_velocities(q: np.ndarray, fps: float) -> np.ndarray:
    """Forward differences (T, nv) of configurations (T, nq), the base's in its own frame."""
    v = np.zeros((len(q), q.shape[1] - 1))
    if len(q) < 2:
        return v
    turns = rotation_vectors(multiply(conjugate(q[:-1, 3:7]), q[1:, 3:7]))
    X = turn_axes(q[:-1, 3:7])
    v[:-1, :3] = np.einsum("kit,ti->tk", X, np.diff(q[:, :3], axis=0))
    v[:-1, 3:6] = turns
    v[:-1, 6:] = np.diff(q[:, 7:], axis=0)
    v[-1] = v[-2]
    return v * fps

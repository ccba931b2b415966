"""HumanML3D's processing as its published formulas say it, with quaternions, frame by frame.

Slow and in float64; features are compared with it. Its flaws are kept: left and right hip are
swapped in the smoothed heading, the first frame is left unturned, and quaternions change sign
where the heading passes through 180 degrees.
"""

import numpy as np
from scipy.ndimage import gaussian_filter1d

from motiongpt.motion.skeleton import Skeleton

Quaternion = np.ndarray  # w, x, y, z


def multiply(q: Quaternion, r: Quaternion) -> Quaternion:
    scalar = q[0] * r[0] - q[1:] @ r[1:]
    return np.r_[scalar, q[0] * r[1:] + r[0] * q[1:] + np.cross(q[1:], r[1:])]


def inverse(q: Quaternion) -> Quaternion:
    return q * [1, -1, -1, -1]


def rotate(q: Quaternion, v: np.ndarray) -> np.ndarray:
    return multiply(multiply(q, np.r_[0.0, v]), inverse(q))[1:]


def between(a: np.ndarray, b: np.ndarray) -> Quaternion:
    q = np.r_[np.sqrt((a @ a) * (b @ b)) + a @ b, np.cross(a, b)]
    return q / np.linalg.norm(q)


def columns(q: Quaternion) -> np.ndarray:
    return np.r_[rotate(q, np.array([1.0, 0, 0])), rotate(q, np.array([0, 1.0, 0]))]


def unit(v: np.ndarray) -> np.ndarray:
    return v / np.linalg.norm(v)


def place(positions: np.ndarray, lengths: np.ndarray, skeleton: Skeleton) -> np.ndarray:
    """Common skeleton, floor, origin, facing +z."""
    leg = [int(j) for j in skeleton.leg]
    first = positions[0]
    ours = sum(np.linalg.norm(first[j] - first[skeleton.parents[j]]) for j in leg)
    placed = np.zeros_like(positions)
    for t, pose in enumerate(positions):
        placed[t, 0] = pose[0] * lengths[leg].sum() / ours
        for chain in skeleton.chains:
            for parent, joint in zip(chain[:-1], chain[1:], strict=True):
                turn = between(skeleton.rest_directions[joint], unit(pose[joint] - pose[parent]))
                bone = lengths[joint] * skeleton.rest_directions[joint]
                placed[t, joint] = placed[t, parent] + rotate(turn, bone)
    placed -= [placed[0, 0, 0], placed[..., 1].min(), placed[0, 0, 2]]
    (left_hip, right_hip), (left, right) = skeleton.hips, skeleton.shoulders
    start = placed[0]
    across = start[right_hip] - start[left_hip] + start[right] - start[left]
    forward = unit(np.cross([0, 1, 0], across))
    turn = between(forward, np.array([0, 0, 1.0]))
    return np.array([[rotate(turn, joint) for joint in pose] for pose in placed])


def features(placed: np.ndarray, skeleton: Skeleton) -> np.ndarray:
    """Features (T - 1, F) of what `place` gives."""
    (left_hip, right_hip), (left, right) = skeleton.hips, skeleton.shoulders
    across = placed[:, left_hip] - placed[:, right_hip] + placed[:, right] - placed[:, left]
    forward = np.array([np.cross([0, 1, 0], unit(a)) for a in across])
    forward = gaussian_filter1d(forward, 20, axis=0, mode="nearest")
    root = [between(unit(f), np.array([0, 0, 1.0])) for f in forward]
    root[0] = np.array([1.0, 0, 0, 0])
    rows = []
    for t in range(len(placed) - 1):
        now, then = placed[t], placed[t + 1]
        yaw = np.arcsin(multiply(root[t + 1], inverse(root[t]))[2])
        planar = rotate(root[t + 1], then[0] - now[0])[[0, 2]]
        local = [rotate(root[t], joint - now[0] * [1, 0, 1]) for joint in now[1:]]
        rotations = np.zeros((skeleton.n_joints, 6))
        for chain in skeleton.chains:
            parent = root[t]
            for before, joint in zip(chain[:-1], chain[1:], strict=True):
                bone = between(skeleton.rest_directions[joint], unit(now[joint] - now[before]))
                rotations[joint] = columns(multiply(inverse(parent), bone))
                parent = bone
        velocities = [rotate(root[t], b - a) for a, b in zip(now, then, strict=True)]
        contacts = [
            float(((then[j] - now[j]) ** 2).sum() < skeleton.contact_threshold)
            for j in skeleton.feet
        ]
        groups = ([yaw], planar, now[0, 1:2], local, rotations[1:], velocities, contacts)
        rows.append(np.concatenate([np.ravel(group) for group in groups]))
    return np.array(rows)

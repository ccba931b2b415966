"""What a human motion asks of a robot, free of body size: directions, orientations, contacts."""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter1d, percentile_filter
from scipy.special import expit

from motiongpt.motion.motion import Motion
from motiongpt.motion.skeleton import JOINT_INDEX as J
from motiongpt.retarget.robot_file import SIDES

BONES = (("hip", "knee"), ("knee", "ankle"), ("shoulder", "elbow"), ("elbow", "wrist"))
"""Limb segments whose directions the robot follows, by the robot's limb names."""

CONTACT_SPEED, CONTACT_HEIGHT = 0.35, 0.05
"""A foot slower than this in [m/s] and this close in [m] to its lowest stands on the ground."""

SMOOTHING = 1.0
"""Width in frames of the Gaussian that is applied to joint positions first."""


@dataclass(frozen=True)
class Targets:
    """What the robot should do at each frame; world frame of REP-103.

    Attributes:
        bones: unit directions, shape (T, 8, 3): `BONES` of the left side, then of the right.
        pelvis: rotations base-to-world, shape (T, 3, 3).
        torso: rotations, shape (T, 3, 3).
        feet: unit directions from heel to toe, shape (T, 2, 3), left and right.
        contact: how surely each foot stands, shape (T, 2), 0 to 1.
        root: pelvis position over the leg length, shape (T, 3).
        clearance: height of the lower foot above the ground over the leg length, shape (T,).
    """

    bones: np.ndarray
    pelvis: np.ndarray
    torso: np.ndarray
    feet: np.ndarray
    contact: np.ndarray
    root: np.ndarray
    clearance: np.ndarray


def unit(vectors: np.ndarray) -> np.ndarray:
    """Vectors (..., 3) at length 1; those of no length stay zero."""
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9)


def find_targets(motion: Motion) -> Targets:
    """Read the targets from 22 joint positions."""
    p = motion.positions
    if motion.n_frames > 3:
        p = gaussian_filter1d(p, SMOOTHING, axis=0, mode="nearest")
    bones = [
        unit(p[:, J[f"{side}_{end}"]] - p[:, J[f"{side}_{start}"]])
        for side in SIDES
        for start, end in BONES
    ]
    hips, shoulders = (p[:, J[f"left_{n}"]] - p[:, J[f"right_{n}"]] for n in ("hip", "shoulder"))
    trunk = p[:, J["neck"]] - p[:, J["pelvis"]]
    leg = _leg_length(p)
    ankles, toes = (np.stack([p[:, J[f"{s}_{n}"]] for s in SIDES], 1) for n in ("ankle", "foot"))
    ground = _ground(toes[..., 2].min(axis=1), motion.fps)
    return Targets(
        bones=np.stack(bones, axis=1),
        pelvis=_frames(hips, p[:, J["spine1"]] - p[:, J["pelvis"]], trunk),
        torso=_frames(shoulders, p[:, J["neck"]] - p[:, J["spine2"]], trunk),
        feet=_foot_directions(ankles, toes),
        contact=_contacts(toes, ground, motion.fps),
        root=(p[:, J["pelvis"]] - [0, 0, 1] * ground[:, None]) / leg,
        clearance=np.maximum(toes[..., 2].min(axis=1) - ground - CONTACT_HEIGHT, 0) / leg,
    )


def _frames(left: np.ndarray, up: np.ndarray, trunk: np.ndarray) -> np.ndarray:
    """Rotations (T, 3, 3) whose y axis is `left` and whose z axis is near `up`.

    How far `up` leans from the trunk is a matter of where a body's joints sit and differs from
    one source of motion to the next by 10 degrees; the motion's median lean is turned away.
    """
    y = unit(left)
    z = unit(up - (up * y).sum(-1, keepdims=True) * y)
    x = np.cross(y, z)
    lean = float(np.median(np.arctan2(-(trunk * x).sum(-1), (trunk * z).sum(-1))))
    c, s = np.cos(lean), np.sin(lean)
    return np.stack([c * x + s * z, y, c * z - s * x], axis=-1)


def _leg_length(p: np.ndarray) -> float:
    lengths = [
        np.linalg.norm(p[:, J[f"{side}_{a}"]] - p[:, J[f"{side}_{b}"]], axis=-1).mean()
        for side in SIDES
        for a, b in (("hip", "knee"), ("knee", "ankle"))
    ]
    return max(float(np.sum(lengths)) / 2, 1e-3)


def _ground(lowest: np.ndarray, fps: float) -> np.ndarray:
    """Height (T,) of the ground: a low percentile over two seconds, smooth."""
    size = min(2 * int(fps) + 1, len(lowest))
    ground = percentile_filter(lowest, 10, size=size, mode="nearest")
    return gaussian_filter1d(ground, max(fps / 4, 1), mode="nearest")


def _foot_directions(ankles: np.ndarray, toes: np.ndarray) -> np.ndarray:
    """Heel-to-toe directions (T, 2, 3), level in the clip's flattest frames."""
    forward = toes - ankles
    slope = np.arctan2(forward[..., 2], np.linalg.norm(forward[..., :2], axis=-1))
    pitch = np.clip(slope - np.median(slope, axis=0), -1.0, 1.0)
    level = unit(forward * [1.0, 1.0, 0.0])
    return level * np.cos(pitch)[..., None] + np.sin(pitch)[..., None] * [0.0, 0.0, 1.0]


def _contacts(toes: np.ndarray, ground: np.ndarray, fps: float) -> np.ndarray:
    speed = np.linalg.norm(np.gradient(toes, 1 / fps, axis=0), axis=-1) if len(toes) > 1 else 0.0
    low = expit((ground[:, None] + CONTACT_HEIGHT - toes[..., 2]) / 0.01)
    return low * expit((CONTACT_SPEED - speed) / 0.05)

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

CALIBRATION_FRAMES = 20.0
"""A clip of so many frames has as much say in its calibration as the usual body."""


@dataclass(frozen=True)
class Calibration:
    """Where a source of motion puts its joints in a body that stands upright.

    Attributes:
        pelvis_lean: how far the line from pelvis to spine1 leans from the trunk's, in [rad].
        torso_lean: the same of the line from spine2 to neck, in [rad].
        foot_slope: slope of the line from ankle to toe of a level foot, left and right, in [rad].
        leg_length: thigh and shin, in [m].
    """

    pelvis_lean: float
    torso_lean: float
    foot_slope: tuple[float, float]
    leg_length: float


USUAL = Calibration(pelvis_lean=-0.05, torso_lean=0.04, foot_slope=(-0.69, -0.69), leg_length=0.8)
"""The body that the shipped model draws."""


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


def find_targets(motion: Motion, calibration: Calibration | None = None) -> Targets:
    """Read the targets from 22 joint positions; without a calibration, from the motion itself."""
    calibration = calibration or calibrate(motion)
    p = motion.positions
    if motion.n_frames > 3:
        p = gaussian_filter1d(p, SMOOTHING, axis=0, mode="nearest")
    bones = [
        unit(p[:, J[f"{side}_{end}"]] - p[:, J[f"{side}_{start}"]])
        for side in SIDES
        for start, end in BONES
    ]
    ankles, toes = _feet(p)
    ground = _ground(toes[..., 2].min(axis=1), motion.fps)
    leg = calibration.leg_length
    return Targets(
        bones=np.stack(bones, axis=1),
        pelvis=_turned(*_pelvis_axes(p), calibration.pelvis_lean),
        torso=_turned(*_torso_axes(p), calibration.torso_lean),
        feet=_foot_directions(ankles, toes, calibration.foot_slope),
        contact=_contacts(toes, ground, motion.fps),
        root=(p[:, J["pelvis"]] - [0, 0, 1] * ground[:, None]) / leg,
        clearance=np.maximum(toes[..., 2].min(axis=1) - ground - CONTACT_HEIGHT, 0) / leg,
    )


def calibrate(motion: Motion) -> Calibration:
    """Read a body from a motion.

    How far a spine leans from the trunk is a matter of where a body's joints sit and differs from
    one source of motion to the next by 10 degrees; so does the slope of a foot. The median of the
    clip is taken, and for a short one what is usual.
    """
    p = motion.positions
    trunk = p[:, J["neck"]] - p[:, J["pelvis"]]
    ankles, toes = _feet(p)
    slopes = np.median(_slopes(ankles, toes), axis=0)
    lengths = [
        np.linalg.norm(p[:, J[f"{side}_{a}"]] - p[:, J[f"{side}_{b}"]], axis=-1).mean()
        for side in SIDES
        for a, b in (("hip", "knee"), ("knee", "ankle"))
    ]
    share = motion.n_frames / (motion.n_frames + CALIBRATION_FRAMES)

    def mixed(own: float, usual: float) -> float:
        return float(share * own + (1 - share) * usual)

    return Calibration(
        pelvis_lean=mixed(_lean(_pelvis_axes(p), trunk), USUAL.pelvis_lean),
        torso_lean=mixed(_lean(_torso_axes(p), trunk), USUAL.torso_lean),
        foot_slope=(
            mixed(slopes[0], USUAL.foot_slope[0]),
            mixed(slopes[1], USUAL.foot_slope[1]),
        ),
        leg_length=max(float(np.sum(lengths)) / 2, 1e-3),
    )


Axes = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Forward, left and up, unit vectors (T, 3) each."""


def _pelvis_axes(p: np.ndarray) -> Axes:
    return _axes(p[:, J["left_hip"]] - p[:, J["right_hip"]], p[:, J["spine1"]] - p[:, J["pelvis"]])


def _torso_axes(p: np.ndarray) -> Axes:
    left = p[:, J["left_shoulder"]] - p[:, J["right_shoulder"]]
    return _axes(left, p[:, J["neck"]] - p[:, J["spine2"]])


def _axes(left: np.ndarray, up: np.ndarray) -> Axes:
    y = unit(left)
    z = unit(up - (up * y).sum(-1, keepdims=True) * y)
    return np.cross(y, z), y, z


def _lean(axes: Axes, trunk: np.ndarray) -> float:
    x, _, z = axes
    return float(np.median(np.arctan2(-(trunk * x).sum(-1), (trunk * z).sum(-1))))


def _turned(x: np.ndarray, y: np.ndarray, z: np.ndarray, lean: float) -> np.ndarray:
    """Rotations (T, 3, 3) with a body's lean turned away."""
    c, s = np.cos(lean), np.sin(lean)
    return np.stack([c * x + s * z, y, c * z - s * x], axis=-1)


def _feet(p: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Ankles and toes (T, 2, 3)."""
    return tuple(np.stack([p[:, J[f"{s}_{n}"]] for s in SIDES], 1) for n in ("ankle", "foot"))


def _slopes(ankles: np.ndarray, toes: np.ndarray) -> np.ndarray:
    """Slopes (T, 2) in [rad] of the lines from ankle to toe."""
    forward = toes - ankles
    return np.arctan2(forward[..., 2], np.linalg.norm(forward[..., :2], axis=-1))


def _ground(lowest: np.ndarray, fps: float) -> np.ndarray:
    """Height (T,) of the ground: a low percentile over two seconds, smooth."""
    size = min(2 * int(fps) + 1, len(lowest))
    ground = percentile_filter(lowest, 10, size=size, mode="nearest")
    return gaussian_filter1d(ground, max(fps / 4, 1), mode="nearest")


def _foot_directions(
    ankles: np.ndarray, toes: np.ndarray, level_slope: tuple[float, float]
) -> np.ndarray:
    """Heel-to-toe directions (T, 2, 3)."""
    pitch = np.clip(_slopes(ankles, toes) - level_slope, -1.0, 1.0)
    level = unit((toes - ankles) * [1.0, 1.0, 0.0])
    return level * np.cos(pitch)[..., None] + np.sin(pitch)[..., None] * [0.0, 0.0, 1.0]


def _contacts(toes: np.ndarray, ground: np.ndarray, fps: float) -> np.ndarray:
    speed = np.linalg.norm(np.gradient(toes, 1 / fps, axis=0), axis=-1) if len(toes) > 1 else 0.0
    low = expit((ground[:, None] + CONTACT_HEIGHT - toes[..., 2]) / 0.01)
    return low * expit((CONTACT_SPEED - speed) / 0.05)

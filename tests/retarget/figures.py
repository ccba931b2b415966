"""Human motions made from formulas."""

import numpy as np

from motiongpt.motion.motion import Motion
from motiongpt.motion.skeleton import JOINT_INDEX as J
from motiongpt.motion.skeleton import MIRROR, N_JOINTS

_STANDING = {
    "pelvis": (0, 0, 0.95),
    "hip": (0, 0.1, 0.87),
    "knee": (0, 0.1, 0.48),
    "ankle": (-0.03, 0.1, 0.07),
    "foot": (0.1, 0.1, 0.02),
    "spine1": (-0.02, 0, 1.07),
    "spine2": (-0.01, 0, 1.2),
    "spine3": (0, 0, 1.26),
    "neck": (0.0, 0, 1.46),
    "collar": (0, 0.08, 1.38),
    "head": (0.05, 0, 1.55),
    "shoulder": (0, 0.18, 1.41),
    "elbow": (0, 0.2, 1.15),
    "wrist": (0.05, 0.2, 0.9),
}


def standing(n_frames: int) -> np.ndarray:
    """A figure that stands facing +x, (n_frames, 22, 3) in [m]."""
    pose = np.zeros((N_JOINTS, 3))
    for name, index in J.items():
        side = 1.0 if name.startswith("left_") else -1.0
        place = _STANDING[name.split("_")[-1]]
        pose[index] = np.array(place) * [1, side if "_" in name else 1, 1]
    return np.repeat(pose[None], n_frames, axis=0)


def gesture(n_frames: int = 60, heading: float = 0.0) -> Motion:
    """The right arm rises overhead and comes down while the knees bend a little."""
    p = standing(n_frames)
    lift = np.sin(np.linspace(0, np.pi, n_frames)) ** 2
    angle = 2.6 * lift
    shoulder = p[:, J["right_shoulder"]]
    for name, reach in (("right_elbow", 0.27), ("right_wrist", 0.52)):
        direction = np.stack([0 * angle, -np.sin(angle), -np.cos(angle)], axis=-1)
        p[:, J[name]] = shoulder + reach * direction
    drop = 0.05 * lift[:, None, None] * [0, 0, 1.0]
    upper = [i for n, i in J.items() if n.split("_")[-1] not in ("ankle", "foot", "knee")]
    p[:, upper] -= drop
    c, s = np.cos(heading), np.sin(heading)
    return Motion(p @ np.array([[c, s, 0], [-s, c, 0], [0, 0, 1]]))


def moving(speed: float, turn: float = 0.0, n: int = 80) -> Motion:
    """A standing figure that glides along its facing at `speed` [m/s] while it turns."""
    angle = np.linspace(0, turn, n)
    c, s, o = np.cos(angle), np.sin(angle), np.zeros(n)
    R = np.stack([np.stack([c, -s, o], -1), np.stack([s, c, o], -1), np.stack([o, o, o + 1], -1)])
    p = np.einsum("itj,tkj->tki", R, standing(n))
    path = np.cumsum(np.stack([c, s, o], axis=-1), axis=0) * speed / 20
    return Motion(p + path[:, None])


def hopping(height: float, n: int = 60) -> Motion:
    """A standing figure that goes up by `height` [m] for a moment."""
    p = standing(n)
    p[25:40, :, 2] += height
    return Motion(p)


def mirrored(motion: Motion) -> Motion:
    """The same with left and right exchanged."""
    return Motion(motion.positions[:, MIRROR] * [1, -1, 1])

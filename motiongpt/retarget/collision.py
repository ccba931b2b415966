"""Arms keep clear of the body and of each other."""

from dataclasses import dataclass

import numpy as np

from motiongpt.retarget.capsules import Capsules
from motiongpt.retarget.kinematics import Kinematics, Placements
from motiongpt.retarget.limb import Limb
from motiongpt.retarget.tasks import Rows, cross

MARGIN = 0.007
"""Distance in [m] from which on capsules push each other away."""

N_WORST = 4
"""Pairs that are pushed apart at once, in one frame."""

N_SAMPLES = 200
ALWAYS = 0.7
"""Pairs that touch in more than this share of random poses are no collision but a joint."""

REACH = 0.15
"""Pairs that no random pose of the arm brings closer than this in [m] never meet."""


@dataclass(frozen=True)
class Pairs:
    """Which capsules of an arm are kept clear of which others.

    Attributes:
        moving: capsule index of the arm, shape (P,).
        other: capsule index of what it is kept clear of, shape (P,).
    """

    moving: np.ndarray
    other: np.ndarray


def find_pairs(tree: Kinematics, capsules: Capsules, limb: Limb, rest: np.ndarray) -> Pairs:
    """Choose the pairs that an arm can bring together.

    Args:
        tree: kinematics.
        capsules: of the whole robot.
        limb: the arm.
        rest: rest pose, shape (n,), in [rad].
    """
    rng = np.random.default_rng(0)
    mine = np.isin(capsules.links, limb.joints)
    moving, other = (
        index.ravel() for index in np.meshgrid(np.flatnonzero(mine), np.flatnonzero(~mine))
    )
    neighbours = {int(tree.parents[limb.joints[0]]), int(limb.joints[0])}
    near = np.isin(capsules.links[other], list(neighbours))
    # The shoulder's first links never leave the trunk.
    keep = ~(near & np.isin(capsules.links[moving], limb.joints[:2]))
    moving, other = moving[keep], other[keep]
    if not len(moving):
        return Pairs(moving, other)
    q = np.repeat(rest[:, None], N_SAMPLES + 1, axis=1)
    low, high = limb.lower[:, None], limb.upper[:, None]
    q[limb.joints, 1:] = low + rng.uniform(size=(len(low), N_SAMPLES)) * (high - low)
    origin = np.repeat(np.eye(3)[..., None], N_SAMPLES + 1, axis=2)
    placed = tree.place(q, origin, np.zeros((3, N_SAMPLES + 1)))
    gap = _closest(capsules, placed, moving, other)[0]
    free = (gap[:, 0] > 0) & ((gap < 0).mean(axis=1) < ALWAYS) & (gap.min(axis=1) < REACH)
    return Pairs(moving[free], other[free])


@dataclass(frozen=True)
class Clearance:
    """A limb's capsules should not come closer to others than `MARGIN`."""

    capsules: Capsules
    pairs: Pairs
    weight: float

    def rows(self, tree: Kinematics, placed: Placements, joints: np.ndarray) -> Rows:
        """See `tasks.Task`; the pairs that are closest in each frame have a row each."""
        if not len(self.pairs.moving):
            n_frames = placed.p.shape[2]
            return np.zeros((0, n_frames)), np.zeros((0, len(joints), n_frames))
        gap, normal, on_mine, on_other = _closest(
            self.capsules, placed, self.pairs.moving, self.pairs.other
        )
        k = min(N_WORST, len(gap))
        worst = np.argpartition(gap, k - 1, axis=0)[:k]  # (k, T)
        t = np.arange(gap.shape[1])
        error = np.maximum(MARGIN - gap[worst, t], 0.0)
        active = error > 0
        J = np.zeros((k, len(joints), len(t)))
        moving = self.capsules.links[self.pairs.moving]
        other = self.capsules.links[self.pairs.other]
        for row in range(k):
            n = normal[worst[row], :, t].T * active[row]
            mine, theirs = on_mine[worst[row], :, t].T, on_other[worst[row], :, t].T
            for column, joint in enumerate(joints):
                axis, origin = placed.X[joint, 2], placed.p[joint]
                moves = tree.support[moving[worst[row]], joint]
                speed = moves * (n * cross(axis, mine - origin)).sum(axis=0)
                moves = tree.support[other[worst[row]], joint]
                speed -= moves * (n * cross(axis, theirs - origin)).sum(axis=0)
                J[row, column] = speed
        return self.weight * error, self.weight * J

    def select(self, frames: np.ndarray) -> "Clearance":
        """See `tasks.Task`; all frames are alike."""
        return self

    def depth(self, placed: Placements) -> np.ndarray:
        """How deep (T,) in [m] the closest pair is inside `MARGIN`; 0 where all is clear."""
        if not len(self.pairs.moving):
            return np.zeros(placed.p.shape[2])
        gap = _closest(self.capsules, placed, self.pairs.moving, self.pairs.other)[0]
        return np.maximum(MARGIN - gap.min(axis=0), 0.0)


def _closest(
    capsules: Capsules, placed: Placements, moving: np.ndarray, other: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Gaps (P, T), directions from other to moving (P, 3, T), and points on both axes.

    Closest points of two segments after Ericson, Real-Time Collision Detection, 2005, 5.1.9.
    """
    used, index = np.unique(np.concatenate([moving, other]), return_inverse=True)
    ends = capsules.place(placed, used)
    a, b = ends[index[: len(moving)]], ends[index[len(moving) :]]  # (P, 2, 3, T)
    d1, d2, r = a[:, 1] - a[:, 0], b[:, 1] - b[:, 0], a[:, 0] - b[:, 0]
    aa, ee = (np.maximum((d * d).sum(axis=1), 1e-12) for d in (d1, d2))
    f, c, bb = (d2 * r).sum(axis=1), (d1 * r).sum(axis=1), (d1 * d2).sum(axis=1)
    denominator = np.maximum(aa * ee - bb * bb, 1e-12)
    s = np.clip((bb * f - c * ee) / denominator, 0, 1)
    u = np.clip((bb * s + f) / ee, 0, 1)
    s = np.clip((bb * u - c) / aa, 0, 1)
    on_a, on_b = a[:, 0] + s[:, None] * d1, b[:, 0] + u[:, None] * d2
    gap = on_a - on_b
    length = np.sqrt((gap * gap).sum(axis=1))
    normal = gap / np.maximum(length, 1e-9)[:, None]
    radii = capsules.radii[moving] + capsules.radii[other]
    return length - radii[:, None], normal, on_a, on_b

"""What the ground can push against standing feet, and what it cannot.

The ground pushes and does not pull, and holds sideways only as far as friction goes (Coulomb). So
of a force and a moment that a motion needs it gives the vertical force first, then as much of the
tipping moments as a push within the soles can: the point on which it pushes is the point of the
soles' hull nearest to the zero-moment point. The rest is what a motion lacks to be possible.
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import nnls

FRICTION = 0.6
"""Sideways force that rubber soles on a dry floor hold, as a share of the force on them."""

STANDING_HEIGHT = 0.01
"""A foot whose sole is this low in [m] carries weight. The least low corners carry less of it, so
that a foot that comes down takes its load over smoothly."""

REACH = 0.1
"""Length in [m] that a lever is compared with."""

EVENNESS = 1e-3
"""How much an even load counts beside the place of the push; it decides only what is left open."""


LEAST_LOAD = 1.0
"""Load in [N] under which it does not matter where the ground pushes."""


@dataclass(frozen=True)
class Push:
    """Forces of the ground over time, world axes.

    Attributes:
        forces: on each point, shape (N, c, 3), in [N].
        lack: what is missing of the wanted force and moment, shape (N, 6), in [N] and, about the
            middle of the push, in [N m].
    """

    forces: np.ndarray
    lack: np.ndarray


def bearing_shares(heights: np.ndarray) -> np.ndarray:
    """How well points bear weight: 1 for the lowest, 0 from `STANDING_HEIGHT` over it on.

    Args:
        heights: shape (N, c), in [m].
    """
    return np.clip(1 - (heights - heights.min(axis=1, keepdims=True)) / STANDING_HEIGHT, 0, 1)


def push_soles(
    points: np.ndarray, bearing: np.ndarray, force: np.ndarray, moment: np.ndarray
) -> Push:
    """Find forces that are physically possible and come nearest to what is wanted.

    Args:
        points: of the soles on the ground, shape (N, c, 2), in [m].
        bearing: how well each bears weight, shape (N, c), 0 to 1, at least one of them above 0.
        force: wanted, shape (N, 3), in [N].
        moment: wanted, about the origin of the points, which is on the ground, shape (N, 3), in
            [N m].
    """
    load = np.maximum(force[:, 2], 0.0)
    safe = np.maximum(load, LEAST_LOAD)
    tipping = np.stack([-moment[:, 1], moment[:, 0]], axis=1)  # zero-moment point times load
    shares = _load_shares(points, bearing, tipping / safe[:, None])
    middle = np.einsum("nc,ncd->nd", shares, points)
    arms = points - middle[:, None]
    yaw = moment[:, 2] - _cross(middle, force[:, :2])
    pulls, turned = _grip(shares, arms, force[:, :2] / safe[:, None], yaw / safe)
    forces = np.concatenate([pulls, np.ones_like(pulls[..., :1])], axis=2)
    forces *= (shares * load[:, None])[..., None]
    lack = np.empty((len(force), 6))
    lack[:, :3] = force - forces.sum(axis=1)
    about = tipping - middle * force[:, 2:]
    lack[:, 3], lack[:, 4] = about[:, 1], -about[:, 0]
    lack[:, 5] = yaw - load * turned
    return Push(forces, lack)


def _load_shares(points: np.ndarray, bearing: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Shares (N, c) of a load, summing to 1, whose middle is nearest to a target.

    Of all that are, the most even ones: least in their sum of squares over `bearing`. It is a
    small non-negative least-squares problem; where the solution without that bound keeps it,
    it is the solution.

    Args:
        points: shape (N, c, 2), in [m].
        bearing: see `push_soles`.
        target: shape (N, 2), in [m].
    """
    n, c = bearing.shape
    root = np.sqrt(bearing)
    rows, wanted = np.empty((n, 3, c)), np.ones((n, 3, 1))
    rows[:, 0] = root
    rows[:, 1:] = (root[..., None] * points / REACH).transpose(0, 2, 1)
    wanted[:, 1:, 0] = target / REACH
    H = rows @ rows.transpose(0, 2, 1) + EVENNESS**2 * np.eye(3)
    found = (rows.transpose(0, 2, 1) @ np.linalg.solve(H, wanted))[..., 0]
    system = np.concatenate([np.zeros((3, c)), EVENNESS * np.eye(c)])
    for t in np.flatnonzero((found < 0).any(axis=1)):
        arms = rows[t, 1:] - wanted[t, 1:] * root[t]
        system[0], system[1:3] = root[t], arms / max(np.abs(wanted[t]).max(), 1.0)
        found[t] = nnls(system, np.eye(3 + c)[0])[0]
    found *= root
    return found / found.sum(axis=1, keepdims=True)


def _grip(
    shares: np.ndarray, arms: np.ndarray, slide: np.ndarray, turn: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Sideways forces at points, each a share of what the point bears; force before moment.

    Args:
        shares: of the load, shape (N, c).
        arms: points seen from the middle of the load, shape (N, c, 2), in [m].
        slide: wanted force over the load, shape (N, 2).
        turn: wanted moment over the load, shape (N,), in [m].

    Returns:
        Forces over loads (N, c, 2), none larger than `FRICTION`, and the moment over the load
        that they make (N,), in [m].
    """
    size = np.linalg.norm(slide, axis=1, keepdims=True)
    slide = slide * np.minimum(1.0, FRICTION / np.maximum(size, 1e-12))
    inertia = (shares * (arms**2).sum(axis=2)).sum(axis=1)
    rate = np.where(inertia > 1e-9, turn / np.maximum(inertia, 1e-9), 0.0)
    around = rate[:, None, None] * np.stack([-arms[..., 1], arms[..., 0]], axis=2)
    # |slide + s around| = FRICTION at each point; the least such s is how far turning can go.
    a = (around**2).sum(axis=2)
    b = (around * slide[:, None]).sum(axis=2)
    left = np.maximum(FRICTION**2 - (slide**2).sum(axis=1), 0.0)[:, None]
    far = (np.sqrt(b * b + a * left) - b) / np.maximum(a, 1e-12)
    s = np.where((shares > 1e-9) & (a > 1e-12), far, 1.0).min(axis=1).clip(0.0, 1.0)
    return slide[:, None] + s[:, None, None] * around, s * rate * inertia


def _cross(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Upward component (N,) of the cross products of horizontal vectors (N, 2)."""
    return a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]

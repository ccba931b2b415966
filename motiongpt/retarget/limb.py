"""Levenberg-Marquardt for one limb, all frames at once, position limits kept.

A humanoid falls into limbs of four to seven joints that hang on a trunk. Their equations are
solved side by side for all frames; a limb's system is so small that this costs well under a
microsecond a frame and iteration. Limits are kept by projection: joints that rest on a limit and
are pushed beyond it leave the system (Bertsekas, SIAM J. Control Optim. 20, 1982).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from motiongpt.retarget.kinematics import Kinematics, Placements
from motiongpt.retarget.tasks import Task

MAX_STEP = 0.6
"""Largest change of a joint in one iteration, in [rad]."""

SMALL_STEP = 1e-4
"""The search ends when no joint moves farther than this, in [rad]."""

ACTIVE_SET_ROUNDS = 3

AT_LIMIT = 1e-9
"""A joint this near to a limit in [rad] is at it, whatever rounding says."""

DAMPING, MIN_DAMPING, MAX_DAMPING = 1e-3, 1e-6, 1e3


@dataclass(frozen=True)
class Limb:
    """Joints that are solved for together.

    Attributes:
        joints: indices (m,), from the trunk outwards.
        lower: lowest positions, shape (m,), in [rad].
        upper: highest positions, shape (m,), in [rad].
    """

    joints: np.ndarray
    lower: np.ndarray
    upper: np.ndarray

    def clip(self, q: np.ndarray) -> np.ndarray:
        """Joint positions (m, T) brought inside the limits."""
        return np.clip(q, self.lower[:, None], self.upper[:, None])


def solve_limb(
    tree: Kinematics,
    placed: Placements,
    limb: Limb,
    tasks: Sequence[Task],
    q: np.ndarray,
    prior: np.ndarray,
    prior_weight: float,
    iterations: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Minimise the squared errors of tasks and the distance to a prior.

    Args:
        tree: kinematics.
        placed: where the links are; the limb's own links are placed anew, in place.
        limb: its joints.
        tasks: what it should do.
        q: where to begin, shape (m, T), in [rad].
        prior: positions to stay near, shape (m, T) or (m, 1), in [rad].
        prior_weight: weight of that.
        iterations: how many.

    Returns:
        Joint positions (m, T) inside the limits, and the cost (T,) they have.
    """
    lower, upper = limb.lower[:, None], limb.upper[:, None]
    q = np.clip(q, lower, upper)
    best, best_cost = q, np.full(q.shape[1], np.inf)
    damping = np.full(q.shape[1], DAMPING)
    H = g = np.empty(0)
    for iteration in range(iterations + 1):
        tree.move(placed, limb.joints, q)
        rows = [task.rows(tree, placed, limb.joints) for task in tasks]
        e = np.concatenate([error for error, _ in rows])
        away = prior_weight * (prior - q)
        cost = np.einsum("rt,rt->t", e, e) + np.einsum("mt,mt->t", away, away)
        better = cost < best_cost
        if iteration == 0:
            H, g = _normal_equations(rows, e, away, prior_weight)
            best_cost = cost
        elif better.any():
            best = np.where(better, q, best)
            best_cost = np.where(better, cost, best_cost)
            if iteration < iterations:
                new_H, new_g = _normal_equations(rows, e, away, prior_weight)
                H = np.where(better[:, None, None], new_H, H)
                g = np.where(better[:, None], new_g, g)
        if iteration < iterations:
            damping = np.where(better, 0.2 * damping, 8 * damping)
            damping = np.clip(damping, MIN_DAMPING, MAX_DAMPING)
            step = _projected_step(H, g, damping, best, lower, upper)
            if np.abs(step).max() < SMALL_STEP:
                break
            q = np.clip(best + step, lower, upper)
    tree.move(placed, limb.joints, best)
    return best, best_cost


def _normal_equations(
    rows: Sequence[tuple[np.ndarray, np.ndarray]],
    e: np.ndarray,
    away: np.ndarray,
    prior_weight: float,
) -> tuple[np.ndarray, np.ndarray]:
    """H (T, m, m) and g (T, m) of the Gauss-Newton step."""
    J = np.concatenate([jacobian for _, jacobian in rows]).transpose(2, 1, 0)  # (T, m, r)
    J = np.ascontiguousarray(J)
    H = J @ J.transpose(0, 2, 1)
    diagonal = np.arange(H.shape[1])
    H[:, diagonal, diagonal] += prior_weight**2
    g = (J @ np.ascontiguousarray(e.T)[..., None])[..., 0] + prior_weight * away.T
    return H, g


def _projected_step(
    H: np.ndarray,
    g: np.ndarray,
    damping: np.ndarray,
    q: np.ndarray,
    lower: np.ndarray,
    upper: np.ndarray,
) -> np.ndarray:
    """Step (m, T) that stays inside the limits: what would leave them goes to its limit."""
    low, high = (lower - q).T, (upper - q).T  # (T, m)
    diagonal = np.arange(H.shape[1])
    H = H.copy()
    H[:, diagonal, diagonal] += damping[:, None]
    fixed = ((low >= -AT_LIMIT) & (g < 0)) | ((high <= AT_LIMIT) & (g > 0))
    step = np.zeros_like(g)
    for _ in range(ACTIVE_SET_ROUNDS):
        A, b = H, g
        if fixed.any():
            A = np.where(fixed[:, :, None] | fixed[:, None, :], 0.0, H)
            A[:, diagonal, diagonal] += fixed * H[:, diagonal, diagonal]
            held = np.where(fixed, step, 0.0)
            b = g - (H @ held[..., None])[..., 0]
            b = np.where(fixed, held * H[:, diagonal, diagonal], b)
        step = np.linalg.solve(A, b[..., None])[..., 0]
        beyond = ((step < low) | (step > high)) & ~fixed
        step = np.clip(step, low, high)
        if not beyond.any():
            break
        fixed |= beyond
    largest = np.abs(step).max(axis=1, keepdims=True)
    return (step * np.minimum(1.0, MAX_STEP / np.maximum(largest, 1e-9))).T

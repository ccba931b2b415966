"""A limb's whole path without jumps: where to begin, and which of several solutions to take.

Directions of two bones leave a shoulder or a hip more than one solution, and a solver that begins
in the wrong place stops at a joint limit. So at every few frames the nearest of many sampled poses
are improved, one for each part of the first joint's range; dynamic programming (Viterbi, 1967)
takes the sequence that errs and moves least; the frames between begin on the line between them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from motiongpt.retarget.kinematics import Kinematics, Placements
from motiongpt.retarget.limb import Limb, solve_limb
from motiongpt.retarget.tasks import Task

N_SAMPLES, N_PARTS = 900, 3
STRIDE = 4
"""Frames between those that are searched."""

SEARCH_ITERATIONS, FINE_ITERATIONS = 4, 3
MOVE_COST = 0.03
"""Cost of a radian squared between searched frames, in the unit of squared task errors."""

POSTURE_WEIGHT, SMOOTH_WEIGHT = 0.05, 0.15


@dataclass(frozen=True)
class PoseTable:
    """Sampled poses of a limb and where its bones then point.

    Attributes:
        q: joint positions, shape (N_PARTS, S, m), in [rad]; a row for each part of the range.
        directions: bone directions in the trunk's frame, shape (N_PARTS, S, 3 * bones).
    """

    q: np.ndarray
    directions: np.ndarray

    def nearest(self, directions: np.ndarray) -> np.ndarray:
        """The best pose of each part.

        Args:
            directions: of the bones in the trunk's frame, shape (T, 3 * bones).

        Returns:
            Joint positions (m, N_PARTS, T).
        """
        likeness = self.directions @ directions.T  # (N_PARTS, S, T)
        best = likeness.argmax(axis=1)  # (N_PARTS, T)
        chosen = self.q[np.arange(N_PARTS)[:, None], best]
        return chosen.transpose(2, 0, 1)


def sample_poses(
    tree: Kinematics, rest: np.ndarray, limb: Limb, bones: Sequence[tuple], trunk: int
) -> PoseTable:
    """Draw poses evenly from a limb's range; the seed is fixed.

    Args:
        tree: kinematics.
        rest: rest pose, shape (n,), in [rad].
        limb: the joints to draw.
        bones: start and end point of each bone.
        trunk: link that carries the limb.
    """
    rng = np.random.default_rng(0)
    share = rng.uniform(size=(len(limb.joints), N_SAMPLES))
    share[0] = (np.arange(N_SAMPLES) + share[0]) / N_SAMPLES
    q = np.repeat(rest[:, None], N_SAMPLES, axis=1)
    q[limb.joints] = limb.lower[:, None] + share * (limb.upper - limb.lower)[:, None]
    origin = np.repeat(np.eye(3)[..., None], N_SAMPLES, axis=2)
    placed = tree.place(q, origin, np.zeros((3, N_SAMPLES)))
    directions = []
    for start, end in bones:
        bone = placed.point(end) - placed.point(start)
        bone /= np.maximum(np.sqrt((bone**2).sum(0)), 1e-9)
        directions.append(np.einsum("kit,it->tk", placed.X[trunk], bone))
    parts = (N_PARTS, N_SAMPLES // N_PARTS, -1)
    return PoseTable(
        q[limb.joints].T.reshape(parts), np.concatenate(directions, axis=1).reshape(parts)
    )


def search_limb(
    tree: Kinematics,
    placed: Placements,
    limb: Limb,
    tasks: Sequence[Task],
    table: PoseTable,
    directions: np.ndarray,
    rest: np.ndarray,
) -> np.ndarray:
    """Solve a limb for all frames without a guess.

    Args:
        tree: kinematics.
        placed: its trunk is placed; the limb is placed in place.
        limb: joints.
        tasks: what it should do.
        table: poses to begin with.
        directions: wanted bone directions in the trunk's frame, shape (T, 3 * bones).
        rest: the limb's rest pose, shape (m,), in [rad].

    Returns:
        Joint positions (m, T) in [rad].
    """
    n = len(directions)
    frames = np.unique(np.append(np.arange(0, n, STRIDE), n - 1))
    seeds = table.nearest(directions[frames])  # (m, K, C)
    m, k, c = seeds.shape
    tiled = np.tile(frames, k)
    some = Placements(placed.X[..., tiled], placed.p[..., tiled])
    chosen = [task.select(tiled) for task in tasks]
    found, cost = solve_limb(
        tree,
        some,
        limb,
        chosen,
        seeds.reshape(m, k * c),
        rest[:, None],
        POSTURE_WEIGHT,
        SEARCH_ITERATIONS,
    )
    coarse = _cheapest_path(found.reshape(m, k, c), cost.reshape(k, c))
    start = np.array([np.interp(np.arange(n), frames, row) for row in coarse])
    return solve_limb(tree, placed, limb, tasks, start, start, SMOOTH_WEIGHT, FINE_ITERATIONS)[0]


def in_trunk(trunk: np.ndarray, directions: np.ndarray) -> np.ndarray:
    """Directions (T, 3 * k) in a trunk's frame of directions (T, k, 3) in the world."""
    local = np.einsum("ait,tki->tka", trunk, directions)
    return local.reshape(len(directions), -1)


def _cheapest_path(q: np.ndarray, cost: np.ndarray) -> np.ndarray:
    """The sequence (m, C) of candidates (m, K, C) whose costs and moves are least in sum."""
    k, c = cost.shape
    moves = q[:, :, None, 1:] - q[:, None, :, :-1]  # (m, K now, K before, C - 1)
    moves = MOVE_COST * np.einsum("mabc,mabc->cab", moves, moves)
    total = cost[:, 0]
    before = np.zeros((c, k), dtype=int)
    for step in range(1, c):
        ways = total[None, :] + moves[step - 1]
        before[step] = ways.argmin(axis=1)
        total = ways.min(axis=1) + cost[:, step]
    path = np.empty(c, dtype=int)
    path[-1] = total.argmin()
    for step in range(c - 1, 0, -1):
        path[step - 1] = before[step, path[step]]
    return q[:, path, np.arange(c)]

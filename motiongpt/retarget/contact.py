"""Which foot stands when, where it stands, and the base path that follows from it."""

from dataclasses import dataclass

import numpy as np
from scipy.linalg import solveh_banded

MIN_STANCE = 2
"""A foot that stands for fewer frames than this does not stand."""

RAMP = 0.15
"""Time in [s] in which a foot passes from free to standing and back."""

STEP_WEIGHT, BEND_WEIGHT = 0.05, 0.5
"""How much the base path keeps to the human's steps, and how much it is smooth."""


@dataclass(frozen=True)
class Stance:
    """One foot on the ground.

    Attributes:
        foot: 0 left, 1 right.
        begin: first frame.
        end: frame after the last.
    """

    foot: int
    begin: int
    end: int


def find_stances(contact: np.ndarray) -> list[Stance]:
    """Runs of frames in which a foot stands.

    Args:
        contact: how surely each foot stands, shape (T, 2), 0 to 1.
    """
    stances = []
    for foot in range(2):
        stands = np.concatenate([[False], contact[:, foot] > 0.5, [False]])
        edges = np.flatnonzero(stands[1:] != stands[:-1])
        for begin, end in zip(edges[::2], edges[1::2], strict=True):
            if end - begin >= MIN_STANCE or len(contact) == end - begin:
                stances.append(Stance(foot, int(begin), int(end)))
    return stances


def standing_weight(stances: list[Stance], n_frames: int, fps: float) -> np.ndarray:
    """How much a foot is held, shape (2, T): 1 while it stands, smooth ramps before and after."""
    ramp = max(RAMP * fps, 1.0)
    t = np.arange(n_frames)
    weight = np.zeros((2, n_frames))
    for stance in stances:
        outside = np.maximum(np.maximum(stance.begin - t, t - (stance.end - 1)), 0)
        share = np.clip(1 - outside / ramp, 0, 1)
        held = share**3 * (10 - 15 * share + 6 * share**2)
        weight[stance.foot] = np.maximum(weight[stance.foot], held)
    return weight


def base_path(
    toes: np.ndarray, heights: np.ndarray, steps: np.ndarray, stances: list[Stance]
) -> np.ndarray:
    """The smooth path on which standing feet stay where they are.

    Minimises, over the base's positions p and a place F for each stance, the distances of
    standing toes p + f from F, the distance of the base's steps from the human's, and bends. It
    is one banded linear system; the places are eliminated.

    Args:
        toes: toe points from the base, world axes, shape (2, 3, T), in [m].
        heights: height of a toe on the ground, shape (2, T), in [m].
        steps: how the base should move from frame to frame, shape (3, T - 1), in [m].
        stances: feet on the ground.

    Returns:
        Base positions (3, T) in [m].
    """
    n = toes.shape[2]
    bands = _smoothness(n)
    rhs = np.zeros((n, 3))
    rhs[1:] += STEP_WEIGHT * steps.T
    rhs[:-1] -= STEP_WEIGHT * steps.T
    places = np.zeros((n, len(stances)))
    for k, stance in enumerate(stances):
        frames = slice(stance.begin, stance.end)
        bands[2, frames] += 1.0
        places[frames, k] = 1.0
        rhs[frames, :2] -= toes[stance.foot, :2, frames].T
        rhs[frames, 2] += heights[stance.foot, frames] - toes[stance.foot, 2, frames]
    if not stances:
        bands[2, 0] += 1.0
    bands[2] += 1e-9
    solved = solveh_banded(bands, np.concatenate([rhs, places], axis=1), check_finite=False)
    path, moved = solved[:, :3], solved[:, 3:]
    if not stances:
        return path.T
    # Each place is the mean of its stance's toes, which themselves move with all places.
    lengths = np.array([s.end - s.begin for s in stances], dtype=float)
    A = np.diag(lengths) - places.T @ moved
    means = np.stack(
        [
            (path[s.begin : s.end, :2] + toes[s.foot, :2, s.begin : s.end].T).sum(axis=0)
            for s in stances
        ]
    )
    A[0, 0] += 1.0  # where the whole path lies is free: the first place is at the origin
    F = np.linalg.solve(A + 1e-9 * np.eye(len(A)), means)
    path[:, :2] += moved @ F
    return path.T


def _smoothness(n: int) -> np.ndarray:
    """Upper bands (3, n) of the weighted squares of first and second differences."""
    bands = np.zeros((3, n))
    if n > 1:
        bands[2] += 2 * STEP_WEIGHT
        bands[2, [0, -1]] -= STEP_WEIGHT
        bands[1, 1:] -= STEP_WEIGHT
    if n > 4:
        D = np.array([1, 5, *[6] * (n - 4), 5, 1], dtype=float)
        bands[2] += BEND_WEIGHT * D
        bands[1, 1:] += BEND_WEIGHT * np.array([-2, *[-4] * (n - 3), -2])
        bands[0, 2:] += BEND_WEIGHT
    return bands

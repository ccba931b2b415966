"""Does each text find its motion among others? The field's R-precision and MM-Dist.

Source: Guo et al., CVPR 2022: pools of 32 pairs, each text ranks the motions of its pool by
Euclidean distance.
"""

from dataclasses import dataclass

import numpy as np

from motiongpt.errors import EvaluationError

POOL = 32
"""Pairs in a pool."""

TOP = 3
"""R-precision is given for the first 1 to this many places."""


@dataclass(frozen=True)
class Retrieval:
    """What the ranking of pools gives.

    Attributes:
        precision: shares of texts whose motion is among the first 1, 2 and 3.
        mm_dist: mean distance of a text to its own motion.
    """

    precision: tuple[float, float, float]
    mm_dist: float


def pairwise_distances(texts: np.ndarray, motions: np.ndarray) -> np.ndarray:
    """Euclidean distances (N, M) of embeddings (N, D) and (M, D)."""
    squares = (texts**2).sum(1)[:, None] + (motions**2).sum(1) - 2 * texts @ motions.T
    return np.sqrt(np.maximum(squares, 0.0))


def places_of_own(distances: np.ndarray) -> np.ndarray:
    """Place (N,) of each text's own motion in its ranking, 0 for the first.

    Motions at exactly the same distance share their places: the own one stands in the middle of
    them, so that an evaluator that tells nothing apart finds nothing.
    """
    own = np.diag(distances)[:, None]
    closer = (distances < own).sum(1)
    ties = (distances == own).sum(1) - 1
    return closer + ties / 2


def rank_pools(
    texts: np.ndarray, motions: np.ndarray, rng: np.random.Generator, pool: int = POOL
) -> Retrieval:
    """Rank the motions of random pools by their distance to each text.

    Args:
        texts: embeddings (N, D), N at least `pool`.
        motions: embeddings (N, D) of the motions that belong to them.
        rng: draws the pools; a rest of less than one is left out, as in the field.
        pool: pairs in a pool.

    Raises:
        EvaluationError: for shapes that differ or too few pairs.
    """
    if texts.shape != motions.shape:
        raise EvaluationError(
            f"texts have shape {texts.shape} and motions {motions.shape}; allowed: the same"
        )
    if len(texts) < pool:
        raise EvaluationError(
            f"{len(texts)} pairs are too few for pools of {pool}; add clips or make pools smaller"
        )
    order = rng.permutation(len(texts))
    hits, own = np.zeros(TOP), []
    n_pools = len(order) // pool
    for part in order[: n_pools * pool].reshape(n_pools, pool):
        distances = pairwise_distances(texts[part], motions[part])
        places = places_of_own(distances)
        hits += [(places < k).sum() for k in range(1, TOP + 1)]
        own.append(np.diag(distances))
    first, second, third = (hits / (n_pools * pool)).tolist()
    return Retrieval((first, second, third), float(np.mean(own)))

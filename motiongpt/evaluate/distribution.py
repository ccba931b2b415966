"""How a set of generated motions is distributed: FID, Diversity, MultiModality.

Source: Guo et al., CVPR 2022 (definitions and numbers of pairs); Heusel et al., 2017 (FID).
"""

from collections.abc import Sequence

import numpy as np

from motiongpt.errors import EvaluationError

DIVERSITY_PAIRS = 300
"""Pairs of motions in Diversity."""

MULTIMODALITY_PAIRS = 10
"""Pairs of motions of one text in MultiModality."""


def _root(matrix: np.ndarray) -> np.ndarray:
    """Symmetric square root of a symmetric matrix without negative eigenvalues."""
    values, vectors = np.linalg.eigh((matrix + matrix.T) / 2)
    return (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T


def frechet_distance(real: np.ndarray, generated: np.ndarray) -> float:
    """Frechet distance of two normal distributions fitted to embeddings (FID).

    |m1 - m2|^2 + Tr(C1 + C2 - 2 (C1 C2)^(1/2)). The trace of the root is that of
    (C1^(1/2) C2 C1^(1/2))^(1/2), which is symmetric: it has real roots even where C1 or C2 is
    singular because there are fewer motions than dimensions.

    Args:
        real: shape (N, D), N at least 2.
        generated: shape (M, D), M at least 2.

    Raises:
        EvaluationError: for too few embeddings, other widths, or values that are not finite.
    """
    real, generated = (_checked(x, name) for x, name in ((real, "real"), (generated, "generated")))
    if real.shape[1] != generated.shape[1]:
        raise EvaluationError(
            f"real embeddings are {real.shape[1]} wide and generated ones {generated.shape[1]}"
        )
    gap = real.mean(0) - generated.mean(0)
    one, other = (np.atleast_2d(np.cov(x, rowvar=False)) for x in (real, generated))
    root = _root(one)
    middle = root @ other @ root
    shared = np.sqrt(np.maximum(np.linalg.eigvalsh((middle + middle.T) / 2), 0)).sum()
    return float(max(gap @ gap + np.trace(one) + np.trace(other) - 2 * shared, 0.0))


def _checked(embeddings: np.ndarray, name: str) -> np.ndarray:
    embeddings = np.asarray(embeddings, dtype=np.float64)
    if embeddings.ndim != 2 or len(embeddings) < 2:
        raise EvaluationError(
            f"{name} embeddings have shape {embeddings.shape}; allowed: (N, D) with N of 2 or more"
        )
    if not np.isfinite(embeddings).all():
        raise EvaluationError(f"{name} embeddings have values that are not finite")
    return embeddings


def diversity(
    motions: np.ndarray, rng: np.random.Generator, n_pairs: int = DIVERSITY_PAIRS
) -> float:
    """Mean distance of random pairs of motions.

    Two sets of `n_pairs` motions are drawn, each without repetition, and paired in order; of fewer
    motions the sets have as many as there are.

    Args:
        motions: embeddings (N, D), N at least 2.
        rng: draws the sets.
        n_pairs: pairs.
    """
    motions = _checked(motions, "motion")
    n = min(n_pairs, len(motions))
    one, other = (motions[rng.choice(len(motions), n, replace=False)] for _ in range(2))
    return float(np.linalg.norm(one - other, axis=1).mean())


def multimodality(
    motions: np.ndarray, rng: np.random.Generator, n_pairs: int = MULTIMODALITY_PAIRS
) -> float:
    """Mean distance of random pairs of motions of the same text.

    Args:
        motions: embeddings (texts, motions of each, D), at least 2 of each.
        rng: draws for each text two sets of motions, each without repetition.
        n_pairs: pairs a text; at most as many as motions of each.

    Raises:
        EvaluationError: for another shape.
    """
    if motions.ndim != 3 or motions.shape[1] < 2:
        raise EvaluationError(
            f"embeddings have shape {motions.shape}; allowed: (texts, 2 or more motions, D)"
        )
    n = min(n_pairs, motions.shape[1])
    distances = []
    for of_text in motions:
        one, other = (of_text[rng.choice(len(of_text), n, replace=False)] for _ in range(2))
        distances.append(np.linalg.norm(one - other, axis=1).mean())
    return float(np.mean(distances))


def within_label_spread(motions: np.ndarray, labels: Sequence[frozenset[str]]) -> float:
    """Mean distance of real motions that share a caption: what MultiModality is compared with.

    Args:
        motions: embeddings (N, D).
        labels: captions of each.

    Returns:
        The mean over all pairs of different clips that share a caption; NaN if none do.
    """
    distances = [
        float(np.linalg.norm(motions[i] - motions[j]))
        for i in range(len(motions))
        for j in range(i)
        if labels[i] & labels[j]
    ]
    return float(np.mean(distances)) if distances else float("nan")

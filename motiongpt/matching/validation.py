"""How well a matching model does on clips that it has not seen."""

import numpy as np
from scipy.optimize import minimize

from motiongpt.matching.model import Calibration, MatchingModel
from motiongpt.matching.pairs import Pairs
from motiongpt.matching.retrieval import POOL, rank_pools
from motiongpt.motion.augment import mirror_text

REPEATS = 20
"""Draws of captions and pools."""


def embed(model: MatchingModel, pairs: Pairs) -> tuple[np.ndarray, list[np.ndarray]]:
    """Embed every clip, mirror images left out, and all captions of each.

    Returns:
        Motions (N, D) and, for each, its captions (n, D).
    """
    clips = [images[0] for images in pairs.clips]
    motions = model.encode_frames([clip.frames.astype(np.float64) for clip in clips])
    texts = model.encode_text([c.text for clip in clips for c in clip.captions])
    ends = np.cumsum([len(clip.captions) for clip in clips])
    return motions, np.split(texts, ends[:-1])


def validate(model: MatchingModel, pairs: Pairs) -> dict[str, float]:
    """R-precision and MM-Dist of real clips and their captions, means over `REPEATS` draws.

    Of fewer clips than a pool has, one pool is made. `sides` is the share of captions with a side
    that fit their clip better than with left and right swapped; it is missing if there are none.
    """
    motions, texts = embed(model, pairs)
    rng, results = np.random.default_rng(0), []
    pool = min(POOL, len(motions))
    for _ in range(REPEATS):
        chosen = np.stack([said[rng.integers(len(said))] for said in texts])
        results.append(rank_pools(chosen, motions, rng, pool))
    top = np.mean([result.precision for result in results], axis=0)
    return {
        "r1": float(top[0]),
        "r2": float(top[1]),
        "r3": float(top[2]),
        "mm_dist": float(np.mean([result.mm_dist for result in results])),
    } | _compare_sides(model, pairs, motions)


def _compare_sides(model: MatchingModel, pairs: Pairs, motions: np.ndarray) -> dict[str, float]:
    said = [
        (i, caption.text)
        for i, images in enumerate(pairs.clips)
        for caption in images[0].captions
        if mirror_text(caption.text) != caption.text
    ]
    if not said:
        return {}
    own = motions[[i for i, _ in said]]
    right, wrong = (
        (model.encode_text(texts) * own).sum(axis=1)
        for texts in ([t for _, t in said], [mirror_text(t) for _, t in said])
    )
    return {"sides": float((right > wrong).mean())}


def calibrate(model: MatchingModel, pairs: Pairs) -> Calibration:
    """Fit the logistic curve from cosine to confidence: own captions against other clips'.

    Both kinds weigh the same; a slight ridge keeps the curve finite.
    """
    motions, texts = embed(model, pairs)
    own = np.concatenate([said @ motion for said, motion in zip(texts, motions, strict=True)])
    others = np.concatenate(
        [texts[i] @ motions[j] for i in range(len(texts)) for j in range(len(motions)) if i != j]
    )
    if len(others) == 0:
        return Calibration()

    def loss(curve: np.ndarray) -> float:
        right = np.logaddexp(0, -(curve[0] * own + curve[1])).mean()
        wrong = np.logaddexp(0, curve[0] * others + curve[1]).mean()
        return float(right + wrong + 1e-4 * (curve**2).sum())

    slope, offset = minimize(loss, np.array([5.0, -2.0])).x
    return Calibration(float(slope), float(offset))

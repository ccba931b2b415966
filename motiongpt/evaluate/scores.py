"""The numbers of one row of the table in one repeat."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from motiongpt.evaluate.control import control_errors
from motiongpt.evaluate.distribution import diversity, frechet_distance
from motiongpt.evaluate.evaluators import Evaluator
from motiongpt.evaluate.generator import Made
from motiongpt.evaluate.quality import length_error, measure_quality, unique_share
from motiongpt.evaluate.tasks import Task
from motiongpt.evaluate.test_set import FRAMES_A_POSE, Request
from motiongpt.matching.retrieval import POOL, rank_pools

Scores = dict[str, float]
CONTROLLED = (Task.INITIAL, Task.LAST, Task.KEYS)


@dataclass(frozen=True)
class Reality:
    """What rows are compared with in one repeat, embedded once.

    Attributes:
        requests: real clips, each with a caption.
        captions: embeddings (N, D) of the captions.
        motions: embeddings (N, D) of the clips.
        fps: frames a second.
    """

    requests: tuple[Request, ...]
    captions: np.ndarray
    motions: np.ndarray
    fps: float

    @classmethod
    def of(cls, requests: tuple[Request, ...], evaluator: Evaluator, fps: float) -> "Reality":
        """Embed captions and clips."""
        captions = evaluator.encode_captions([request.caption for request in requests])
        motions = evaluator.encode_clips([request.clip.features for request in requests])
        return cls(requests, captions, motions, fps)


def score_matching(
    reality: Reality, captions: np.ndarray, motions: np.ndarray, seed: int
) -> Scores:
    """R-precision, MM-Dist, FID and Diversity of motions (N, D) beside captions (N, D)."""
    rng = np.random.default_rng(seed)
    ranked = rank_pools(captions, motions, rng, min(POOL, len(motions)))
    scores = {f"r{k}": value for k, value in enumerate(ranked.precision, start=1)}
    return scores | {
        "fid": frechet_distance(reality.motions, motions),
        "mm_dist": ranked.mm_dist,
        "diversity": diversity(motions, rng),
    }


def score_motions(reality: Reality, made: Sequence[Made]) -> Scores:
    """Quality, variety and length of what was made for the requests."""
    quality = measure_quality([one.features for one in made])
    lengths = [len(one.features) for one in made]
    wanted = [len(request.clip.features) for request in reality.requests]
    drawn = [one.tokens for one in made if one.tokens]
    return {
        "skate": quality.skate,
        "penetration": quality.penetration,
        "jitter": quality.jitter,
        "length_error": length_error(lengths, wanted, reality.fps),
        "unique": unique_share(drawn) if drawn else float("nan"),
        "refused": float(np.mean([one.refused for one in made])),
    }


def score_control(
    reality: Reality, made: Sequence[Made], tasks: Sequence[Task] = CONTROLLED
) -> Scores:
    """Recon and Vel of the poses of some tasks, whether they were given or not."""
    scores: Scores = {}
    for task in tasks:
        errors = [
            control_errors(one.features, request.poses(task), task)
            for request, one in zip(reality.requests, made, strict=True)
            if len(one.features) >= FRAMES_A_POSE
        ]
        scores[f"recon_{task.value}"] = float(np.mean([error.recon for error in errors]))
        scores[f"vel_{task.value}"] = float(np.mean([error.vel for error in errors]))
    return scores

"""How temperature, guidance and wanted length change the motion; which motion tokens are used."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from motiongpt.evaluate.generator import Generator, Made, PipelineGenerator, reconstruct
from motiongpt.evaluate.run import Evaluation
from motiongpt.evaluate.scores import Reality, Scores, score_matching, score_motions
from motiongpt.evaluate.tasks import Task
from motiongpt.evaluate.test_set import draw_requests

SHOWN = ("r1", "r3", "fid", "diversity", "unique", "skate")
"""Metrics that have a curve."""


@dataclass(frozen=True)
class CurveOptions:
    """Where the curves have points."""

    temperatures: tuple[float, ...] = (0.0, 0.3, 0.6, 0.8, 1.0, 1.3)
    """Sampling temperatures."""

    guidances: tuple[float, ...] = (1.0, 1.5, 2.0, 3.0, 4.0)
    """How much more the text counts than without it."""

    durations: tuple[float, ...] = (2.0, 4.0, 6.0, 8.0)
    """Wanted lengths in [s]."""

    max_clips: int = 0
    """Clips a point; 0 takes the evaluation's."""

    @classmethod
    def quick(cls) -> "CurveOptions":
        """Few points of few clips."""
        return cls((0.0, 0.8), (1.0, 2.0), (2.0, 4.0), 32)


@dataclass(frozen=True)
class Curve:
    """One thing that was varied.

    Attributes:
        name: what it is, with its unit.
        values: points (n,).
        scores: each metric's values (n,).
    """

    name: str
    values: tuple[float, ...]
    scores: dict[str, tuple[float, ...]]


@dataclass(frozen=True)
class Curves:
    """Everything that is drawn.

    Attributes:
        curves: one for each thing that was varied.
        real_use: how often real clips use each motion token, shares (n_codes,).
        model_use: how often the model does.
    """

    curves: tuple[Curve, ...]
    real_use: np.ndarray
    model_use: np.ndarray


def measure_curves(
    evaluation: Evaluation,
    options: CurveOptions,
    on_progress: Callable[[int, int], None] | None = None,
) -> Curves:
    """Evaluate the text row at every point.

    Args:
        evaluation: model, clips and evaluator.
        options: the points.
        on_progress: called with points done and points in all.
    """
    if options.max_clips:
        chosen = replace(evaluation.options, max_clips=options.max_clips)
        evaluation = replace(evaluation, options=chosen)
    requests = draw_requests(evaluation.chosen, evaluation.options.seed)
    tokenizer, pipeline = evaluation.model.tokenizer, evaluation.pipeline()
    reality = Reality.of(requests, evaluation.evaluator, tokenizer.fps)
    varied = _vary(pipeline, options)
    total = sum(map(len, varied.values()))
    done = iter(range(1, total + 1))

    def measure(generator: Generator) -> tuple[Scores, list[Made]]:
        made = [generator(request, Task.TEXT) for request in requests]
        motions = evaluation.evaluator.encode_clips([one.features for one in made])
        matching = score_matching(reality, reality.captions, motions, evaluation.options.seed)
        if on_progress is not None:
            on_progress(next(done), total)
        return matching | score_motions(reality, made), made

    curves, tokens = [], []
    for name, generators in varied.items():
        measured = [measure(generator) for generator in generators.values()]
        curves.append(_curve(name, tuple(generators), [scores for scores, _ in measured]))
        if name == "temperature":
            tokens = [token for _, made in measured for one in made for token in one.tokens]
    n_codes = tokenizer.n_codes
    return Curves(
        tuple(curves),
        _use([t for r in requests for t in reconstruct(evaluation.model, r).tokens], n_codes),
        _use(tokens, n_codes),
    )


def _vary(
    pipeline: PipelineGenerator, options: CurveOptions
) -> dict[str, dict[float, PipelineGenerator]]:
    """The generator of each point of each curve."""
    return {
        "temperature": {
            t: replace(pipeline, sampling=replace(pipeline.sampling, temperature=t))
            for t in options.temperatures
        },
        "guidance": {
            g: replace(pipeline, sampling=replace(pipeline.sampling, guidance=g))
            for g in options.guidances
        },
        "wanted length [s]": {d: replace(pipeline, duration=d) for d in options.durations},
    }


def _curve(name: str, values: tuple[float, ...], scores: list[Scores]) -> Curve:
    return Curve(name, values, {m: tuple(s[m] for s in scores) for m in SHOWN})


def _use(tokens: list[int], n_codes: int) -> np.ndarray:
    counts = np.bincount(np.array(tokens, dtype=int), minlength=n_codes)
    return counts / max(counts.sum(), 1)

"""Repeats of all rows, and the report of their means."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from motiongpt.errors import EvaluationError
from motiongpt.evaluate.baselines import NearestCaption, shuffle
from motiongpt.evaluate.distribution import multimodality, within_label_spread
from motiongpt.evaluate.evaluators import Evaluator
from motiongpt.evaluate.generator import (
    Generator,
    Made,
    PipelineGenerator,
    hold,
    reconstruct,
    standing_frame,
)
from motiongpt.evaluate.interval import Estimate
from motiongpt.evaluate.report import Report
from motiongpt.evaluate.scores import (
    CONTROLLED,
    Reality,
    Scores,
    score_control,
    score_matching,
    score_motions,
)
from motiongpt.evaluate.tasks import Task
from motiongpt.evaluate.test_set import RealClip, Request, draw_requests
from motiongpt.lm.decoding import Sampling
from motiongpt.matching.retrieval import POOL
from motiongpt.pipeline import MotionGPT
from motiongpt.tokenizer.reconstruction import evaluate_reconstruction

logger = logging.getLogger(__name__)
Counter = Callable[[int, int], None]


@dataclass(frozen=True)
class EvaluationOptions:
    """How much is evaluated."""

    repeats: int = 20
    """Repeats, each with other captions, pools and seeds; intervals are over them."""

    temperature: float = 0.8
    """Of the model's sampling; 0 always takes the most likely token."""

    max_clips: int = 0
    """Use this many clips, evenly chosen; 0 uses all."""

    mm_texts: int = 100
    """Captions that MultiModality generates several motions of."""

    mm_motions: int = 30
    """Motions of each of them."""

    seed: int = 0
    """Of everything that is drawn."""

    def __post_init__(self) -> None:
        if self.repeats < 1:
            raise EvaluationError(f"repeats is {self.repeats}; allowed: 1 or more")
        if self.mm_motions < 2:
            raise EvaluationError(f"mm_motions is {self.mm_motions}; allowed: 2 or more")

    def quick(self) -> "EvaluationOptions":
        """Little of everything, to see whether it works: numbers without worth for a paper."""
        return replace(self, repeats=min(self.repeats, 2), max_clips=40, mm_texts=8, mm_motions=5)


@dataclass(frozen=True)
class Evaluation:
    """A model, real clips and an evaluator.

    Attributes:
        model: what is evaluated.
        clips: real clips to compare with.
        known: the training clips, for the nearest-caption row.
        evaluator: embeds captions and motions.
        options: how much.
        generators: more to evaluate beside the model from the text alone, by name of their rows.
    """

    model: MotionGPT
    clips: tuple[RealClip, ...]
    known: tuple[RealClip, ...]
    evaluator: Evaluator
    options: EvaluationOptions
    generators: tuple[tuple[str, Generator], ...] = ()

    @property
    def chosen(self) -> tuple[RealClip, ...]:
        """The clips that are used."""
        n = self.options.max_clips
        if not 0 < n < len(self.clips):
            return self.clips
        at = np.linspace(0, len(self.clips) - 1, n).round().astype(int)
        return tuple(self.clips[i] for i in at)

    def pipeline(self) -> PipelineGenerator:
        """The model as a generator, told captions as they are.

        The matching model that judges may have chosen its repertoire, which would flatter it.
        """
        statistics = self.model.tokenizer.statistics
        clips = [clip.features for clip in self.known[:50]]
        still = standing_frame(clips, statistics.mean, statistics.std)
        sampling = Sampling(temperature=self.options.temperature)
        return PipelineGenerator(replace(self.model, repertoire=None), still, sampling)

    def run(self, on_progress: Counter | None = None) -> Report:
        """Evaluate all rows.

        Args:
            on_progress: called with motions made and motions to make.
        """
        options, clips = self.options, self.chosen
        n_texts = min(options.mm_texts, len(clips))
        n_made = len(clips) * (len(Task) + len(self.generators)) * options.repeats
        total = n_made + n_texts * options.mm_motions
        ticks = iter(range(1, total + 1))

        def tick() -> None:
            if on_progress is not None:
                on_progress(next(ticks), total)

        generator, nearest = self.pipeline(), NearestCaption.of(self.known)
        found: dict[str, list[Scores]] = {}
        for repeat in range(options.repeats):
            seed = options.seed + 1000 * repeat
            requests = draw_requests(clips, seed)
            for name, scores in self._repeat(requests, generator, nearest, seed, tick).items():
                found.setdefault(name, []).append(scores)
        rows = {name: _summarize(scores) for name, scores in found.items()}
        rows["ground truth"]["multimodality"] = Estimate(self._spread(clips))
        rows["model, text"]["multimodality"] = Estimate(
            self._multimodality(generator, n_texts, tick)
        )
        rows["VQ reconstruction"]["mpjpe"] = Estimate(
            evaluate_reconstruction(self.model.tokenizer, [c.features for c in clips]).mpjpe
        )
        return Report(rows, self._settings(len(clips)))

    def _repeat(
        self,
        requests: tuple[Request, ...],
        generator: PipelineGenerator,
        nearest: NearestCaption,
        seed: int,
        tick: Callable[[], None],
    ) -> dict[str, Scores]:
        """Scores of every row for one draw of captions."""
        reality = Reality.of(requests, self.evaluator, self.model.tokenizer.fps)

        def make(maker: Generator, task: Task) -> list[Made]:
            made = []
            for request in requests:
                made.append(maker(request, task))
                tick()
            return made

        rows = {
            "ground truth": [Made(request.clip.features) for request in requests],
            "VQ reconstruction": [reconstruct(self.model, request) for request in requests],
            "nearest caption": [Made(clip.features) for clip in nearest.find(requests)],
            "constant pose": [Made(hold(generator.still, len(r.clip.features))) for r in requests],
        }
        for task in Task:
            rows[f"model, {_name(task)}"] = make(generator, task)
        for name, other in self.generators:
            rows[name] = make(other, Task.TEXT)
        scores = {name: self._score(reality, made, seed) for name, made in rows.items()}
        scores["shuffled text"] = self._score_shuffled(reality, rows["model, text"], seed)
        return scores

    def _score(self, reality: Reality, made: list[Made], seed: int) -> Scores:
        motions = self.evaluator.encode_clips([one.features for one in made])
        return (
            score_matching(reality, reality.captions, motions, seed)
            | score_motions(reality, made)
            | score_control(reality, made, CONTROLLED)
        )

    def _score_shuffled(self, reality: Reality, made: list[Made], seed: int) -> Scores:
        """The model's motions beside captions that they were not made of."""
        motions = self.evaluator.encode_clips([one.features for one in made])
        order = list(shuffle(reality.requests, seed))
        return score_matching(reality, reality.captions[order], motions, seed)

    def _spread(self, clips: tuple[RealClip, ...]) -> float:
        motions = self.evaluator.encode_clips([clip.features for clip in clips])
        return within_label_spread(motions, [clip.texts for clip in clips])

    def _multimodality(
        self, generator: Generator, n_texts: int, tick: Callable[[], None]
    ) -> float:
        """Spread of the model's motions of the same text."""
        options, embedded = self.options, []
        requests = draw_requests(self.chosen, options.seed)
        for at in np.linspace(0, len(requests) - 1, n_texts).round().astype(int):
            made = []
            for n in range(options.mm_motions):
                request = replace(requests[at], seed=options.seed + n)
                made.append(generator(request, Task.TEXT).features)
                tick()
            embedded.append(self.evaluator.encode_clips(made))
        return multimodality(np.stack(embedded), np.random.default_rng(options.seed))

    def _settings(self, n_clips: int) -> dict[str, str | int | float]:
        return {
            "evaluator": self.evaluator.name,
            "clips": n_clips,
            "pool": min(POOL, n_clips),
            "repeats": self.options.repeats,
            "temperature": self.options.temperature,
            "seed": self.options.seed,
        }


def _name(task: Task) -> str:
    return {
        Task.TEXT: "text",
        Task.INITIAL: "text + initial pose",
        Task.LAST: "text + last pose",
        Task.KEYS: "text + key poses",
    }[task]


def _summarize(repeats: list[Scores]) -> dict[str, Estimate]:
    return {name: Estimate.of([scores[name] for scores in repeats]) for name in repeats[0]}

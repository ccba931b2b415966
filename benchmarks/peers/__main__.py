"""Train and evaluate both peers beside our model: `python -m benchmarks.peers --data DIR`."""

import logging
import sys
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Literal

import torch
import tyro
from rich.console import Console

from benchmarks.peers.best_of import BestOf
from benchmarks.peers.clips import PeerData, load_peer_data
from benchmarks.peers.diffusion import (
    Denoiser,
    DiffusionGenerator,
    DiffusionSize,
    diffusion_loss,
    make_schedule,
)
from benchmarks.peers.gpt import GPTGenerator, GPTSize, MotionGPTPeer, gpt_loss
from benchmarks.peers.training import PeerTraining, train_peer
from motiongpt.cli.console import progress
from motiongpt.cli.data import Source
from motiongpt.evaluate.evaluators import MatchingEvaluator
from motiongpt.evaluate.generator import Generator
from motiongpt.evaluate.run import Evaluation, EvaluationOptions
from motiongpt.evaluate.test_set import load_clips
from motiongpt.matching.model import MatchingModel
from motiongpt.motion.statistics import Statistics
from motiongpt.pipeline import MotionGPT
from motiongpt.tokenizer.motion_tokenizer import MotionTokenizer


@dataclass(frozen=True)
class Peers:
    """Train T2M-GPT's recipe and a motion diffusion model, and evaluate them beside ours.

    Both learn from the same clips and their mirror images. A killed run goes on from its last
    checkpoints. Needs `pip install diffusers`.
    """

    source: tyro.conf.OmitArgPrefixes[Source]

    model: str = "default"
    """Our model; the peers use its motion tokenizer."""

    matching: Path | None = None
    """Folder of the matching model; without it, the model's own."""

    judge: Path | None = None
    """Folder of another matching model to judge by. The peers read texts by ours and our best of
    several is chosen by it, so by ours all of them would be flattered."""

    best_of: int = 4
    """Our model is also asked for so many motions at once; the matching model takes one."""

    output: Path = Path("runs/peers")
    """Folder for checkpoints and the report."""

    only: Literal["gpt", "diffusion"] | None = None
    """Train one of them and evaluate nothing, such as to train both at once."""

    train_gpt: PeerTraining = field(default_factory=PeerTraining)
    """Steps and rates of the GPT."""

    train_diffusion: PeerTraining = field(default_factory=lambda: PeerTraining(steps=6000))
    """Steps and rates of the diffusion model."""

    gpt: GPTSize = field(default_factory=GPTSize)
    """Size of the GPT."""

    diffusion: DiffusionSize = field(default_factory=DiffusionSize)
    """Size of the diffusion model."""

    options: tyro.conf.OmitArgPrefixes[EvaluationOptions] = field(
        default_factory=EvaluationOptions
    )

    def run(self) -> int:
        """Train, evaluate and print the tables."""
        model = MotionGPT.load(self.model)
        matching = MatchingModel.load(self.matching) if self.matching else model.need_matching()
        data = self.source.prepare()
        read = (self.source.data, self.source.prepared, data)
        peers = load_peer_data(*read, model.tokenizer, matching)
        trained = {
            "gpt": partial(self._train_gpt, model.tokenizer, peers),
            "diffusion": partial(self._train_diffusion, model.tokenizer.statistics, peers),
        }
        if self.only:
            trained[self.only]()
            return 0
        first, second = tuple(data.ready)[:2]
        evaluation = Evaluation(
            model,
            load_clips(*read, second),
            load_clips(*read, first),
            MatchingEvaluator(MatchingModel.load(self.judge) if self.judge else matching),
            self.options,
            tuple(train() for train in trained.values()),
        )
        if self.best_of > 1:
            best = BestOf(evaluation.pipeline(), matching, self.best_of)
            ours = (f"model, best of {self.best_of}", best)
            evaluation = replace(evaluation, generators=(ours, *evaluation.generators))
        with progress("motions") as count:
            report = evaluation.run(count)
        for table in report.tables():
            Console().print(table)
        report.write(self.output)
        return 0

    def _train_gpt(self, tokenizer: MotionTokenizer, data: PeerData) -> tuple[str, Generator]:
        """Train T2M-GPT's recipe, or read what was trained before."""
        torch.manual_seed(self.train_gpt.seed)
        network = MotionGPTPeer(tokenizer.n_codes, data.text_dim, self.gpt)
        loss = partial(gpt_loss, network, data, self.train_gpt.batch)
        with progress("T2M-GPT recipe") as count:
            train_peer(network, loss, self.output / "gpt.pt", self.train_gpt, count)
        return "T2M-GPT recipe", GPTGenerator(network, tokenizer, data.encode_texts)

    def _train_diffusion(self, statistics: Statistics, data: PeerData) -> tuple[str, Generator]:
        """Train the motion diffusion model, or read what was trained before."""
        options = self.train_diffusion
        torch.manual_seed(options.seed)
        network = Denoiser(statistics.n_features, data.text_dim, self.diffusion)
        loss = partial(diffusion_loss, network, make_schedule(), data, options.batch)
        with progress("motion diffusion") as count:
            train_peer(network, loss, self.output / "diffusion.pt", options, count)
        return "motion diffusion", DiffusionGenerator(network, statistics, data.encode_texts)


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    sys.exit(tyro.cli(Peers, description=__doc__).run())

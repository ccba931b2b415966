"""Train and evaluate both peers beside our model: `python -m benchmarks.peers --data DIR`."""

import sys
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import torch
import tyro
from rich.console import Console

from benchmarks.peers.clips import load_peer_data
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
from motiongpt.model_folder import find_model
from motiongpt.pipeline import MotionGPT


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

    output: Path = Path("runs/peers")
    """Folder for checkpoints and the report."""

    training: PeerTraining = field(default_factory=PeerTraining)
    """Steps and rates."""

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
        folder = self.matching or find_model(self.model).matching
        matching = MatchingModel.load(folder)
        data = self.source.prepare()
        read = (self.source.data, self.source.prepared, data)
        generators = self._train(model, matching, read)
        first, second = tuple(data.ready)[:2]
        evaluation = Evaluation(
            model,
            load_clips(*read, second),
            load_clips(*read, first),
            MatchingEvaluator(matching),
            self.options,
            generators,
        )
        with progress("motions") as count:
            report = evaluation.run(count)
        for table in report.tables():
            Console().print(table)
        report.write(self.output)
        return 0

    def _train(
        self, model: MotionGPT, matching: MatchingModel, read: tuple
    ) -> tuple[tuple[str, Generator], ...]:
        """Train both peers, or read what was trained before."""
        tokenizer, options = model.tokenizer, self.training
        data = load_peer_data(*read, tokenizer, matching)
        torch.manual_seed(options.seed)
        gpt = MotionGPTPeer(tokenizer.n_codes, data.text_dim, self.gpt)
        with progress("T2M-GPT recipe") as count:
            loss = partial(gpt_loss, gpt, data, options.batch)
            train_peer(gpt, loss, self.output / "gpt.pt", options, count)
        torch.manual_seed(options.seed)
        denoiser = Denoiser(tokenizer.statistics.n_features, data.text_dim, self.diffusion)
        with progress("motion diffusion") as count:
            loss = partial(diffusion_loss, denoiser, make_schedule(), data, options.batch)
            train_peer(denoiser, loss, self.output / "diffusion.pt", options, count)
        return (
            ("T2M-GPT recipe", GPTGenerator(gpt, tokenizer, data.encode_texts)),
            (
                "motion diffusion",
                DiffusionGenerator(denoiser, tokenizer.statistics, data.encode_texts),
            ),
        )


if __name__ == "__main__":
    sys.exit(tyro.cli(Peers, description=__doc__).run())

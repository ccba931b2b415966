"""The command line: `motiongpt prepare | train | check`."""

import logging
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import tyro
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from motiongpt.check.commands import COMMANDS
from motiongpt.check.report import run_check
from motiongpt.errors import MotionGPTError
from motiongpt.lm.decoding import Sampling
from motiongpt.model_folder import ModelFolder
from motiongpt.motion.motion import Motion
from motiongpt.motion.prepare import Preparation, prepare
from motiongpt.pipeline import MotionGPT
from motiongpt.tokenizer.train import TokenizerTraining, train_tokenizer
from motiongpt.train import LanguageTraining, train_language_model

console = Console(stderr=True)
Counter = Callable[[int, int], None]


@dataclass(frozen=True)
class Prepare:
    """Compute the features of a dataset in HumanML3D's layout."""

    folder: Annotated[Path, tyro.conf.Positional]
    """Folder with joints/, texts/, skeleton.json, train.txt and val.txt."""

    output: Path = Path("runs/prepared")
    """Folder to write features, Mean.npy and Std.npy to."""

    workers: int = field(default_factory=lambda: os.cpu_count() or 1)
    """Processes."""

    def run(self) -> int:
        """Prepare, and say of each rejected clip why."""
        data = _prepare(self.folder, self.output, self.workers)
        for clip_id, reason in data.rejected.items():
            console.print(f"rejected {clip_id}: {reason}", highlight=False)
        for split, ids in data.ready.items():
            print(f"{split}: {len(ids)} clips ready in {self.output}")
        return 0


@dataclass(frozen=True)
class TrainTokenizer:
    """Train the motion tokenizer; a killed run goes on from its last checkpoint."""

    data: Path
    """Dataset in HumanML3D's layout."""

    output: Path = Path("runs/model/tokenizer")
    """Folder for the tokenizer, its checkpoint and its log."""

    prepared: Path = Path("runs/prepared")
    """Folder of `motiongpt prepare`."""

    training: TokenizerTraining = field(default_factory=TokenizerTraining)
    """Sizes, steps and rates."""

    def run(self) -> int:
        """Prepare what is missing and train."""
        data = _prepare(self.data, self.prepared, os.cpu_count() or 1)
        train_tokenizer(data, self.prepared, self.output, self.training)
        return 0


@dataclass(frozen=True)
class TrainLm:
    """Train the language model for a trained tokenizer: base from scratch, then LoRA."""

    data: Path
    """Dataset in HumanML3D's layout."""

    base: str | None = None
    """Hugging Face name or folder of an existing LLaMA; then only LoRA is trained."""

    model: Path = Path("runs/model")
    """Folder with tokenizer/; base/ and adapter/ are written there."""

    work: Path = Path("runs/lm")
    """Folder for checkpoints and logs."""

    prepared: Path = Path("runs/prepared")
    """Folder of `motiongpt prepare`."""

    training: LanguageTraining = field(default_factory=LanguageTraining)
    """Sizes, steps and rates."""

    def run(self) -> int:
        """Prepare what is missing, encode the clips and train both stages."""
        data = _prepare(self.data, self.prepared, os.cpu_count() or 1)
        with _progress("encoding clips") as count:
            train_language_model(
                self.data,
                self.prepared,
                data,
                ModelFolder(self.model),
                self.work,
                self.training,
                count,
                self.base,
            )
        return 0


def _prepare(folder: Path, output: Path, workers: int) -> Preparation:
    with _progress("preparing clips") as count:
        return prepare(folder, output, workers=workers, on_progress=count)


class _progress:
    """A progress bar that is fed with (done, total)."""

    def __init__(self, title: str) -> None:
        self._bar = Progress(
            TextColumn(title),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=console,
        )

    def __enter__(self) -> Counter:
        self._bar.start()
        task = self._bar.add_task("")
        return lambda done, total: self._bar.update(task, completed=done, total=total)

    def __exit__(self, *_: object) -> None:
        self._bar.stop()


@dataclass(frozen=True)
class Train:
    """Train a part of a model."""

    part: (
        Annotated[TrainTokenizer, tyro.conf.subcommand("tokenizer")]
        | Annotated[TrainLm, tyro.conf.subcommand("lm")]
    )

    def run(self) -> int:
        """Train that part."""
        return self.part.run()


@dataclass(frozen=True)
class Check:
    """Give twelve commands to a model and check by geometry that it does them."""

    model: str = "default"
    """Name of a shipped model, or its folder."""

    seeds: int = 1
    """How often each command is given, with seeds 0, 1, ..."""

    temperature: float = Sampling.temperature
    """Sampling temperature."""

    least: int = 10
    """Exit with an error if fewer motions than this share of twelve are right."""

    def run(self) -> int:
        """Check and print the table."""
        model = MotionGPT.load(self.model)

        def generate(text: str, seed: int) -> Motion:
            sampling = Sampling(temperature=self.temperature, seed=seed)
            return model.generate(text, sampling=sampling).motion

        with _progress("commands") as count:
            total, done = self.seeds * len(COMMANDS), iter(range(1, 10**6))
            report = run_check(
                generate, range(self.seeds), on_result=lambda _: count(next(done), total)
            )
        Console().print(report.table())
        return 0 if report.n_right * len(COMMANDS) >= self.least * report.n_total else 1


Command = (
    Annotated[Prepare, tyro.conf.subcommand("prepare")]
    | Annotated[Check, tyro.conf.subcommand("check")]
    | Annotated[Train, tyro.conf.subcommand("train")]
)


def main(arguments: list[str] | None = None) -> int:
    """Run the command line.

    Returns:
        Exit status: 0 for success, 1 for an error that was reported on standard error.
    """
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    command = tyro.cli(
        Command,  # type: ignore[arg-type]
        args=arguments,
        prog="motiongpt",
        description=__doc__,
        config=(tyro.conf.OmitSubcommandPrefixes,),
    )
    try:
        return command.run()
    except MotionGPTError as error:
        console.print(f"error: {error}", style="red", highlight=False, markup=False)
        return 1


if __name__ == "__main__":
    sys.exit(main())

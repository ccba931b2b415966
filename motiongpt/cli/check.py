"""`motiongpt check`."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from rich.console import Console

from motiongpt.check.both import BOTH
from motiongpt.check.commands import COMMANDS
from motiongpt.check.far import FAR
from motiongpt.check.first_time import OTHER_MOVEMENTS
from motiongpt.check.held_out import HELD_OUT, HELD_OUT_FAR, HELD_OUT_OTHER
from motiongpt.check.labelled import judge_labelled
from motiongpt.check.report import CheckReport, run_check
from motiongpt.check.styles import STYLES, StyleClassifier, check_styles, read_walks
from motiongpt.check.unseen import UNSEEN
from motiongpt.check.wide import SIDES, WIDE
from motiongpt.cli.console import progress
from motiongpt.errors import CommandError
from motiongpt.lm.decoding import Sampling
from motiongpt.motion.motion import Motion
from motiongpt.pipeline import MotionGPT

SETS = {
    "demo": COMMANDS,
    "wide": WIDE,
    "sides": SIDES,
    "unseen": UNSEEN,
    "both": BOTH,
    "far": FAR,
    "other": OTHER_MOVEMENTS,
    "held-out": HELD_OUT,
    "held-out-far": HELD_OUT_FAR,
    "held-out-other": HELD_OUT_OTHER,
}

STYLES_LEAST = 0.6
"""Share of the styles that must be named as they were asked for."""


@dataclass(frozen=True)
class Check:
    """Give commands to a model and check by geometry that it does them."""

    model: str = "default"
    """Name of a shipped model, or its folder."""

    commands: Literal[
        "demo",
        "wide",
        "sides",
        "unseen",
        "both",
        "far",
        "other",
        "held-out",
        "held-out-far",
        "held-out-other",
    ] = "demo"
    """Twelve commands of the demo; more in other words and styles; 200 of left and right; what
    people say who know nothing of the training texts; 48 of two actions at once; what should be
    refused, since it is no movement, or another than the shipped model knows; or such three sets
    that nothing was chosen by."""

    seeds: int = 1
    """How often each command is given, with seeds 0, 1, ..."""

    temperature: float = Sampling.temperature
    """Sampling temperature."""

    least: int = 10
    """Exit with an error if fewer motions than this many in twelve are right."""

    min_confidence: float = 0.0
    """Refuse what is less near than this to all that the model does well, as the node does."""

    as_said: bool = False
    """Tell the model what is said and not the nearest sentence of its repertoire."""

    labelled: Path | None = None
    """Judge the labelled clips of this dataset instead of a model: is the judge right?"""

    styles: Path | None = None
    """Ask for walks in seven styles instead, four seeds each, and let a classifier of the walks of
    this dataset say what it sees. The exit status is an error below 60%."""

    def run(self) -> int:
        """Check and print the tables."""
        if self.styles is not None:
            return self._check_styles(self.styles)
        report = self._judge_clips() if self.labelled else self._give_commands()
        printer = Console()
        if self.labelled is None and self.commands != "sides":
            printer.print(report.table())
        if self.labelled is not None or self.commands != "demo":
            printer.print(report.confusion())
            print(
                f"{report.n_right} of {report.n_total} done as asked; "
                f"left and right confused: {report.n_confused}"
            )
        return 0 if report.n_right * len(COMMANDS) >= self.least * report.n_total else 1

    def _check_styles(self, data: Path) -> int:
        classifier = StyleClassifier.fit(*read_walks(data, "train"))
        clips, styles = read_walks(data, "val")
        n_right = sum(classifier.name(c) == s for c, s in zip(clips, styles, strict=True))
        print(f"real walks of the split 'val' named rightly: {n_right} of {len(clips)}")
        model = self._load()

        def generate(text: str, seed: int) -> Motion:
            sampling = Sampling(temperature=self.temperature, seed=seed)
            return model.generate(text, sampling=sampling).motion

        report = check_styles(generate, classifier)
        Console().print(report.table())
        print(f"styles named as asked: {report.accuracy:.0%} (chance {1 / len(STYLES):.0%})")
        return 0 if report.accuracy >= STYLES_LEAST else 1

    def _load(self) -> MotionGPT:
        model = MotionGPT.load(self.model)
        return replace(model, repertoire=None) if self.as_said else model

    def _judge_clips(self) -> CheckReport:
        assert self.labelled is not None
        return judge_labelled(self.labelled)

    def _give_commands(self) -> CheckReport:
        model = self._load()
        commands = SETS[self.commands]

        def generate(text: str, seed: int) -> Motion | None:
            sampling = Sampling(temperature=self.temperature, seed=seed)
            try:
                understood = model.understand(text)
            except CommandError:
                return None
            if not understood.is_near(self.min_confidence):
                return None
            return model.generate(understood, sampling=sampling).motion

        with progress("commands") as count:
            total, done = self.seeds * len(commands), iter(range(1, 10**6))
            return run_check(
                generate, range(self.seeds), commands, lambda _: count(next(done), total)
            )

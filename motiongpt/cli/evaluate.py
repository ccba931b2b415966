"""`motiongpt evaluate`."""

from dataclasses import dataclass, field
from pathlib import Path

import torch
import tyro
from rich.console import Console

from motiongpt.cli.console import console, progress
from motiongpt.cli.data import Source
from motiongpt.errors import EvaluationError
from motiongpt.evaluate.curves import CurveOptions, measure_curves
from motiongpt.evaluate.evaluators import Evaluator, GuoEvaluator, MatchingEvaluator
from motiongpt.evaluate.plots import draw_plots
from motiongpt.evaluate.run import Evaluation, EvaluationOptions
from motiongpt.evaluate.strips import draw_strips
from motiongpt.evaluate.test_set import load_clips
from motiongpt.matching.model import MatchingModel
from motiongpt.model_folder import find_model
from motiongpt.pipeline import MotionGPT


@dataclass(frozen=True)
class GuoFiles:
    """Guo et al.'s published evaluator; give all three, or none for our matching model."""

    guo: Path | None = None
    """Its checkpoint, text_mot_match/model/finest.tar."""

    glove: Path | None = None
    """Folder of our_vab_data.npy, our_vab_words.pkl and our_vab_idx.pkl."""

    guo_meta: Path | None = None
    """Folder of the mean.npy and std.npy that it was trained with."""

    def load(self) -> GuoEvaluator | None:
        """Read it, if it is named.

        Raises:
            EvaluationError: if a part of it is not named.
        """
        paths = (self.guo, self.glove, self.guo_meta)
        if paths == (None, None, None):
            return None
        if self.guo is None or self.glove is None or self.guo_meta is None:
            raise EvaluationError("--guo, --glove and --guo-meta go together; one is missing")
        return GuoEvaluator.load(self.guo, self.glove, self.guo_meta)


@dataclass(frozen=True)
class Evaluate:
    """Measure a model with the field's metrics, beside ground truth and simple baselines.

    Writes evaluation.json, evaluation.md and pictures: curves against temperature, guidance and
    length, use of the motion tokens, strips of motions.
    """

    source: tyro.conf.OmitArgPrefixes[Source]

    model: str = "default"
    """Name of a shipped model, or its folder."""

    evaluator: Path | None = None
    """Folder of a matching model; without it, the model's own matching/, or the shipped one."""

    published: tyro.conf.OmitArgPrefixes[GuoFiles] = field(default_factory=GuoFiles)

    split: str = "val"
    """Clips to compare with."""

    mirrored: bool = False
    """Compare with their mirror images as well."""

    options: tyro.conf.OmitArgPrefixes[EvaluationOptions] = field(
        default_factory=EvaluationOptions
    )

    quick: bool = False
    """A few clips and two repeats, to see whether everything works."""

    plots: bool = True
    """Draw pictures too."""

    output: Path = Path("runs/evaluation")
    """Folder for what is written."""

    threads: int = 0
    """CPU threads; 0 leaves torch's default."""

    def run(self) -> int:
        """Evaluate, print the tables and write everything."""
        if self.threads:
            torch.set_num_threads(self.threads)
        evaluation = self._open()
        with progress("motions") as count:
            report = evaluation.run(count)
        printer = Console()
        for table in report.tables():
            printer.print(table)
        report.write(self.output)
        if self.plots:
            self._draw(evaluation)
        print(f"written to {self.output}")
        return 0

    def _open(self) -> Evaluation:
        """Read model, evaluator and clips."""
        model, evaluator = MotionGPT.load(self.model), self._evaluator()
        data = self.source.prepare()
        first = tuple(data.ready)[0]
        read = (self.source.data, self.source.prepared, data)
        clips = load_clips(*read, self.split, self.mirrored)
        options = self.options.quick() if self.quick else self.options
        return Evaluation(model, clips, load_clips(*read, first), evaluator, options)

    def _evaluator(self) -> Evaluator:
        published = self.published.load()
        if published is not None:
            return published
        folder = self.evaluator
        if folder is None:
            folder = find_model(self.model).matching
            if not folder.is_dir():
                folder = find_model("default").matching
        return MatchingEvaluator(MatchingModel.load(folder))

    def _draw(self, evaluation: Evaluation) -> None:
        options = CurveOptions.quick() if self.quick else CurveOptions()
        with progress("curves") as count:
            curves = measure_curves(evaluation, options, count)
        for path in draw_plots(curves, self.output):
            console.print(f"drawn: {path}", highlight=False)
        console.print(f"drawn: {draw_strips(evaluation.model, self.output)}", highlight=False)

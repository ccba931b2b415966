"""`motiongpt evaluate-tokenizer` and `motiongpt compare-quantizers`."""

from dataclasses import asdict, dataclass, field
from pathlib import Path

import tyro

from motiongpt.check.together import evaluate_together
from motiongpt.cli.console import progress
from motiongpt.cli.data import Source
from motiongpt.model_folder import find_model
from motiongpt.motion.composed_clips import compose_clips
from motiongpt.motion.skeleton import HUMANML3D
from motiongpt.tokenizer.compare import Comparison, compare_quantizers
from motiongpt.tokenizer.motion_tokenizer import CONFIG_FILE, MotionTokenizer
from motiongpt.tokenizer.reconstruction import evaluate_reconstruction
from motiongpt.tokenizer.train import load_clips

N_PAIRS = 400
"""Pairs of clips that are composed."""


@dataclass(frozen=True)
class EvaluateTokenizer:
    """Measure what a motion tokenizer loses on the validation clips and their mirror images.

    The last scores are of clips composed of two by their captions, if any: arms that wave
    or rise on a body that walks.
    """

    source: tyro.conf.OmitArgPrefixes[Source]

    model: str = "default"
    """Name of a shipped model, its folder, or a tokenizer's folder."""

    def run(self) -> int:
        """Measure and print a line for each score."""
        folder = Path(self.model)
        if not (folder / CONFIG_FILE).is_file():
            folder = find_model(self.model).tokenizer
        tokenizer = MotionTokenizer.load(folder)
        data = self.source.prepare()
        clips = load_clips(self.source.prepared, data.names(tuple(data.ready)[1]))
        for name, value in evaluate_reconstruction(tokenizer, clips).as_dict().items():
            print(f"{name:20} {value:.3f}")
        if tokenizer.skeleton is HUMANML3D:
            folder, ids = self.source.data / "texts", tuple(data.ready.values())[1]
            ids = tuple(i for i in ids if (folder / f"{i}.txt").is_file())
        if tokenizer.skeleton is HUMANML3D and ids:
            pairs = compose_clips(
                self.source.data, self.source.prepared, ids, N_PAIRS, 1, data.mirrored
            )
            for name, value in asdict(evaluate_together(tokenizer, pairs)).items():
                print(f"{name:20} {value:.3f}")
        return 0


@dataclass(frozen=True)
class CompareQuantizers:
    """Train a small tokenizer with each quantizer and print a Markdown table of their scores."""

    source: tyro.conf.OmitArgPrefixes[Source]

    output: Path = Path("runs/quantizers")
    """Folder for checkpoints and logs; a killed comparison goes on where it was."""

    comparison: tyro.conf.OmitArgPrefixes[Comparison] = field(default_factory=Comparison)

    def run(self) -> int:
        """Train all and print the table."""
        data = self.source.prepare()
        with progress("training") as count:
            table = compare_quantizers(
                data, self.source.prepared, self.output, self.comparison, count
            )
        print(table)
        return 0

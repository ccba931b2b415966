"""What the command line does with motion tokenizers besides training them."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import tyro

from motiongpt.cli.console import progress
from motiongpt.cli.data import Source
from motiongpt.model_folder import find_model
from motiongpt.motion.statistics import Statistics
from motiongpt.tokenizer.compare import Comparison, compare_quantizers
from motiongpt.tokenizer.import_checkpoint import import_checkpoint
from motiongpt.tokenizer.motion_tokenizer import CONFIG_FILE, MotionTokenizer
from motiongpt.tokenizer.reconstruction import evaluate_reconstruction
from motiongpt.tokenizer.train import load_clips


@dataclass(frozen=True)
class ImportCheckpoint:
    """Turn a published VQ-VAE (T2M-GPT's or MotionGPT's .pth) into a motion tokenizer."""

    checkpoint: Annotated[Path, tyro.conf.Positional]
    """Torch file with the tensors under `net`; Python objects in it are refused."""

    statistics: Path
    """Folder with the mean.npy and std.npy it was trained with (T2M-GPT: meta/), or a dataset's
    Mean.npy and Std.npy."""

    output: Path = Path("runs/model/tokenizer")
    """Folder to write the tokenizer to."""

    def run(self) -> int:
        """Import and say what it is."""
        tokenizer = import_checkpoint(self.checkpoint, Statistics.read(self.statistics))
        tokenizer.save(self.output)
        config = tokenizer.model.config
        print(
            f"{self.output}: {config.n_codes} codes of {config.code_dim}, width {config.width}, "
            f"{config.n_features} features ({tokenizer.skeleton.name}), "
            f"{config.downsampling} frames a token"
        )
        return 0


@dataclass(frozen=True)
class EvaluateTokenizer:
    """Measure what a motion tokenizer loses on the validation clips and their mirror images."""

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

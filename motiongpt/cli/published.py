"""`motiongpt import-checkpoint` and `import-adapter`: published weights in our formats."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from motiongpt.lm.import_adapter import ALPHA, import_adapter
from motiongpt.motion.statistics import Statistics
from motiongpt.tokenizer.import_checkpoint import import_checkpoint


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
class ImportAdapter:
    """Turn the published LoRA adapter (lit-llama's layout) into an ordinary PEFT folder."""

    checkpoint: Annotated[Path, tyro.conf.Positional]
    """Torch file of the adapter; Python objects in it are refused."""

    base: Path
    """Folder of the Hugging Face LLaMA that it was trained on; only its config is read."""

    output: Path = Path("runs/adapter")
    """Folder to write the adapter to."""

    alpha: float = ALPHA
    """LoRA's alpha in its training."""

    def run(self) -> int:
        """Import and say what it is."""
        lora = import_adapter(self.checkpoint, self.base, self.output, self.alpha)
        targets = ", ".join(sorted(lora.target_modules or ()))
        print(f"{self.output}: LoRA of rank {lora.r} and alpha {lora.lora_alpha} on {targets}")
        return 0

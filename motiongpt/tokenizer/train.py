"""Training of the motion tokenizer on one or more processes."""

import json
import logging
import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import numpy as np
import torch
from accelerate import Accelerator
from torch import Tensor, nn

from motiongpt.errors import ModelFileError, TokenizerError
from motiongpt.motion.composed_clips import swap_arms
from motiongpt.motion.layout import layout_of
from motiongpt.motion.prepare import Preparation
from motiongpt.motion.skeleton import HUMANML3D
from motiongpt.tokenizer.config import VQVAEConfig
from motiongpt.tokenizer.losses import LossWeights, feature_loss, geometry_loss
from motiongpt.tokenizer.motion_tokenizer import MotionTokenizer
from motiongpt.tokenizer.quantizers import EMAQuantizer
from motiongpt.tokenizer.reconstruction import evaluate_reconstruction
from motiongpt.tokenizer.vqvae import VQVAE
from motiongpt.tokenizer.windows import Windows
from motiongpt.training_log import Record, TrainingLog

logger = logging.getLogger(__name__)

_MESSAGE = (
    "step %(step)d: loss %(loss).3f, MPJPE %(mpjpe).1f mm, drift %(world_mpjpe).0f mm, "
    "skate x %(skate_ratio).2f, jitter x %(jitter_ratio).2f, codes used %(codes_used).3f, "
    "perplexity %(perplexity).0f, %(minutes_left).0f min left"
)

SETTLE_SHARE = 0.9
"""Share of the steps after which no code is replaced any more, so that the last ones settle."""


@dataclass(frozen=True)
class TokenizerTraining:
    """Options of `motiongpt train tokenizer`."""

    model: VQVAEConfig = field(default_factory=lambda: VQVAEConfig(width=256, code_dim=256))
    """Architecture; the width of the features follows the data."""

    steps: int = 5500
    """Optimiser steps."""

    batch: int = 128
    """Windows a step, over all processes."""

    window: int = 64
    """Frames a window; shorter clips are padded and the padding is left out of the loss."""

    n_composed: int = 4000
    """Clips that are made of two, with the arms of another one, so that codes hold what arms and
    legs do at once; made of 22-joint motion only."""

    time_warp: float = 0.0
    """Windows are played at a speed between 1 - this and 1 + this."""

    learning_rate: float = 4e-4
    """Peak learning rate; cosine to a twentieth of it."""

    warmup: int = 200
    """Steps of linear warm-up."""

    weights: LossWeights = field(default_factory=LossWeights)
    """Weights of the loss."""

    bf16: bool = True
    """Compute convolutions in bfloat16."""

    checkpoint_every: int = 250
    """Steps between checkpoints, each with the scores on the validation clips."""

    patience: int = 0
    """Stop after this many checkpoints without a better MPJPE, and keep the best; 0: never."""

    half: bool = True
    """Save the weights in float16, which halves the file."""

    seed: int = 0
    """Seed of weights and batches."""

    @property
    def saved_as(self) -> torch.dtype:
        """Type of the saved weights."""
        return torch.float16 if self.half else torch.float32

    def __post_init__(self) -> None:
        if self.window % self.model.downsampling:
            raise TokenizerError(
                f"window is {self.window}; allowed: a multiple of {self.model.downsampling}"
            )
        if not 0 <= self.time_warp < 1:
            raise TokenizerError(f"time_warp is {self.time_warp}; allowed: 0 to less than 1")
        for name in ("steps", "batch", "checkpoint_every"):
            if getattr(self, name) < 1:
                raise TokenizerError(f"{name} is {getattr(self, name)}; allowed: 1 or more")


def _rate(step: int, options: TokenizerTraining) -> float:
    if step < options.warmup:
        return (step + 1) / options.warmup
    share = (step - options.warmup) / max(options.steps - options.warmup, 1)
    return 0.05 + 0.95 * 0.5 * (1 + math.cos(math.pi * min(share, 1.0)))


def load_clips(folder: Path, names: tuple[str, ...]) -> list[np.ndarray]:
    """Read prepared features (T, F) by name."""
    return [np.load(folder / "features" / f"{n}.npy", allow_pickle=False) for n in names]


class _Trainer:
    """Model, optimizer and progress: what a checkpoint holds."""

    def __init__(self, data: Preparation, options: TokenizerTraining, output: Path) -> None:
        torch.manual_seed(options.seed)
        self.options, self.output = options, output
        self.accelerator = Accelerator()
        config = replace(options.model, n_features=data.statistics.n_features)
        self.tokenizer = MotionTokenizer(VQVAE(config).train(), data.statistics)
        self.step, self.best, self.worse = 0, math.inf, 0
        self.model: nn.Module
        self.model, self.optimizer = self.accelerator.prepare(
            self.tokenizer.model,
            torch.optim.AdamW(
                self.tokenizer.model.parameters(),
                options.learning_rate,
                betas=(0.9, 0.99),
                weight_decay=0.0,
                fused=True,
            ),
        )
        scale = (data.statistics.mean, data.statistics.std)
        self.scale = [torch.from_numpy(x).float().to(self.accelerator.device) for x in scale]

    def loss(self, batch: tuple[Tensor, Tensor]) -> Tensor:
        """Loss of this process's windows: features (B, T, F) and real frames (B, T, 1)."""
        device, weights = self.accelerator.device, self.options.weights
        features, real = (part.to(device) for part in batch)
        with torch.autocast(device.type, torch.bfloat16, enabled=self.options.bf16):
            output, commitment, _ = self.model(features, real)
        output = output.float()
        mean, std = self.scale
        places = output * std + mean, features * std + mean
        return (
            feature_loss(output, features, real, weights)
            + weights.commitment * commitment
            + geometry_loss(*places, real, weights)
        )

    def train_step(self, windows: Windows) -> float:
        """Take one step, on the same windows whatever the number of processes."""
        options, me = self.options, self.accelerator
        # The same batch, and the same draws of the quantizer, after a resume.
        rng = np.random.default_rng([options.seed, self.step])
        torch.manual_seed(options.seed * 1_000_003 + self.step)
        self.tokenizer.model.quantizer.set_resets(self.step < SETTLE_SHARE * options.steps)
        whole = windows.draw(options.batch, rng)
        part = slice(me.process_index, None, me.num_processes)
        for group in self.optimizer.param_groups:
            group["lr"] = options.learning_rate * _rate(self.step, options)
        loss = self.loss((whole[0][part], whole[1][part]))
        self.optimizer.zero_grad()
        me.backward(loss)
        self.optimizer.step()
        self.step += 1
        value = loss.item()
        if not math.isfinite(value):
            raise TokenizerError(f"the loss is {value} at step {self.step}: lower learning_rate")
        return value

    def evaluate(self, val: list[np.ndarray]) -> Record:
        """Scores on validation clips; keeps the tokenizer if it is the best so far."""
        self.tokenizer.model.eval()
        scores = evaluate_reconstruction(self.tokenizer, val).as_dict()
        if scores["mpjpe"] < self.best:
            self.best, self.worse = scores["mpjpe"], 0
            if self.options.patience and self.accelerator.is_main_process:
                self.tokenizer.save(self.output, self.options.saved_as)
        else:
            self.worse += 1
        self.tokenizer.model.train()
        return scores

    @property
    def done(self) -> bool:
        """Whether all steps are taken, or nothing has got better for too long."""
        patience = self.options.patience
        return self.step >= self.options.steps or (0 < patience <= self.worse)

    def save(self, path: Path) -> None:
        """Write a checkpoint, from the first process."""
        if not self.accelerator.is_main_process:
            return
        state = {
            "step": self.step,
            "best": self.best,
            "worse": self.worse,
            "model": self.tokenizer.model.state_dict(),
            "averages": _averages(self.tokenizer.model),
            "optimizer": self.optimizer.state_dict(),
        }
        torch.save(state, path.with_suffix(".part"))
        path.with_suffix(".part").replace(path)

    def resume(self, path: Path) -> None:
        """Read a checkpoint if it is there.

        Raises:
            ModelFileError: if it is unreadable or of another architecture.
        """
        if not path.is_file():
            return
        try:
            state = torch.load(path, weights_only=True, map_location=self.accelerator.device)
            self.tokenizer.model.load_state_dict(state["model"])
            for name, value in _averages(self.tokenizer.model).items():
                value.copy_(state["averages"][name])
            self.optimizer.load_state_dict(state["optimizer"])
            self.step, self.best, self.worse = (state[k] for k in ("step", "best", "worse"))
        except (OSError, EOFError, RuntimeError, KeyError, ValueError) as error:
            raise ModelFileError(
                f"{path}: no checkpoint of this architecture; remove it to begin anew ({error})"
            ) from error
        logger.info("resuming %s at step %d", path, self.step)


def _averages(model: nn.Module) -> dict[str, Tensor]:
    """Moving averages of all codebooks by name; they are no part of a model's state."""
    return {
        f"{name}.{part}": getattr(module, part)
        for name, module in model.named_modules()
        if isinstance(module, EMAQuantizer)
        for part in ("sums", "counts")
    }


def train_tokenizer(
    data: Preparation,
    prepared: Path,
    output: Path,
    options: TokenizerTraining,
    on_checkpoint: Callable[[Record], None] | None = None,
    on_step: Callable[[int, int], None] | None = None,
) -> MotionTokenizer:
    """Train a tokenizer, resuming from `output/checkpoint.pt` if it is there.

    Under `accelerate launch` all processes and nodes share each batch.

    Args:
        data: what `prepare` returned; the first split is learned, the second one validates, each
            with its mirror images.
        prepared: the folder it wrote.
        output: folder for the checkpoint, the logs (`tokenizer.jsonl` and TensorBoard's) and the
            trained tokenizer.
        options: sizes, steps and rates.
        on_checkpoint: called with the scores after each checkpoint is written.
        on_step: called with the steps done and the steps in all.

    Returns:
        The trained tokenizer, also saved in `output`.

    Raises:
        TokenizerError: if the loss is not finite.
        ModelFileError: if the checkpoint cannot be used.
    """
    train_split, val_split = tuple(data.ready)[:2]
    clips = load_clips(prepared, data.names(train_split))
    if options.n_composed and layout_of(data.statistics.n_features).n_joints == HUMANML3D.n_joints:
        clips += swap_arms(clips, options.n_composed, options.seed)
    windows = Windows(clips, options.window, data.statistics, options.time_warp)
    val = load_clips(prepared, data.names(val_split))
    output.mkdir(parents=True, exist_ok=True)
    trainer, checkpoint = _Trainer(data, options, output), output / "checkpoint.pt"
    trainer.resume(checkpoint)
    log = (
        TrainingLog(output, "tokenizer", _MESSAGE) if trainer.accelerator.is_main_process else None
    )
    began, first = time.monotonic(), trainer.step
    while not trainer.done:
        loss = trainer.train_step(windows)
        if on_step is not None:
            on_step(trainer.step, options.steps)
        if trainer.step % options.checkpoint_every and trainer.step < options.steps:
            continue
        scores = trainer.evaluate(val)
        left = (options.steps - trainer.step) * (time.monotonic() - began)
        record = {"step": trainer.step, "loss": loss, **scores}
        record["minutes_left"] = left / (trainer.step - first) / 60
        trainer.save(checkpoint)
        if log is not None:
            log.write(record)
            if on_checkpoint is not None:
                on_checkpoint(record)
    return _keep(trainer, log)


def _keep(trainer: _Trainer, log: TrainingLog | None) -> MotionTokenizer:
    """Save what was trained: the last weights or, with patience, the best."""
    trainer.tokenizer.model.eval()
    if log is not None:
        log.close()
        if not trainer.options.patience:
            trainer.tokenizer.save(trainer.output, trainer.options.saved_as)
        path = trainer.output / "training.json"
        path.write_text(json.dumps(asdict(trainer.options), indent=2) + "\n")
    trainer.accelerator.wait_for_everyone()
    return MotionTokenizer.load(trainer.output)

"""Training of the motion tokenizer."""

import json
import logging
import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from motiongpt.errors import TokenizerError
from motiongpt.motion import layout
from motiongpt.motion.features import recover_positions
from motiongpt.motion.prepare import Preparation, mirrored_id
from motiongpt.tokenizer.config import VQVAEConfig
from motiongpt.tokenizer.motion_tokenizer import MotionTokenizer
from motiongpt.tokenizer.vqvae import VQVAE

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class TokenizerTraining:
    """Options of `motiongpt train tokenizer`."""

    model: VQVAEConfig = field(default_factory=lambda: VQVAEConfig(width=256, code_dim=256))
    """Architecture."""

    steps: int = 9000
    """Optimiser steps."""

    batch: int = 128
    """Windows a step."""

    window: int = 64
    """Frames a window; shorter clips are padded and the padding is left out of the loss."""

    learning_rate: float = 4e-4
    """Peak learning rate; cosine to a twentieth of it."""

    warmup: int = 200
    """Steps of linear warm-up."""

    position_weight: float = 0.5
    """Weight of the extra loss on local joint positions."""

    commitment_weight: float = 0.02
    """Weight of the commitment loss."""

    bf16: bool = True
    """Compute convolutions in bfloat16."""

    checkpoint_every: int = 250
    """Steps between checkpoints."""

    seed: int = 0
    """Seed of weights and batches."""

    def __post_init__(self) -> None:
        if self.window % self.model.downsampling:
            raise TokenizerError(
                f"window is {self.window}; allowed: a multiple of {self.model.downsampling}"
            )


class Windows:
    """Random windows of normalized features, in one array."""

    def __init__(self, clips: list[np.ndarray], window: int) -> None:
        """Keep clips (T, 263); longer ones are drawn more often."""
        self.window = window
        self.lengths = np.array([len(clip) for clip in clips])
        self.starts = np.concatenate([[0], np.cumsum(self.lengths)[:-1]])
        self.frames = np.concatenate(clips).astype(np.float32)
        weights = np.maximum(self.lengths / window, 1.0)
        self.cumulative = np.cumsum(weights / weights.sum())

    def draw(self, n: int, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
        """Draw n windows (n, window, 263) and which of their frames are real (n, window, 1)."""
        clips = np.searchsorted(self.cumulative, rng.random(n)).clip(max=len(self.lengths) - 1)
        lengths = self.lengths[clips]
        offsets = (rng.random(n) * (np.maximum(lengths - self.window, 0) + 1)).astype(int)
        frames = offsets[:, None] + np.arange(self.window)
        real = frames < lengths[:, None]
        frames = self.starts[clips][:, None] + np.minimum(frames, lengths[:, None] - 1)
        return torch.from_numpy(self.frames[frames]), torch.from_numpy(real[..., None])


def reconstruction_loss(prediction: Tensor, target: Tensor, real: Tensor, weight: float) -> Tensor:
    """SmoothL1 on all features plus `weight` times that on local positions.

    Args:
        prediction: shape (B, T, 263).
        target: shape (B, T, 263).
        real: frames that count, shape (B, T, 1).
        weight: of the local joint positions' own term.
    """
    error = torch.nn.functional.smooth_l1_loss(prediction, target, reduction="none") * real
    n = real.sum()
    positions = error[..., layout.RIC_POSITIONS]
    extra = positions.sum() / (n * positions.shape[-1])
    return error.sum() / (n * error.shape[-1]) + weight * extra


def _rate(step: int, options: TokenizerTraining) -> float:
    if step < options.warmup:
        return (step + 1) / options.warmup
    share = (step - options.warmup) / max(options.steps - options.warmup, 1)
    return 0.05 + 0.95 * 0.5 * (1 + math.cos(math.pi * min(share, 1.0)))


def _step(model: VQVAE, batch: tuple[Tensor, Tensor], options: TokenizerTraining) -> Tensor:
    features, real = batch
    with torch.autocast("cpu", torch.bfloat16, enabled=options.bf16):
        latents = model.encoder(features.transpose(1, 2)).transpose(1, 2)
    codes, commitment, _ = model.quantizer(latents.float())
    with torch.autocast("cpu", torch.bfloat16, enabled=options.bf16):
        output = model.decoder(codes.transpose(1, 2)).transpose(1, 2)
    loss = reconstruction_loss(output.float(), features, real, options.position_weight)
    return loss + options.commitment_weight * commitment


def evaluate_reconstruction(
    tokenizer: MotionTokenizer, clips: list[np.ndarray]
) -> dict[str, float]:
    """Measure what is lost on the way to tokens and back.

    Args:
        tokenizer: what is measured.
        clips: features (T, 263), not normalized.

    Returns:
        `mpjpe_mm` (world joint positions with the clip's first root and heading given),
        `local_mpjpe_mm` (heading and planar place of each frame given) and `codes_used`
        (share of the codebook).
    """
    world, local = [], []
    used: set[int] = set()
    for clip in clips:
        indices = tokenizer.encode_features(clip)
        used.update(indices)
        again = tokenizer.decode_features(indices)
        clip = clip[: len(again)]
        gap = np.linalg.norm(recover_positions(again) - recover_positions(clip), axis=-1)
        world.append(gap.mean(axis=1))
        placed = again.copy()
        placed[:, layout.ROOT_YAW_VELOCITY] = clip[:, layout.ROOT_YAW_VELOCITY]
        placed[:, layout.ROOT_PLANAR_VELOCITY] = clip[:, layout.ROOT_PLANAR_VELOCITY]
        gap = np.linalg.norm(recover_positions(placed) - recover_positions(clip), axis=-1)
        local.append(gap.mean(axis=1))
    return {
        "mpjpe_mm": float(1000 * np.concatenate(world).mean()),
        "local_mpjpe_mm": float(1000 * np.concatenate(local).mean()),
        "codes_used": len(used) / tokenizer.n_codes,
    }


def _load(folder: Path, ids: tuple[str, ...], mirror: bool) -> list[np.ndarray]:
    names = [*ids, *map(mirrored_id, ids)] if mirror else list(ids)
    files = [folder / "features" / f"{name}.npy" for name in names]
    return [np.load(file, allow_pickle=False) for file in files]


def train_tokenizer(
    data: Preparation,
    prepared: Path,
    output: Path,
    options: TokenizerTraining,
    on_checkpoint: Callable[[dict[str, float]], None] | None = None,
) -> MotionTokenizer:
    """Train a tokenizer, resuming from `output/checkpoint.pt` if it is there.

    Args:
        data: what `prepare` returned.
        prepared: the folder it wrote.
        output: folder for the checkpoint, the log and the trained tokenizer.
        options: sizes, steps and rates.
        on_checkpoint: called with the scores after each checkpoint is written.

    Returns:
        The trained tokenizer, also saved in `output`.
    """
    torch.manual_seed(options.seed)
    train = [data.statistics.normalize(c) for c in _load(prepared, data.ready["train"], True)]
    windows = Windows(train, options.window)
    val = [clip.astype(np.float64) for clip in _load(prepared, data.ready["val"], False)]
    model = VQVAE(options.model).train()
    optimizer = torch.optim.AdamW(
        model.parameters(), options.learning_rate, betas=(0.9, 0.99), weight_decay=0.0, fused=True
    )
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _rate(step, options))
    output.mkdir(parents=True, exist_ok=True)
    checkpoint = output / "checkpoint.pt"
    step = _resume(checkpoint, model, optimizer, schedule)
    tokenizer = MotionTokenizer(model, data.statistics)
    began, first = time.monotonic(), step
    while step < options.steps:
        rng = np.random.default_rng([options.seed, step])  # the same batch after a resume
        torch.manual_seed(hash((options.seed, step)))
        loss = _step(model, windows.draw(options.batch, rng), options)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        step += 1
        if step % options.checkpoint_every == 0 or step == options.steps:
            model.eval()
            scores = evaluate_reconstruction(tokenizer, val)
            model.train()
            left = (options.steps - step) * (time.monotonic() - began) / (step - first)
            record = {"step": step, "loss": loss.item(), **scores, "minutes_left": left / 60}
            logger.info("%s", json.dumps(record))
            with (output / "log.jsonl").open("a") as file:
                file.write(json.dumps(record) + "\n")
            _save(checkpoint, step, model, optimizer, schedule)
            if on_checkpoint is not None:
                on_checkpoint(record)
    model.eval()
    tokenizer.save(output)
    (output / "training.json").write_text(json.dumps(asdict(options), indent=2) + "\n")
    return tokenizer


def _save(path: Path, step: int, model: VQVAE, optimizer: torch.optim.Optimizer, schedule) -> None:
    state = {
        "step": step,
        "model": model.state_dict(),
        "sums": model.quantizer.sums,
        "counts": model.quantizer.counts,
        "optimizer": optimizer.state_dict(),
        "schedule": schedule.state_dict(),
    }
    torch.save(state, path.with_suffix(".part"))
    path.with_suffix(".part").replace(path)


def _resume(path: Path, model: VQVAE, optimizer: torch.optim.Optimizer, schedule) -> int:
    if not path.is_file():
        return 0
    state = torch.load(path, weights_only=True)
    model.load_state_dict(state["model"])
    model.quantizer.sums.copy_(state["sums"])
    model.quantizer.counts.copy_(state["counts"])
    optimizer.load_state_dict(state["optimizer"])
    schedule.load_state_dict(state["schedule"])
    return state["step"]

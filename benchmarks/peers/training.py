"""The training loop that both peers share."""

import logging
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class PeerTraining:
    """Steps and rates."""

    steps: int = 5000
    """Optimiser steps."""

    batch: int = 64
    """Clips a step."""

    learning_rate: float = 4e-4
    """Peak learning rate; cosine to a tenth of it."""

    warmup: int = 100
    """Steps of linear warm-up."""

    bfloat16: bool = False
    """Multiply matrices in bfloat16: twice as fast on a CPU that can."""

    checkpoint_every: int = 500
    """Steps between checkpoints."""

    seed: int = 0
    """Seed of weights and batches."""


def _rate(step: int, options: PeerTraining) -> float:
    if step < options.warmup:
        return (step + 1) / options.warmup
    share = (step - options.warmup) / max(options.steps - options.warmup, 1)
    return 0.1 + 0.9 * 0.5 * (1 + math.cos(math.pi * min(share, 1.0)))


def train_peer(
    network: nn.Module,
    loss: Callable[[np.random.Generator], Tensor],
    checkpoint: Path,
    options: PeerTraining,
    on_step: Callable[[int, int], None] | None = None,
) -> list[float]:
    """Train a network, resuming from its checkpoint if it is there.

    Args:
        network: changed in place; in eval mode afterwards.
        loss: the loss of a batch that a generator draws.
        checkpoint: file to write.
        options: steps and rates.
        on_step: called with the steps done and the steps in all.

    Returns:
        The losses of the steps that were taken.
    """
    optimizer = torch.optim.AdamW(
        network.parameters(), options.learning_rate, betas=(0.9, 0.99), weight_decay=0.01
    )
    step, losses = 0, []
    if checkpoint.is_file():
        state = torch.load(checkpoint, weights_only=True)
        network.load_state_dict(state["network"])
        optimizer.load_state_dict(state["optimizer"])
        step = state["step"]
        logger.info("resuming %s at step %d", checkpoint, step)
    checkpoint.parent.mkdir(parents=True, exist_ok=True)
    network.train()
    while step < options.steps:
        torch.manual_seed(options.seed * 1_000_003 + step)
        for group in optimizer.param_groups:
            group["lr"] = options.learning_rate * _rate(step, options)
        with torch.autocast("cpu", torch.bfloat16, enabled=options.bfloat16):
            value = loss(np.random.default_rng([options.seed, step]))
        optimizer.zero_grad()
        value.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        step += 1
        losses.append(value.item())
        if on_step is not None:
            on_step(step, options.steps)
        if step % options.checkpoint_every == 0 or step == options.steps:
            _save(checkpoint, step, network, optimizer)
            logger.info("%s: loss %.3f at step %d", checkpoint, np.mean(losses[-100:]), step)
    network.eval()
    return losses


def _save(path: Path, step: int, network: nn.Module, optimizer: torch.optim.Optimizer) -> None:
    state = {
        "step": step,
        "network": network.state_dict(),
        "optimizer": optimizer.state_dict(),
    }
    torch.save(state, path.with_suffix(".part"))
    path.with_suffix(".part").replace(path)

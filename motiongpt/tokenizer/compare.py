"""The same training for each quantizer, and a table of what comes out."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from motiongpt.motion.prepare import Preparation
from motiongpt.tokenizer.config import VQVAEConfig
from motiongpt.tokenizer.losses import PUBLISHED_LOSS, LossWeights
from motiongpt.tokenizer.reconstruction import Reconstruction, evaluate_reconstruction
from motiongpt.tokenizer.train import TokenizerTraining, load_clips, train_tokenizer

logger = logging.getLogger(__name__)

_CAUSAL = VQVAEConfig(causal_decoder=True)
VARIANTS: dict[str, VQVAEConfig] = {
    "EMA-VQ, decoder looks ahead (published, default)": VQVAEConfig(),
    "EMA-VQ, causal decoder": _CAUSAL,
    "FSQ 8 x 8 x 8, causal decoder": replace(_CAUSAL, quantizer="fsq"),
    "Residual VQ, 3 layers, causal decoder": replace(_CAUSAL, quantizer="residual"),
}
"""What is compared, by name; the width is the comparison's."""

COLUMNS = {
    "MPJPE [mm]": "mpjpe",
    "drift [mm]": "world_mpjpe",
    "velocity error [mm/s]": "velocity_error",
    "jitter / data's": "jitter_ratio",
    "skate / data's": "skate_ratio",
    "codes used": "codes_used",
    "perplexity": "perplexity",
    "tokens a second": "tokens_a_second",
}
"""Heading of a column and the score in it."""


@dataclass(frozen=True)
class Comparison:
    """Size of the trainings that are compared."""

    width: int = 128
    """Channels of the convolutions and width of a code."""

    steps: int = 1500
    """Optimiser steps of each."""

    batch: int = 128
    """Windows a step."""

    weights: LossWeights = PUBLISHED_LOSS
    """Weights of the loss; short trainings get furthest with the published one."""

    seed: int = 0
    """Seed of weights and batches."""


def compare_quantizers(
    data: Preparation,
    prepared: Path,
    output: Path,
    options: Comparison,
    on_step: Callable[[int, int], None] | None = None,
) -> str:
    """Train a tokenizer of each kind and score it on the validation clips.

    Args:
        data: what `prepare` returned.
        prepared: the folder it wrote.
        output: folder for checkpoints and logs.
        options: size of the trainings.
        on_step: called with the steps done and the steps in all.

    Returns:
        A Markdown table.
    """
    val = load_clips(prepared, data.names(tuple(data.ready)[1]))
    scores = {}
    for n, (name, config) in enumerate(VARIANTS.items()):
        training = TokenizerTraining(
            model=replace(config, width=options.width, code_dim=options.width),
            steps=options.steps,
            batch=options.batch,
            weights=options.weights,
            seed=options.seed,
            checkpoint_every=max(options.steps // 3, 1),
        )

        def count(done: int, total: int, before: int = n * options.steps) -> None:
            if on_step is not None:
                on_step(before + done, total * len(VARIANTS))

        logger.info("%s", name)
        folder = output / str(n)
        tokenizer = train_tokenizer(data, prepared, folder, training, on_step=count)
        scores[name] = evaluate_reconstruction(tokenizer, val)
    return markdown_table(scores)


def markdown_table(scores: dict[str, Reconstruction]) -> str:
    """Format scores by name as a Markdown table."""
    rows = [["", *COLUMNS], ["---", *("---:" for _ in COLUMNS)]]
    for name, score in scores.items():
        rows.append([name, *(_number(score.as_dict()[c]) for c in COLUMNS.values())])
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def _number(value: float) -> str:
    return f"{value:.0f}" if abs(value) >= 100 or np.isclose(value % 1, 0) else f"{value:.2f}"

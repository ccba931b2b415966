"""Training of the language model on one or more processes: its base, or LoRA on it."""

import json
import math
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import torch
from accelerate import Accelerator, DistributedType
from safetensors import SafetensorError
from torch import Tensor
from torch.distributed.checkpoint import CheckpointException
from torch.nn.functional import cross_entropy
from transformers import PreTrainedModel

from motiongpt.errors import LanguageModelError, ModelFileError
from motiongpt.lm import vocabulary as v
from motiongpt.lm.batches import IGNORED, SequenceMaker, stream_batches
from motiongpt.training_log import Record, TrainingLog

N_HELD_OUT = 4
"""Batches of the validation loss."""

_UNREADABLE = (
    OSError,
    EOFError,
    RuntimeError,
    KeyError,
    ValueError,
    SafetensorError,
    CheckpointException,
)
_STEP_FILE = "step.json"
_MESSAGE = (
    "{stage} step %(step)d: loss %(loss).3f, val %(val_loss).3f, %(minutes_left).0f min left"
)


@dataclass(frozen=True)
class Optimization:
    """Steps, batches and rates of one stage."""

    steps: int
    """Optimiser steps."""

    batch: int = 64
    """Sequences a step, over all processes."""

    accumulation: int = 1
    """Parts a step is computed in, one after the other, to save memory."""

    gradient_checkpointing: bool = False
    """Compute activations twice instead of keeping them, to save memory."""

    learning_rate: float = 1e-3
    """Peak learning rate; cosine to a tenth of it."""

    warmup: int = 100
    """Steps of linear warm-up."""

    weight_decay: float = 0.05
    """AdamW's weight decay."""

    bf16: bool = True
    """Compute in bfloat16."""

    checkpoint_every: int = 250
    """Steps between checkpoints."""

    seed: int = 0
    """Seed of weights and batches."""

    def __post_init__(self) -> None:
        for name in ("steps", "batch", "accumulation", "checkpoint_every"):
            if getattr(self, name) < 1:
                raise LanguageModelError(f"{name} is {getattr(self, name)}; allowed: 1 or more")


@torch.no_grad()
def evaluate_loss(model: torch.nn.Module, batches: list[dict[str, Tensor]]) -> float:
    """Mean loss a token over batches, on this process."""
    model.eval()
    device = next(model.parameters()).device
    losses = [_sum_loss(model, {k: t.to(device) for k, t in batch.items()}) for batch in batches]
    model.train()
    return float(torch.stack(losses).sum()) / sum(map(_count, batches))


def _sum_loss(model: torch.nn.Module, batch: dict[str, Tensor]) -> Tensor:
    """Loss of all tokens that count, in float32 whatever the model computes in."""
    read = {name: t for name, t in batch.items() if name != "labels"}
    logits = model(**read, use_cache=False).logits[:, :-1].float()  # (B, T - 1, V)
    labels = batch["labels"][:, 1:]
    return cross_entropy(
        logits.flatten(0, 1), labels.flatten(), ignore_index=IGNORED, reduction="sum"
    )


def _count(batch: dict[str, Tensor]) -> int:
    """Tokens that count."""
    return int((batch["labels"][:, 1:] != IGNORED).sum())


def _rate(step: int, options: Optimization) -> float:
    if step < options.warmup:
        return (step + 1) / options.warmup
    share = (step - options.warmup) / max(options.steps - options.warmup, 1)
    return 0.1 + 0.9 * 0.5 * (1 + math.cos(math.pi * min(share, 1.0)))


def train_stage(
    model: PreTrainedModel | torch.nn.Module,
    train: SequenceMaker,
    val: SequenceMaker,
    stage: str,
    output: Path,
    options: Optimization,
    on_checkpoint: Callable[[Record], None] | None = None,
    on_step: Callable[[int, int], None] | None = None,
) -> dict[str, Tensor]:
    """Train what of a model has gradients, resuming from `output/<stage>` if it is there.

    Under `accelerate launch` all processes and nodes share each batch, and with FSDP 2 the
    weights. They must begin with the same weights and see the same `output`.

    Args:
        model: a LLaMA or a PEFT model; changed in place.
        train: sequences to learn.
        val: sequences for the validation loss.
        stage: "base" or "lora": which sequences are drawn.
        output: folder for checkpoint and logs.
        options: steps and rates.
        on_checkpoint: called with step and losses after each checkpoint is written.
        on_step: called with the steps done and the steps in all.

    Returns:
        All weights by name, gathered on the first process; empty on the others.

    Raises:
        LanguageModelError: if the loss is not finite, or FSDP 1 is asked for.
        ModelFileError: if the checkpoint cannot be used.
    """
    output.mkdir(parents=True, exist_ok=True)
    trainer = _Trainer(model, options, output / stage)
    pad = train.vocabulary.marker_id(v.PAD)
    draw, draw_val = train.draw_instruction, val.draw_instruction
    if stage == "base":
        draw, draw_val = train.draw_base, val.draw_base
    trainer.resume()
    batches = stream_batches(draw, options.batch, pad, options.seed, trainer.step)
    held_out = _first(stream_batches(draw_val, 64, pad, options.seed), N_HELD_OUT)
    main = trainer.accelerator.is_main_process
    log = TrainingLog(output, stage, _MESSAGE.format(stage=stage)) if main else None
    began, first = time.monotonic(), trainer.step
    trainer.model.train()
    while trainer.step < options.steps:
        loss = trainer.train_step(next(batches))
        if on_step is not None:
            on_step(trainer.step, options.steps)
        if trainer.step % options.checkpoint_every and trainer.step < options.steps:
            continue
        left = (options.steps - trainer.step) * (time.monotonic() - began)
        record = {"step": trainer.step, "loss": loss}
        record["val_loss"] = evaluate_loss(trainer.model, held_out)
        record["minutes_left"] = left / (trainer.step - first) / 60
        trainer.save()
        if log is not None:
            log.write(record)
            if on_checkpoint is not None:
                on_checkpoint(record)
    if log is not None:
        log.close()
    trainer.model.eval()
    weights = trainer.accelerator.get_state_dict(trainer.model)
    return {name: t.cpu() for name, t in weights.items()} if main else {}


class _Trainer:
    """Model, optimizer and progress: what a checkpoint holds."""

    def __init__(self, model: torch.nn.Module, options: Optimization, checkpoint: Path) -> None:
        self.options, self.checkpoint, self.step = options, checkpoint, 0
        self.accelerator = me = Accelerator(mixed_precision="bf16" if options.bf16 else "no")
        if me.distributed_type is DistributedType.FSDP and not me.is_fsdp2:
            raise LanguageModelError("FSDP 1 is asked for; allowed: 2 (--fsdp_version 2)")
        n_parts = me.num_processes * options.accumulation
        if options.batch % n_parts:
            raise LanguageModelError(
                f"batch is {options.batch}; allowed: a multiple of {n_parts} "
                f"({me.num_processes} processes, {options.accumulation} parts)"
            )
        if options.gradient_checkpointing:
            model.enable_input_require_grads()  # type: ignore[operator]
            model.activation_checkpointing_enable()  # type: ignore[operator]
        optimizer = torch.optim.AdamW(
            [p for p in model.parameters() if p.requires_grad],
            options.learning_rate,
            betas=(0.9, 0.95),
            weight_decay=options.weight_decay,
            fused=True,
        )
        self.model: torch.nn.Module
        with _embeddings_with_the_rest(model):
            self.model, self.optimizer = me.prepare(model, optimizer)

    def train_step(self, batch: dict[str, Tensor]) -> float:
        """Take one step; every process takes its part of the batch."""
        options, me = self.options, self.accelerator
        # The same dropout after a resume.
        torch.manual_seed(options.seed * 1_000_003 + self.step)
        for group in self.optimizer.param_groups:
            group["lr"] = options.learning_rate * _rate(self.step, options)
        # Each token counts the same, whatever part it is in; processes are averaged.
        share = me.num_processes / _count(batch)
        n_parts = me.num_processes * options.accumulation
        total = torch.zeros((), device=me.device)
        for k in range(options.accumulation):
            rows = slice(me.process_index * options.accumulation + k, None, n_parts)
            part = {name: t[rows].to(me.device) for name, t in batch.items()}
            last = k == options.accumulation - 1
            with nullcontext() if last else me.no_sync(self.model):
                loss = _sum_loss(self.model, part) * share
                me.backward(loss)
            total += loss.detach()
        me.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        self.optimizer.zero_grad()
        self.step += 1
        value = float(me.reduce(total, "mean"))
        if not math.isfinite(value):
            raise LanguageModelError(f"the loss is {value} at step {self.step}: lower the rate")
        return value

    def save(self) -> None:
        """Write a checkpoint; one that is there stays until the new one is whole."""
        part = self.checkpoint.with_suffix(".part")
        self.accelerator.save_state(str(part))
        self.accelerator.wait_for_everyone()  # every process writes its own share
        if self.accelerator.is_main_process:
            (part / _STEP_FILE).write_text(json.dumps({"step": self.step}) + "\n")
            shutil.rmtree(self.checkpoint, ignore_errors=True)
            part.rename(self.checkpoint)
        self.accelerator.wait_for_everyone()

    def resume(self) -> None:
        """Read a checkpoint if it is there.

        Raises:
            ModelFileError: if it is unreadable or of another model.
        """
        if not self.checkpoint.is_dir():
            return
        try:
            self.accelerator.load_state(str(self.checkpoint))
            self.step = int(json.loads((self.checkpoint / _STEP_FILE).read_text())["step"])
        except _UNREADABLE as error:
            raise ModelFileError(
                f"{self.checkpoint}: no checkpoint of this model; remove it to begin anew "
                f"({error})"
            ) from error


@contextmanager
def _embeddings_with_the_rest(model: torch.nn.Module) -> Iterator[None]:
    """Let FSDP shard the embeddings with what is in no layer.

    accelerate gives them groups of their own, and does not see that they are tied where PEFT
    wraps them to train some of their rows.
    """
    names = ("get_input_embeddings", "get_output_embeddings")
    for name in names:
        setattr(model, name, lambda: None)
    yield
    for name in names:
        delattr(model, name)


def _first(batches: Iterator[dict[str, Tensor]], n: int) -> list[dict[str, Tensor]]:
    return [next(batches) for _ in range(n)]

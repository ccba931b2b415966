"""Training of the language model: a small base from scratch, and LoRA on any base."""

import json
import logging
import math
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors import SafetensorError
from torch import Tensor
from transformers import AutoConfig, AutoTokenizer, LlamaConfig, LlamaForCausalLM

from motiongpt.errors import LanguageModelError
from motiongpt.lm import vocabulary as v
from motiongpt.lm.batches import SequenceMaker, stream_batches
from motiongpt.lm.vocabulary import Vocabulary, extend_vocabulary

logger = logging.getLogger(__name__)
Record = dict[str, float]


@dataclass(frozen=True)
class BaseSize:
    """Size of the small LLaMA that is trained from scratch."""

    width: int = 256
    """Hidden size."""

    layers: int = 6
    """Decoder layers."""

    heads: int = 8
    """Attention heads."""

    feed_forward: int = 704
    """Width of the gated feed-forward part."""

    context: int = 320
    """Most tokens of prompt and answer together."""


@dataclass(frozen=True)
class LoraSize:
    """Shape of the LoRA adapter; published: r 64, alpha 16, dropout 0.05 on q and v."""

    r: int = 32
    """Rank."""

    alpha: int = 32
    """Scale; the update is multiplied by alpha / r."""

    dropout: float = 0.05
    """Dropout on the adapter's input."""

    targets: tuple[str, ...] = (
        "q_proj",
        "k_proj",
        "v_proj",
        "o_proj",
        "gate_proj",
        "up_proj",
        "down_proj",
    )
    """Linear layers that are adapted."""


@dataclass(frozen=True)
class Optimization:
    """Steps, batches and rates of one stage."""

    steps: int
    """Optimiser steps."""

    batch: int = 64
    """Sequences a step."""

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


def make_base(vocabulary: Vocabulary, size: BaseSize, seed: int = 0) -> LlamaForCausalLM:
    """Make a LLaMA with random weights for a vocabulary."""
    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=vocabulary.size,
        hidden_size=size.width,
        intermediate_size=size.feed_forward,
        num_hidden_layers=size.layers,
        num_attention_heads=size.heads,
        num_key_value_heads=size.heads,
        max_position_embeddings=size.context,
        rms_norm_eps=1e-5,
        tie_word_embeddings=True,
        attention_dropout=0.1,
        bos_token_id=vocabulary.marker_id(v.BOS),
        eos_token_id=vocabulary.marker_id(v.EOS),
        pad_token_id=vocabulary.marker_id(v.PAD),
    )
    return LlamaForCausalLM(config)


def open_base(
    name_or_path: str, captions: list[str], n_codes: int
) -> tuple[LlamaForCausalLM, Vocabulary, list[int]]:
    """Open an existing LLaMA and give it markers and motion tokens.

    Args:
        name_or_path: Hugging Face name or folder; weights are read from safetensors only.
        captions: texts whose words count as known.
        n_codes: codebook size.

    Returns:
        The model, its vocabulary, and the ids that are new.

    Raises:
        LanguageModelError: if it cannot be read, is no LLaMA, or its tokenizer does not fit.
    """
    try:
        config = AutoConfig.from_pretrained(name_or_path)
        if config.model_type != "llama":
            raise LanguageModelError(
                f"{name_or_path} is of type '{config.model_type}'; allowed: llama"
            )
        tokenizer = AutoTokenizer.from_pretrained(name_or_path)
        n_known = len(tokenizer)
        base = LlamaForCausalLM.from_pretrained(
            name_or_path, use_safetensors=True, dtype=torch.float32
        )
    except (OSError, ValueError, SafetensorError) as error:
        raise LanguageModelError(f"{name_or_path}: no readable base ({error})") from error
    vocabulary = extend_vocabulary(tokenizer, captions, n_codes)
    base.resize_token_embeddings(max(vocabulary.size, base.config.vocab_size))
    return base, vocabulary, list(range(n_known, vocabulary.size))


def add_lora(
    base: LlamaForCausalLM, size: LoraSize, trained_tokens: list[int] | None = None
) -> PeftModel:
    """Wrap a base with a fresh adapter.

    Args:
        base: any LLaMA.
        size: rank, scale and layers.
        trained_tokens: ids whose embeddings are trained and saved with the adapter.
    """
    config = LoraConfig(
        r=size.r,
        lora_alpha=size.alpha,
        lora_dropout=size.dropout,
        target_modules=list(size.targets),
        trainable_token_indices=_trained_rows(base, trained_tokens),
        task_type="CAUSAL_LM",
    )
    return get_peft_model(base, config)


def _trained_rows(
    base: LlamaForCausalLM, tokens: list[int] | None
) -> list[int] | dict[str, list[int]] | None:
    """Rows to train by layer; an output layer of its own needs them as well."""
    if tokens is None or base.config.tie_word_embeddings:
        return tokens
    return {"embed_tokens": tokens, "lm_head": tokens}


@torch.no_grad()
def evaluate_loss(model: torch.nn.Module, batches: list[dict[str, Tensor]]) -> float:
    """Mean loss a token over batches."""
    model.eval()
    total = sum(float(model(**batch).loss) for batch in batches) / len(batches)
    model.train()
    return total


def _rate(step: int, options: Optimization) -> float:
    if step < options.warmup:
        return (step + 1) / options.warmup
    share = (step - options.warmup) / max(options.steps - options.warmup, 1)
    return 0.1 + 0.9 * 0.5 * (1 + math.cos(math.pi * min(share, 1.0)))


def train_stage(
    model: torch.nn.Module,
    train: SequenceMaker,
    val: SequenceMaker,
    stage: str,
    output: Path,
    options: Optimization,
    on_checkpoint: Callable[[Record], None] | None = None,
) -> None:
    """Train what of a model has gradients, resuming from `output/<stage>.pt` if it is there.

    Args:
        model: a LLaMA or a PEFT model; changed in place.
        train: sequences to learn.
        val: sequences for the validation loss.
        stage: "base" or "lora": which sequences are drawn.
        output: folder for checkpoint and log.
        options: steps and rates.
        on_checkpoint: called with step and losses after each checkpoint is written.
    """
    parameters = {n: p for n, p in model.named_parameters() if p.requires_grad}
    optimizer = torch.optim.AdamW(
        parameters.values(),
        options.learning_rate,
        betas=(0.9, 0.95),
        weight_decay=options.weight_decay,
        fused=True,
    )
    output.mkdir(parents=True, exist_ok=True)
    checkpoint = output / f"{stage}.pt"
    step = _resume(checkpoint, parameters, optimizer)
    pad = train.vocabulary.marker_id(v.PAD)
    draw = train.draw_base if stage == "base" else train.draw_instruction
    batches = stream_batches(draw, options.batch, pad, options.seed, step)
    held_out = _first(stream_batches(val.draw_instruction, 64, pad, options.seed), 4)
    if stage == "base":
        held_out = _first(stream_batches(val.draw_base, 64, pad, options.seed), 4)
    began, start = time.monotonic(), step
    model.train()
    while step < options.steps:
        torch.manual_seed(options.seed * 1_000_003 + step)
        for group in optimizer.param_groups:
            group["lr"] = options.learning_rate * _rate(step, options)
        with torch.autocast("cpu", torch.bfloat16, enabled=options.bf16):
            loss = model(**next(batches)).loss
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters.values(), 1.0)
        optimizer.step()
        step += 1
        if step % options.checkpoint_every == 0 or step == options.steps:
            left = (options.steps - step) * (time.monotonic() - began) / (step - start)
            losses = {"loss": loss.item(), "val_loss": evaluate_loss(model, held_out)}
            record = {"step": step, **losses, "minutes_left": left / 60}
            _save(checkpoint, step, parameters, optimizer)
            logger.info("%s %s", stage, json.dumps(record))
            with (output / f"{stage}.jsonl").open("a") as file:
                file.write(json.dumps(record) + "\n")
            if on_checkpoint is not None:
                on_checkpoint(record)
    model.eval()


def _first(batches: Iterator[dict[str, Tensor]], n: int) -> list[dict[str, Tensor]]:
    return [next(batches) for _ in range(n)]


def _save(
    path: Path, step: int, parameters: Mapping[str, Tensor], optimizer: torch.optim.Optimizer
) -> None:
    state = {"step": step, "parameters": dict(parameters), "optimizer": optimizer.state_dict()}
    torch.save(state, path.with_suffix(".part"))
    path.with_suffix(".part").replace(path)


def _resume(path: Path, parameters: Mapping[str, Tensor], optimizer: torch.optim.Optimizer) -> int:
    if not path.is_file():
        return 0
    state = torch.load(path, weights_only=True)
    with torch.no_grad():
        for name, parameter in parameters.items():
            parameter.copy_(state["parameters"][name])
    optimizer.load_state_dict(state["optimizer"])
    return state["step"]

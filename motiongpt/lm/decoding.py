"""Constrained sampling: whatever the weights, the answer is motion tokens and then the end."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch
from transformers import LlamaForCausalLM

from motiongpt.errors import LanguageModelError
from motiongpt.lm.codec import Bounds, Codec
from motiongpt.lm.cpu_engine import CpuEngine
from motiongpt.lm.engine import Engine
from motiongpt.lm.prompts import Instruction
from motiongpt.lm.rows import Rows
from motiongpt.lm.torch_engine import LlamaEngine


@dataclass(frozen=True)
class Sampling:
    """How tokens are drawn."""

    temperature: float = 0.0
    """Divides the logits; 0 takes the most likely token."""

    top_k: int = 40
    """Tokens that stay in the draw; 0 keeps all."""

    top_p: float = 0.9
    """Least share of probability that stays in the draw."""

    min_tokens: int = 4
    """No end before this many motion tokens."""

    max_tokens: int = 50
    """The answer ends here at the latest; 50 tokens are 10 s."""

    seed: int = 0
    """Same seed, same device, same motion."""

    guidance: float | None = None
    """How much more the text counts than without it (classifier-free guidance): 1 reads one row a
    token, any other scale two; None takes what suits the prompt's form."""

    def __post_init__(self) -> None:
        for name, allowed, good in (
            ("temperature", "0 or more", self.temperature >= 0),
            ("top_k", "0 or more", self.top_k >= 0),
            ("top_p", "above 0, at most 1", 0 < self.top_p <= 1),
            ("guidance", "0 or more", self.guidance is None or 0 <= self.guidance < math.inf),
            ("min_tokens", "1 or more", self.min_tokens >= 1),
            ("max_tokens", "min_tokens or more", self.max_tokens >= self.min_tokens),
        ):
            if not good:
                raise LanguageModelError(f"{name} is {getattr(self, name)}; allowed: {allowed}")


def draw_token(logits: np.ndarray, sampling: Sampling, rng: np.random.Generator) -> int:
    """Draw one token.

    Args:
        logits: shape (V,); minus infinity forbids a token.
        sampling: temperature, top-k and top-p.
        rng: source of randomness.

    Returns:
        Index of the token drawn.
    """
    if sampling.temperature == 0:
        return int(logits.argmax())
    if 0 < sampling.top_k < len(logits):
        least = np.partition(logits, -sampling.top_k)[-sampling.top_k]
        logits = np.where(logits < least, -np.inf, logits)
    order = np.argsort(-logits, kind="stable")
    scaled = logits[order].astype(np.float64) / sampling.temperature
    probability = np.exp(scaled - scaled[0])
    probability /= probability.sum()
    before = np.cumsum(probability) - probability
    probability[before >= sampling.top_p] = 0
    up_to = np.cumsum(probability)
    at = int(np.searchsorted(up_to, rng.random() * up_to[-1], side="right"))
    return int(order[min(at, np.flatnonzero(probability)[-1])])


def make_engine(model: LlamaForCausalLM, codec: Codec) -> Engine:
    """Make the engine of a model that answers in a codec."""
    on_cpu = model.device.type == "cpu" and model.dtype is torch.float32
    return (CpuEngine if on_cpu else LlamaEngine)(model, codec.answers)


def stream_tokens(
    engine: Engine, codec: Codec, instruction: Instruction, sampling: Sampling
) -> Iterator[int]:
    """Generate code indices one by one; what is given is among them, where it belongs.

    The iterator can be left at any token.

    Args:
        engine: what `make_engine` makes.
        codec: how prompts and answers are written.
        instruction: text and what is given.
        sampling: how tokens are drawn and how many.

    Yields:
        Code indices, at least `min_tokens` and at most `max_tokens`, or as many as are asked for.

    Raises:
        LanguageModelError: if prompt and answer exceed the context, what is given does not fit,
            or logits are not finite.
    """
    for _, indices in stream_samples(engine, codec, instruction, sampling, 1):
        yield from indices


def stream_samples(
    engine: Engine, codec: Codec, instruction: Instruction, sampling: Sampling, n: int
) -> Iterator[tuple[int, tuple[int, ...]]]:
    """Generate several answers to one instruction side by side.

    Args:
        engine: as in `stream_tokens`.
        codec: likewise.
        instruction: likewise.
        sampling: likewise; answer k is drawn with `seed` + k.
        n: how many answers.

    Yields:
        Which answer, and the code indices that it goes on with; none at times.

    Raises:
        LanguageModelError: as `stream_tokens` does, or for no answer.
    """
    if n < 1:
        raise LanguageModelError(f"{n} answers are asked for; allowed: 1 or more")
    bounds = Bounds.of(instruction.given, sampling.min_tokens, sampling.max_tokens)
    guidance = codec.guidance if sampling.guidance is None else sampling.guidance
    guided = guidance != 1 and bool(instruction.text)
    asked = [instruction, replace(instruction, text="")] if guided else [instruction]
    prompts = [codec.prompt_ids(one) for one in asked]
    rows = Rows(engine, prompts, n, bounds.max_tokens * codec.ids_per_token)
    grammars = [codec.start(bounds) for _ in range(n)]
    rngs = [np.random.default_rng(sampling.seed + k) for k in range(n)]
    left = list(range(n))
    while left:
        allowed = [grammars[k].allowed() for k in left]
        # The model is not asked where only one answer is allowed, as where a token is given.
        certain = [np.count_nonzero(mask) == 1 for mask in allowed]
        logits = allowed if all(certain) else rows.ask(guidance)
        answers = [
            int(mask.argmax())
            if sure
            else draw_token(np.where(mask, row, -np.inf), sampling, rngs[k])
            for k, mask, sure, row in zip(left, allowed, certain, logits, strict=True)
        ]
        rows.append([codec.answers[answer] for answer in answers])
        for k, answer in zip(left, answers, strict=True):
            yield k, grammars[k].take(answer)
        going = [at for at, k in enumerate(left) if not grammars[k].done]
        if len(going) < len(left):
            left = [left[at] for at in going]
            rows.keep(going)

"""Constrained sampling: whatever the weights, the answer is motion tokens and then the end."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor
from transformers import LlamaForCausalLM

from motiongpt.errors import LanguageModelError
from motiongpt.lm.codec import Codec
from motiongpt.lm.cpu_engine import CpuEngine
from motiongpt.lm.engine import Engine
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

    def __post_init__(self) -> None:
        for name, allowed, good in (
            ("temperature", "0 or more", self.temperature >= 0),
            ("top_k", "0 or more", self.top_k >= 0),
            ("top_p", "above 0, at most 1", 0 < self.top_p <= 1),
            ("min_tokens", "1 or more", self.min_tokens >= 1),
            ("max_tokens", "min_tokens or more", self.max_tokens >= self.min_tokens),
        ):
            if not good:
                raise LanguageModelError(f"{name} is {getattr(self, name)}; allowed: {allowed}")


def draw_token(logits: Tensor, sampling: Sampling, generator: torch.Generator) -> int:
    """Draw one token.

    Args:
        logits: shape (V,); minus infinity forbids a token.
        sampling: temperature, top-k and top-p.
        generator: source of randomness, on the CPU.

    Returns:
        Index of the token drawn.
    """
    logits = logits.float().cpu()
    if sampling.temperature == 0:
        return int(logits.argmax())
    if 0 < sampling.top_k < len(logits):
        least = torch.topk(logits, sampling.top_k).values[-1]
        logits = logits.masked_fill(logits < least, -torch.inf)
    probability, order = torch.softmax(logits / sampling.temperature, 0).sort(descending=True)
    before = probability.cumsum(0) - probability
    probability[before >= sampling.top_p] = 0
    return int(order[torch.multinomial(probability, 1, generator=generator)])


def make_engine(model: LlamaForCausalLM, codec: Codec) -> Engine:
    """Make the engine of a model that answers in a codec."""
    on_cpu = model.device.type == "cpu" and model.dtype is torch.float32
    return (CpuEngine if on_cpu else LlamaEngine)(model, codec.answers)


def stream_tokens(
    engine: Engine, codec: Codec, prompt: list[int], sampling: Sampling
) -> Iterator[int]:
    """Generate code indices one by one.

    Args:
        engine: what `make_engine` makes.
        codec: how answers are written.
        prompt: token ids.
        sampling: how tokens are drawn and how many.

    Yields:
        Code indices, at least `min_tokens` and at most `max_tokens`.

    Raises:
        LanguageModelError: if prompt and answer exceed the context, or logits are not finite.
    """
    longest = sampling.max_tokens * codec.ids_per_token
    if len(prompt) + longest > engine.context:
        raise LanguageModelError(
            f"a prompt of {len(prompt)} tokens and {longest} for the answer exceed "
            f"the context of {engine.context}; shorten the text"
        )
    generator = torch.Generator().manual_seed(sampling.seed)
    reading, ids = engine.start(len(prompt) + longest), prompt
    grammar = codec.start(sampling.min_tokens, sampling.max_tokens)
    while not grammar.done:
        logits = engine.read(reading, [ids])[0]
        if not torch.isfinite(logits).all():
            n_read = reading.length - len(prompt)
            raise LanguageModelError(f"the model's logits at token {n_read} are not finite")
        logits = logits.cpu().masked_fill(~grammar.allowed(), -torch.inf)
        answer = draw_token(logits, sampling, generator)
        yield from grammar.take(answer)
        ids = [codec.answers[answer]]

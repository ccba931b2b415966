"""A LLaMA reduced to what decoding needs: few large operations a token, and only wanted logits.

It knows token ids, not text. The weights are the model's own: projections that read the same input
are put into one matrix, of which the model's layers become parts, so that nothing is kept twice.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import linear, rms_norm, scaled_dot_product_attention, silu
from transformers import LlamaForCausalLM

from motiongpt.errors import LanguageModelError


@dataclass(frozen=True)
class _Fused:
    """Layers with the same input as one: weight (n, width) and, if they have one, bias (n,)."""

    weight: Tensor
    bias: Tensor | None

    @classmethod
    def of(cls, *layers: nn.Linear) -> "_Fused":
        """Fuse layers, which become parts of the whole."""
        sizes = [layer.out_features for layer in layers]
        weight = torch.cat([layer.weight.data for layer in layers])
        for layer, part in zip(layers, weight.split(sizes), strict=True):
            layer.weight.data = part
        if layers[0].bias is None:
            return cls(weight, None)
        bias = torch.cat([layer.bias.data for layer in layers])
        for layer, part in zip(layers, bias.split(sizes), strict=True):
            layer.bias.data = part
        return cls(weight, bias)

    def __call__(self, x: Tensor) -> Tensor:
        return linear(x, self.weight, self.bias)


@dataclass(frozen=True)
class _Block:
    """One decoder layer."""

    before_attention: Tensor
    qkv: _Fused
    output: _Fused
    before_mlp: Tensor
    gate_up: _Fused
    down: _Fused


@dataclass
class Reading:
    """What has been read so far: keys and values of each layer.

    Attributes:
        keys: one (key-value heads, capacity, channels) a layer.
        values: likewise.
        capacity: most tokens that can be read.
        length: tokens read.
    """

    keys: list[Any]
    values: list[Any]
    capacity: int
    length: int = 0


@dataclass(frozen=True)
class EngineSizes:
    """What an engine needs of a model's configuration."""

    context: int
    heads: int
    kv_heads: int
    channels: int
    eps: float

    @classmethod
    def of(cls, model: LlamaForCausalLM) -> "EngineSizes":
        """Read them."""
        config = model.config
        heads = int(config.num_attention_heads)
        return cls(
            context=int(config.max_position_embeddings),
            heads=heads,
            kv_heads=int(config.num_key_value_heads or heads),
            channels=int(config.head_dim or config.hidden_size // heads),
            eps=float(config.rms_norm_eps),
        )


@torch.inference_mode()
def rotary_angles(model: LlamaForCausalLM, n: int) -> tuple[Tensor, Tensor]:
    """Cosines and sines (n, channels) of the first n positions.

    The sines are negative in the first half, where the other half is subtracted.
    """
    places = torch.arange(n, device=model.device)[None]
    like = torch.empty(0, device=model.device, dtype=model.dtype)
    cosines, sines = model.model.rotary_emb(like, places)
    sines[..., : sines.shape[-1] // 2] *= -1
    return cosines[0], sines[0]


class Engine(ABC):
    """Reads token ids and gives the logits of those that may come next.

    Attributes:
        context: most tokens that can be read.
    """

    context: int

    def __init__(self, model: LlamaForCausalLM) -> None:
        """Keep a model in eval mode, which stays usable and shares its weights."""
        self.sizes, self._model = EngineSizes.of(model), model
        self.context = self.sizes.context
        self._cosines, self._sines = rotary_angles(model, 1)

    def start(self, capacity: int) -> Reading:
        """Begin to read, up to `capacity` tokens.

        Raises:
            LanguageModelError: if that is more than the context.
        """
        if not 0 < capacity <= self.context:
            raise LanguageModelError(f"{capacity} tokens; the context has {self.context}")
        if capacity > len(self._cosines):
            self._cosines, self._sines = rotary_angles(self._model, capacity)
        return self._empty(capacity)

    def read(self, reading: Reading, ids: list[int]) -> Tensor:
        """Read more tokens.

        Args:
            reading: what was read before; the new tokens are added.
            ids: at least one token id.

        Returns:
            Logits (A,) of the answers after the last of them.

        Raises:
            LanguageModelError: if they exceed the reading's capacity.
        """
        left = reading.capacity - reading.length
        if not 0 < len(ids) <= left:
            raise LanguageModelError(
                f"{len(ids)} tokens after {reading.length}; allowed: 1 to {left}"
            )
        logits = self._read(reading, ids)
        reading.length += len(ids)
        return logits

    @abstractmethod
    def _empty(self, capacity: int) -> Reading:
        """Make a reading of nothing."""

    @abstractmethod
    def _read(self, reading: Reading, ids: list[int]) -> Tensor:
        """Add tokens that fit; the length is raised afterwards."""


class LlamaEngine(Engine):
    """The engine in torch, for any device.

    Attributes:
        answers: ids whose logits are computed, shape (A,).
    """

    def __init__(self, model: LlamaForCausalLM, answers: list[int]) -> None:
        """Take over a model's weights.

        Args:
            model: in eval mode; it stays usable and shares its weights.
            answers: ids whose logits are wanted.
        """
        super().__init__(model)
        llama, self.device, self.dtype = model.model, model.device, model.dtype
        self._embeddings = llama.embed_tokens.weight.data
        self._norm = llama.norm.weight.data
        self.answers = torch.tensor(answers, device=self.device)
        self._head = model.lm_head.weight.data[self.answers]
        self._blocks = [
            _Block(
                layer.input_layernorm.weight.data,
                _Fused.of(layer.self_attn.q_proj, layer.self_attn.k_proj, layer.self_attn.v_proj),
                _Fused.of(layer.self_attn.o_proj),
                layer.post_attention_layernorm.weight.data,
                _Fused.of(layer.mlp.gate_proj, layer.mlp.up_proj),
                _Fused.of(layer.mlp.down_proj),
            )
            for layer in llama.layers
        ]

    def _empty(self, capacity: int) -> Reading:
        shape = (self.sizes.kv_heads, capacity, self.sizes.channels)

        def empty() -> list[Tensor]:
            return [torch.empty(shape, device=self.device, dtype=self.dtype) for _ in self._blocks]

        return Reading(empty(), empty(), capacity)

    @torch.inference_mode()
    def _read(self, reading: Reading, ids: list[int]) -> Tensor:
        start, end, sizes = reading.length, reading.length + len(ids), self.sizes
        cosines, sines = (part[start:end, None] for part in (self._cosines, self._sines))
        x = self._embeddings[torch.tensor(ids, device=self.device)]  # (n, width)
        mask = self._mask(start, end)
        for block, keys, values in zip(self._blocks, reading.keys, reading.values, strict=True):
            h = rms_norm(x, x.shape[-1:], block.before_attention, sizes.eps)
            parts = block.qkv(h).view(len(ids), -1, sizes.channels)  # (n, heads of q, k, v, C)
            turned = parts[:, : sizes.heads + sizes.kv_heads]
            turned = turned * cosines + turned.roll(sizes.channels // 2, -1) * sines
            keys[:, start:end] = turned[:, sizes.heads :].transpose(0, 1)
            values[:, start:end] = parts[:, sizes.heads + sizes.kv_heads :].transpose(0, 1)
            attended = scaled_dot_product_attention(
                turned[:, : sizes.heads].transpose(0, 1)[None],
                keys[None, :, :end],
                values[None, :, :end],
                attn_mask=mask,
                enable_gqa=sizes.heads != sizes.kv_heads,
            )
            x = x + block.output(attended[0].transpose(0, 1).flatten(1))
            h = rms_norm(x, x.shape[-1:], block.before_mlp, sizes.eps)
            gate, up = block.gate_up(h).chunk(2, dim=-1)
            x = x + block.down(silu(gate) * up)
        last = rms_norm(x[-1], x.shape[-1:], self._norm, sizes.eps)
        return linear(last, self._head)

    def _mask(self, start: int, end: int) -> Tensor | None:
        """Which of `end` tokens each new one may see, (n, end); None if all."""
        if end - start == 1:
            return None
        places = torch.arange(end, device=self.device)
        return places[None] <= places[start:, None]

"""A LLaMA reduced to what decoding needs: few large operations a token, and only wanted logits.

It knows token ids, not text. The weights are the model's own: projections that read the same input
are put into one matrix, of which the model's layers become parts, so that nothing is kept twice.
"""

from dataclasses import dataclass, field

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
        length: tokens read.
    """

    keys: list[Tensor]
    values: list[Tensor]
    length: int = field(default=0)

    @property
    def capacity(self) -> int:
        """Most tokens that can be read."""
        return self.keys[0].shape[1]


class LlamaEngine:
    """Reads token ids and gives the logits of those that may come next.

    Attributes:
        answers: ids whose logits are computed, shape (A,).
    """

    def __init__(self, model: LlamaForCausalLM, answers: list[int]) -> None:
        """Take over a model's weights.

        Args:
            model: in eval mode; it stays usable and shares its weights.
            answers: ids whose logits are wanted.
        """
        config, llama = model.config, model.model
        self.device, self.dtype = model.device, model.dtype
        self.context = int(config.max_position_embeddings)
        self._heads = int(config.num_attention_heads)
        self._kv_heads = int(config.num_key_value_heads or self._heads)
        self._channels = int(config.head_dim or config.hidden_size // self._heads)
        self._eps = float(config.rms_norm_eps)
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
        self._rotary = llama.rotary_emb
        self._angles = (torch.empty(0), torch.empty(0))  # cosines and sines, as far as needed

    def start(self, capacity: int) -> Reading:
        """Begin to read, up to `capacity` tokens.

        Raises:
            LanguageModelError: if that is more than the context.
        """
        if not 0 < capacity <= self.context:
            raise LanguageModelError(f"{capacity} tokens; the context has {self.context}")
        if len(self._angles[0]) < capacity:
            places = torch.arange(capacity, device=self.device)[None]
            like = torch.empty(0, device=self.device, dtype=self.dtype)
            with torch.inference_mode():
                cosines, sines = self._rotary(like, places)
            half = self._channels // 2
            signs = torch.ones(self._channels, device=self.device, dtype=self.dtype)
            signs[:half] = -1  # of the half that is subtracted
            self._angles = (cosines[0], sines[0] * signs)
        shape = (self._kv_heads, capacity, self._channels)

        def empty() -> list[Tensor]:
            return [torch.empty(shape, device=self.device, dtype=self.dtype) for _ in self._blocks]

        return Reading(empty(), empty())

    @torch.inference_mode()
    def read(self, reading: Reading, ids: list[int]) -> Tensor:
        """Read more tokens.

        Args:
            reading: what was read before; the new tokens are added.
            ids: at least one token id.

        Returns:
            Logits (A,) of `answers` after the last of them.

        Raises:
            LanguageModelError: if they exceed the reading's capacity.
        """
        start, end = reading.length, reading.length + len(ids)
        if not ids or end > reading.capacity:
            raise LanguageModelError(
                f"{len(ids)} tokens after {start}; allowed: 1 to {reading.capacity - start}"
            )
        cosines, sines = (part[start:end, None] for part in self._angles)
        x = self._embeddings[torch.tensor(ids, device=self.device)]  # (n, width)
        mask = self._mask(start, end)
        for block, keys, values in zip(self._blocks, reading.keys, reading.values, strict=True):
            h = rms_norm(x, x.shape[-1:], block.before_attention, self._eps)
            parts = block.qkv(h).view(len(ids), -1, self._channels)  # (n, heads of q, k, v, C)
            turned = parts[:, : self._heads + self._kv_heads]
            turned = turned * cosines + turned.roll(self._channels // 2, -1) * sines
            keys[:, start:end] = turned[:, self._heads :].transpose(0, 1)
            values[:, start:end] = parts[:, self._heads + self._kv_heads :].transpose(0, 1)
            attended = scaled_dot_product_attention(
                turned[:, : self._heads].transpose(0, 1)[None],
                keys[None, :, :end],
                values[None, :, :end],
                attn_mask=mask,
                enable_gqa=self._heads != self._kv_heads,
            )
            x = x + block.output(attended[0].transpose(0, 1).flatten(1))
            h = rms_norm(x, x.shape[-1:], block.before_mlp, self._eps)
            gate, up = block.gate_up(h).chunk(2, dim=-1)
            x = x + block.down(silu(gate) * up)
        reading.length = end
        last = rms_norm(x[-1], x.shape[-1:], self._norm, self._eps)
        return linear(last, self._head)

    def _mask(self, start: int, end: int) -> Tensor | None:
        """Which of `end` tokens each new one may see, (n, end); None if all."""
        if end - start == 1:
            return None
        places = torch.arange(end, device=self.device)
        return places[None] <= places[start:, None]

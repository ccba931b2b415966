"""The decoding engine in torch, for any device: few large operations a token.

The weights are the model's own. Projections that read the same input are put into one matrix, of
which the model's layers become parts, so that nothing is kept twice.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import linear, rms_norm, scaled_dot_product_attention, silu
from transformers import LlamaForCausalLM

from motiongpt.lm.engine import Engine, Reading, visible_places

Projection = Callable[[Tensor], Tensor]


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
class _SideBySide:
    """Layers with the same input whose weights have a form of their own (8 bits, 4 bits)."""

    layers: tuple[nn.Module, ...]

    def __call__(self, x: Tensor) -> Tensor:
        return torch.cat([layer(x) for layer in self.layers], dim=-1)


def _project(*layers: nn.Linear) -> Projection:
    """All layers with the same input as one; their outputs one after the other."""
    plain = all(type(layer) is nn.Linear for layer in layers)
    return _Fused.of(*layers) if plain else _SideBySide(layers)


def _head(layer: nn.Linear, answers: Tensor) -> Projection:
    """Logits of the answers alone."""
    if type(layer) is nn.Linear:
        return _Fused(layer.weight.data[answers], None)
    return lambda x: layer(x)[..., answers]


@dataclass(frozen=True)
class _Block:
    """One decoder layer."""

    before_attention: Tensor
    qkv: Projection
    output: Projection
    before_mlp: Tensor
    gate_up: Projection
    down: Projection


class LlamaEngine(Engine):
    """The engine for any device and any weights whose layers torch can run.

    Attributes:
        answers: ids whose logits are computed, shape (A,).
    """

    def __init__(self, model: LlamaForCausalLM, answers: list[int]) -> None:
        """Take over a model's weights.

        Args:
            model: in eval mode; it stays usable and shares its weights.
            answers: ids whose logits are wanted.
        """
        llama, self.device = model.model, model.device
        self._embeddings, self._norm = llama.embed_tokens.weight.data, llama.norm.weight.data
        self.dtype = self._embeddings.dtype
        super().__init__(model, torch.empty(0, device=self.device, dtype=self.dtype))
        self._lm_head = model.lm_head
        self._ask_for(answers)
        self._blocks = [
            _Block(
                layer.input_layernorm.weight.data,
                _project(layer.self_attn.q_proj, layer.self_attn.k_proj, layer.self_attn.v_proj),
                _project(layer.self_attn.o_proj),
                layer.post_attention_layernorm.weight.data,
                _project(layer.mlp.gate_proj, layer.mlp.up_proj),
                _project(layer.mlp.down_proj),
            )
            for layer in llama.layers
        ]

    def _ask_for(self, answers: list[int]) -> None:
        self.answers = torch.tensor(answers, device=self.device)
        self._head = _head(self._lm_head, self.answers)

    def _empty(self, capacity: int, n_rows: int) -> Reading:
        sizes = self.sizes
        shape = (sizes.layers, n_rows, 2 * sizes.kv_heads, capacity, sizes.channels)
        cache = torch.zeros(shape, device=self.device, dtype=self.dtype)
        return Reading(cache, [0] * n_rows, capacity)

    @torch.inference_mode()
    def _read(self, reading: Reading, ids: list[list[int]]) -> Tensor:
        n_rows, n, sizes = reading.n_rows, len(ids[0]), self.sizes
        start, end = reading.length, reading.length + n
        cosines, sines = self._angles(reading, n)
        x = self._embeddings[torch.tensor(ids, device=self.device)]  # (n_rows, n, width)
        mask = visible_places(reading, n, self.device)
        mask = None if mask is None else mask[:, None]
        n_turned = sizes.heads + sizes.kv_heads
        for block, cache in zip(self._blocks, reading.cache, strict=True):
            h = rms_norm(x, x.shape[-1:], block.before_attention, sizes.eps)
            parts = block.qkv(h).view(n_rows, n, -1, sizes.channels)  # heads of q, k, v
            turned = parts[:, :, :n_turned]
            turned = turned * cosines + turned.roll(sizes.channels // 2, -1) * sines
            cache[:, : sizes.kv_heads, start:end] = turned[:, :, sizes.heads :].transpose(1, 2)
            cache[:, sizes.kv_heads :, start:end] = parts[:, :, n_turned:].transpose(1, 2)
            keys, values = cache[:, :, :end].chunk(2, dim=1)
            attended = scaled_dot_product_attention(
                turned[:, :, : sizes.heads].transpose(1, 2),
                keys,
                values,
                attn_mask=mask,
                enable_gqa=sizes.heads != sizes.kv_heads,
            )
            x = x + block.output(attended.transpose(1, 2).flatten(2))
            h = rms_norm(x, x.shape[-1:], block.before_mlp, sizes.eps)
            gate, up = block.gate_up(h).chunk(2, dim=-1)
            x = x + block.down(silu(gate) * up)
        return self._head(rms_norm(x[:, -1], x.shape[-1:], self._norm, sizes.eps))

    def _keep_angles(self, cosines: Tensor, sines: Tensor) -> None:
        # The other half of the channels is subtracted in the first half, added in the second.
        half = sines.shape[-1] // 2
        sines = torch.cat([-sines[:, :half], sines[:, half:]], dim=-1)
        self._turns = cosines, sines

    def _angles(self, reading: Reading, n: int) -> tuple[Tensor, Tensor]:
        """Cosines and sines of the next n tokens, each (n_rows or 1, n, 1, channels)."""
        places = torch.arange(reading.length, reading.length + n, device=self.device)[None]
        if any(reading.padding):
            places = places - torch.tensor(reading.padding, device=self.device)[:, None]
        cosines, sines = self._turns
        return cosines[places][:, :, None], sines[places][:, :, None]

"""The decoding engine for the CPU: NumPy, and the matrix products of `motiongpt.lm.projection`.

A small model's token is some hundred operations of microseconds each, which cost less to call in
NumPy than in torch. The weights are copied in a form that saves some of them: the weights of a
norm, the attention's scale and half of the gate are part of a matrix, and the channels that turn
together are neighbours, so that turning is one product of complex numbers.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from transformers import LlamaForCausalLM

from motiongpt.lm.engine import Engine, Reading, visible_places
from motiongpt.lm.projection import Precision, Projection, choose_projection


@dataclass(frozen=True)
class _Block:
    """One decoder layer."""

    qkv: Projection
    output: Projection
    gate_up: Projection
    down: Projection


class CpuEngine(Engine):
    """`LlamaEngine` for the CPU; it keeps its own weights and leaves the model alone.

    Attributes:
        precision: of the weights. With float32 the logits are the model's, to rounding.
    """

    @torch.no_grad()
    def __init__(
        self, model: LlamaForCausalLM, answers: list[int], precision: Precision | None = None
    ) -> None:
        """Copy a model's weights.

        Args:
            model: on the CPU, in eval mode.
            answers: ids whose logits are wanted.
            precision: of the weights; None takes float16 where this machine has FBGEMM.

        Raises:
            LanguageModelError: if the precision is not possible.
        """
        super().__init__(model, torch.empty(0))
        self.precision, self._projection = choose_projection(precision)
        llama = model.model
        self._embeddings = llama.embed_tokens.weight.detach().float().numpy().copy()
        self._heads = self.sizes.heads, self.sizes.kv_heads
        self._eps = self.sizes.eps * self._embeddings.shape[1]
        self._lm_head, self._norm = _rows(model.lm_head), llama.norm.weight
        self._ask_for(answers)
        self._blocks = [self._block(layer) for layer in llama.layers]

    @torch.no_grad()
    def _ask_for(self, answers: list[int]) -> None:
        self._head = self._project(self._lm_head[answers], self._norm)

    def _block(self, layer: Any) -> _Block:
        attention, mlp, channels = layer.self_attn, layer.mlp, self.sizes.channels
        q = _neighbours(_rows(attention.q_proj), channels) * channels**-0.5
        k = _neighbours(_rows(attention.k_proj), channels)
        qkv = torch.cat([q, k, _rows(attention.v_proj)])
        gate_up = torch.cat([_rows(mlp.gate_proj) / 2, _rows(mlp.up_proj)])
        return _Block(
            self._project(qkv, layer.input_layernorm.weight),
            self._project(_rows(attention.o_proj)),
            self._project(gate_up, layer.post_attention_layernorm.weight),
            self._project(_rows(mlp.down_proj)),
        )

    def _project(self, rows: Tensor, norm: Tensor | None = None) -> Projection:
        """Make a projection of `_rows`, which comes after a norm with these weights."""
        weight, bias = rows[:, :-1], rows[:, -1]
        if norm is not None:
            weight = weight * norm.float() * weight.shape[1] ** 0.5
        return self._projection(weight, bias if bias.any() else None)

    def _keep_angles(self, cosines: Tensor, sines: Tensor) -> None:
        half = self.sizes.channels // 2
        self._turns = torch.complex(cosines[:, :half], sines[:, :half]).numpy()

    def _empty(self, capacity: int, n_rows: int) -> Reading:
        sizes = self.sizes
        shape = (sizes.layers, n_rows, 2 * sizes.kv_heads, capacity, sizes.channels)
        return Reading(np.zeros(shape, np.float32), [0] * n_rows, capacity)

    @torch.inference_mode()
    def _read(self, reading: Reading, ids: list[list[int]]) -> Tensor:
        n_rows, n, heads, kv_heads = reading.n_rows, len(ids[0]), *self._heads
        start, end = reading.length, reading.length + n
        turns = self._turns_of(reading, n)
        visible = visible_places(reading, n, self._like.device)
        hidden = None if visible is None else ~visible.numpy()
        x = self._embeddings[np.array(ids).ravel()]  # (n_rows * n, width)
        for block, cache in zip(self._blocks, reading.cache, strict=True):
            parts = block.qkv(self._normalize(x)).view(np.complex64)
            turned = (parts.reshape(n_rows, n, *turns.shape[2:]) * turns).view(np.float32)
            cache[:, :, start:end] = turned[:, :, heads:].swapaxes(1, 2)
            keys, values = cache[:, :kv_heads, :end], cache[:, kv_heads:, :end]
            x += block.output(_attend(turned[:, :, :heads], keys, values, hidden))
            gates, ups = block.gate_up(self._normalize(x)).reshape(len(x), 2, -1).swapaxes(0, 1)
            x += block.down(_gate(gates, ups))
        last = x.reshape(n_rows, n, -1)[:, -1]
        return torch.from_numpy(self._head(self._normalize(last)))

    def _turns_of(self, reading: Reading, n: int) -> np.ndarray:
        """Turns of the next n tokens: complex, (n_rows or 1, n, heads of q, k, v, C / 2)."""
        heads, kv_heads = self._heads
        places = np.arange(reading.length, reading.length + n)[None]
        if any(reading.padding):
            places = places - np.array(reading.padding)[:, None]
        turns = np.ones((*places.shape, heads + 2 * kv_heads, self._turns.shape[1]), np.complex64)
        turns[:, :, : heads + kv_heads] = self._turns[places][:, :, None]
        return turns

    def _normalize(self, x: np.ndarray) -> np.ndarray:
        """Divide tokens (n, width) by their length; see `_project` for the rest of the norm."""
        if len(x) == 1:  # numbers cost less than arrays of one number
            return x / np.float32(math.sqrt(float(x[0].dot(x[0])) + self._eps))
        return x / np.sqrt(np.vecdot(x, x) + self._eps)[:, None]


def _rows(layer: nn.Linear) -> Tensor:
    """Weight and bias, zero if there is none, side by side: (out, width + 1)."""
    weight = layer.weight.float()
    bias = torch.zeros(len(weight)) if layer.bias is None else layer.bias.float()
    return torch.cat([weight, bias[:, None]], dim=1)


def _neighbours(rows: Tensor, channels: int) -> Tensor:
    """Rows of heads, channel i + channels / 2 moved next to channel i: they turn together."""
    return rows.unflatten(0, (-1, 2, channels // 2)).transpose(1, 2).flatten(0, 2)


def _gate(half_gates: np.ndarray, ups: np.ndarray) -> np.ndarray:
    """SiLU of the gates, x / (1 + exp(-x)) = x / 2 * (1 + tanh(x / 2)), times the ups."""
    gated = np.tanh(half_gates)
    gated += 1
    gated *= half_gates
    gated *= ups
    return gated


def _attend(
    q: np.ndarray, keys: np.ndarray, values: np.ndarray, hidden: np.ndarray | None
) -> np.ndarray:
    """Mix values for scaled queries.

    Args:
        q: (n_rows, n, heads, C).
        keys: (n_rows, G, T, C), G key-value heads.
        values: likewise.
        hidden: places that a token may not see, (n_rows, n, T), or None.

    Returns:
        Shape (n_rows * n, heads * C).
    """
    n_rows, n, heads, channels = q.shape
    grouped = q.swapaxes(1, 2).reshape(*keys.shape[:2], -1, channels)  # (n_rows, G, H / G * n, C)
    scores = grouped @ keys.swapaxes(2, 3)
    if hidden is not None:
        by_token = scores.reshape(n_rows, heads, n, -1)
        np.copyto(by_token, -np.inf, where=hidden[:, None])
    scores -= np.maximum.reduce(scores, axis=-1, keepdims=True)
    np.exp(scores, out=scores)
    mixed = scores @ values
    mixed /= np.add.reduce(scores, axis=-1, keepdims=True)
    return mixed.reshape(n_rows, heads, n, channels).swapaxes(1, 2).reshape(n_rows * n, -1)

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

from motiongpt.lm.cpu_workspace import Workspace
from motiongpt.lm.engine import Engine, Reading, visible_places
from motiongpt.lm.projection import Precision, Projection, Shared, choose_projection


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
        self._eps = self.sizes.eps * self._embeddings.shape[1]
        self._lm_head, self._norm = _rows(model.lm_head), llama.norm.weight
        self._ask_for(answers)
        self._n_wide = 2 * int(model.config.intermediate_size)
        self._blocks = [self._block(layer) for layer in llama.layers]

    @torch.no_grad()
    def _ask_for(self, answers: list[int]) -> None:
        self._head = self._project(self._lm_head[answers], self._norm)
        self._n_answers = len(answers)

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
        n_rows, n = reading.n_rows, len(ids[0])
        visible = visible_places(reading, n, self._like.device)
        hidden = None if visible is None else ~visible.numpy()
        space = self._space(reading, n)
        self._turn(space, reading)
        x, normal, change = space.x, space.normal, space.change
        x[:] = self._embeddings[np.array(ids).ravel()]
        for block, cache in zip(self._blocks, reading.cache, strict=True):
            self._normalize(x, normal.array)
            block.qkv(normal, space.qkv)
            space.attend(cache, reading.length, hidden)
            block.output(space.mixed, change)
            x += change.array
            self._normalize(x, normal.array)
            block.gate_up(normal, space.wide)
            space.gate()
            block.down(space.gated, change)
            x += change.array
        last, logits = Shared.empty(n_rows, x.shape[1]), Shared.empty(n_rows, self._n_answers)
        self._normalize(x.reshape(n_rows, n, -1)[:, -1], last.array)
        self._head(last, logits)
        return logits.tensor

    def _space(self, reading: Reading, n: int) -> Workspace:
        """Where the next n tokens of each row are computed; one at a time, in the same arrays."""
        if n > 1 or reading.space is None:
            width = self._embeddings.shape[1]
            space = Workspace(self.sizes, width, self._n_wide, reading.n_rows, n)
            if n > 1:
                return space
            reading.space = space
        return reading.space

    def _turn(self, space: Workspace, reading: Reading) -> None:
        """Set how queries and keys of the next tokens turn."""
        places = np.arange(reading.length, reading.length + space.n)[None]
        if any(reading.padding):
            places = places - np.array(reading.padding)[:, None]
        n_turned = self.sizes.heads + self.sizes.kv_heads
        space.turns[:, :, :n_turned] = self._turns[places][:, :, None]

    def _normalize(self, x: np.ndarray, out: np.ndarray) -> None:
        """Divide tokens (n, width) by their length; see `_project` for the rest of the norm."""
        if len(x) == 1:  # numbers cost less than arrays of one number
            np.divide(x, math.sqrt(x[0].dot(x[0]) + self._eps), out=out)
        else:
            np.divide(x, np.sqrt(np.vecdot(x, x) + self._eps)[:, None], out=out)


def _rows(layer: nn.Linear) -> Tensor:
    """Weight and bias, zero if there is none, side by side: (out, width + 1)."""
    weight = layer.weight.float()
    bias = torch.zeros(len(weight)) if layer.bias is None else layer.bias.float()
    return torch.cat([weight, bias[:, None]], dim=1)


def _neighbours(rows: Tensor, channels: int) -> Tensor:
    """Rows of heads, channel i + channels / 2 moved next to channel i: they turn together."""
    return rows.unflatten(0, (-1, 2, channels // 2)).transpose(1, 2).flatten(0, 2)

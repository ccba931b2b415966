"""Arrays that the CPU's engine computes in: the same ones for every layer and, token by token.

A small model's operations take about as long as making the arrays that they would write to, and
as turning arrays into tensors and back.
"""

import numpy as np

from motiongpt.lm.engine import EngineSizes
from motiongpt.lm.projection import Shared


class Workspace:
    """What tokens are turned into on their way through a layer: n tokens of each of n_rows rows.

    Attributes:
        n: tokens of a row.
        x: the tokens' state, shape (n_rows * n, width).
        normal: the same, normalized.
        change: what a part of a layer adds to it.
        qkv: queries, keys and values, each token's one after the other.
        pairs: view of them, shape (n_rows, n, heads of q, k and v, C / 2): channels that turn
            together, as complex numbers.
        turns: how they turn, likewise; values do not.
        mixed: values mixed by attention, shape (n_rows * n, heads * C).
        wide: gates, then ups.
        gated: ups times the gates' SiLU.
    """

    def __init__(self, sizes: EngineSizes, width: int, wide: int, n_rows: int, n: int) -> None:
        """Make room for a model with states of a width and `wide` gates and ups together."""
        self.n, n_tokens = n, n_rows * n
        self._heads, n_parts = sizes.heads, sizes.heads + 2 * sizes.kv_heads
        self.x = np.empty((n_tokens, width), np.float32)
        self.normal, self.change = Shared.empty(n_tokens, width), Shared.empty(n_tokens, width)
        self.qkv = Shared.empty(n_tokens, n_parts * sizes.channels)
        self.mixed = Shared.empty(n_tokens, sizes.heads * sizes.channels)
        self.wide, self.gated = Shared.empty(n_tokens, wide), Shared.empty(n_tokens, wide // 2)
        self.pairs = self.qkv.array.view(np.complex64).reshape(n_rows, n, n_parts, -1)
        self.turns = np.ones_like(self.pairs)
        parts = self.qkv.array.reshape(n_rows, n, n_parts, -1)
        self._queries = parts[:, :, : sizes.heads].swapaxes(1, 2)  # (n_rows, heads, n, C)
        self._keys_values = parts[:, :, sizes.heads :].swapaxes(1, 2)  # (n_rows, 2 G, n, C)
        self._mixed = self.mixed.array.reshape(n_rows, n, sizes.heads, -1).swapaxes(1, 2)
        self._grouped = (n_rows, sizes.kv_heads, -1, sizes.channels)
        if n == 1:  # then views do, and nothing is copied
            self._queries = self._queries.reshape(self._grouped)
            self._mixed = self._mixed.reshape(self._grouped)
        self._gates, self._ups = self.wide.array[:, : wide // 2], self.wide.array[:, wide // 2 :]

    def attend(self, cache: np.ndarray, start: int, hidden: np.ndarray | None) -> None:
        """Turn queries and keys, keep keys and values, and mix values for the scaled queries.

        Args:
            cache: the layer's, shape (n_rows, 2 G, capacity, C), G key-value heads.
            start: places of it that are filled.
            hidden: places that a token may not see, (n_rows, n, start + n), or None.
        """
        end, groups = start + self.n, cache.shape[1] // 2
        np.multiply(self.pairs, self.turns, out=self.pairs)
        cache[:, :, start:end] = self._keys_values
        queries = self._queries if self.n == 1 else self._queries.reshape(self._grouped)
        scores = queries @ cache[:, :groups, :end].swapaxes(2, 3)  # (n_rows, G, H / G * n, T)
        if hidden is not None:
            by_token = scores.reshape(len(scores), self._heads, self.n, end)
            np.copyto(by_token, -np.inf, where=hidden[:, None])
        scores -= np.maximum.reduce(scores, axis=-1, keepdims=True)
        np.exp(scores, out=scores)
        total = np.add.reduce(scores, axis=-1, keepdims=True)
        if self.n == 1:
            np.matmul(scores, cache[:, groups:, :end], out=self._mixed)
            np.divide(self._mixed, total, out=self._mixed)
        else:
            mixed = scores @ cache[:, groups:, :end] / total
            self._mixed[:] = mixed.reshape(self._mixed.shape)

    def gate(self) -> None:
        """SiLU of the gates, of which `wide` holds the half, times the ups.

        SiLU is x / (1 + exp(-x)) = x / 2 * (1 + tanh(x / 2)).
        """
        gated = self.gated.array
        np.tanh(self._gates, out=gated)
        gated += 1
        gated *= self._gates
        gated *= self._ups

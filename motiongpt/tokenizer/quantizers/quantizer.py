"""What every quantizer can do."""

from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn


class Quantizer(nn.Module, ABC):
    """Between latents and code indices.

    Attributes:
        n_indices: number of code indices; they go from 0 to one less.
        tokens_per_latent: indices a latent, Q; token k of a latent comes from layer k.
    """

    n_indices: int
    tokens_per_latent: int = 1

    @abstractmethod
    def indices(self, latents: Tensor) -> Tensor:
        """Map latents (B, N, code_dim) to code indices (B, N * Q)."""

    @abstractmethod
    def codes(self, indices: Tensor) -> Tensor:
        """Map code indices (B, N * Q) to codes (B, N, code_dim)."""

    @abstractmethod
    def forward(
        self, latents: Tensor, real: Tensor | None = None
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Quantize latents; while training, learn from them.

        Args:
            latents: shape (B, N, code_dim).
            real: latents to learn from, shape (B, N); None: all.

        Returns:
            Codes (B, N, code_dim) with the latents' gradients, commitment loss (), and indices
            (B, N * Q).
        """

    def allowed(self, position: int) -> range:
        """Indices that may stand at a position of a sequence."""
        return range(self.n_indices)

    def set_resets(self, allowed: bool) -> None:
        """Allow codes that nothing uses to be replaced while training, or not."""


def straight_through(latents: Tensor, codes: Tensor) -> Tensor:
    """Codes whose gradients go to the latents."""
    return latents + (codes - latents).detach()


def sum_over_processes(value: Tensor) -> Tensor:
    """Sum of a tensor over all training processes, in place."""
    if torch.distributed.is_available() and torch.distributed.is_initialized():
        torch.distributed.all_reduce(value)
    return value


def same_in_all_processes(value: Tensor) -> Tensor:
    """The first process's tensor, in place."""
    if torch.distributed.is_available() and torch.distributed.is_initialized():
        torch.distributed.broadcast(value, 0)
    return value

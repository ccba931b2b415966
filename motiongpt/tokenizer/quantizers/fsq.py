"""Finite scalar quantization: each latent is rounded to a grid, and nothing is learned.

Source: Mentzer et al., 2023 (arXiv 2309.15505), equations of its appendix A.1.
"""

import math

import torch
from torch import Tensor, nn

from motiongpt.tokenizer.quantizers.quantizer import Quantizer, straight_through


class FSQuantizer(Quantizer):
    """Grid quantizer between two projections.

    Attributes:
        levels: grid points of each of the D dimensions; their product is the codebook size.
    """

    bases: Tensor
    sizes: Tensor

    def __init__(self, levels: tuple[int, ...], code_dim: int) -> None:
        """Make the projections from `code_dim` to the grid and back."""
        super().__init__()
        self.levels, self.n_indices = levels, math.prod(levels)
        self.down, self.up = nn.Linear(code_dim, len(levels)), nn.Linear(len(levels), code_dim)
        bases = [math.prod(levels[:i]) for i in range(len(levels))]
        self.register_buffer("bases", torch.tensor(bases), persistent=False)
        self.register_buffer("sizes", torch.tensor(levels), persistent=False)

    def _grid(self, latents: Tensor) -> tuple[Tensor, Tensor]:
        """Bounded latents and the grid points nearest to them, (B, N, D) each."""
        sizes = self.sizes.to(latents.dtype)
        half = (sizes - 1) * (1 + 1e-3) / 2
        shift = 0.5 * (self.sizes % 2 == 0).to(
            half
        )  # an even number of points lies half a step off 0
        bounded = torch.tanh(self.down(latents) + torch.atanh(shift / half)) * half - shift
        return bounded, bounded.round()

    def _place(self, points: Tensor) -> Tensor:
        """Codes (B, N, code_dim) of grid points (B, N, D), scaled to -1..1."""
        return self.up(points / (self.sizes // 2))

    def indices(self, latents: Tensor) -> Tensor:
        """Map latents (B, N, code_dim) to code indices (B, N)."""
        points = self._grid(latents)[1]
        return ((points + self.sizes // 2) * self.bases).sum(dim=-1).long()

    def codes(self, indices: Tensor) -> Tensor:
        """Map code indices (B, N) to codes (B, N, code_dim)."""
        digits = indices[..., None] // self.bases % self.sizes
        return self._place((digits - self.sizes // 2).to(self.up.weight.dtype))

    def forward(
        self, latents: Tensor, real: Tensor | None = None
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Quantize latents; there is no codebook, so the commitment loss is 0."""
        bounded, points = self._grid(latents)
        indices = ((points.detach() + self.sizes // 2) * self.bases).sum(dim=-1).long()
        codes = self._place(straight_through(bounded, points))
        return codes, latents.new_zeros(()), indices

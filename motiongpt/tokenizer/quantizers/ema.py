"""A codebook that follows the latents by exponential moving averages.

Source: van den Oord et al., 2017, appendix A.1, with the reset of unused codes of T2M-GPT.
"""

import torch
from torch import Tensor, nn


class EMAQuantizer(nn.Module):
    """Nearest-code quantizer; the codebook is learned by moving averages, not by gradients.

    Attributes:
        codebook: shape (n_codes, code_dim).
    """

    codebook: Tensor
    sums: Tensor
    counts: Tensor

    def __init__(self, n_codes: int, code_dim: int, decay: float = 0.99) -> None:
        """Make a random codebook; the first training batch replaces it by its own latents."""
        super().__init__()
        self.decay = decay
        self.register_buffer("codebook", torch.randn(n_codes, code_dim) / code_dim**0.5)
        self.register_buffer("sums", torch.zeros(n_codes, code_dim), persistent=False)
        self.register_buffer("counts", torch.zeros(n_codes), persistent=False)

    def indices(self, latents: Tensor) -> Tensor:
        """Index (..., ) of the code nearest to each latent (..., code_dim)."""
        flat = latents.reshape(-1, latents.shape[-1])
        distance = (self.codebook**2).sum(dim=1) - 2 * flat @ self.codebook.T
        return distance.argmin(dim=1).reshape(latents.shape[:-1])

    def forward(self, latents: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Quantize latents; while training, move the codebook towards them.

        Args:
            latents: shape (B, N, code_dim).

        Returns:
            Codes (B, N, code_dim) with the latents' gradients, commitment loss (), and
            indices (B, N).
        """
        if self.training and not self.counts.any():
            self._start(latents.detach())
        indices = self.indices(latents)
        codes = self.codebook[indices]
        if self.training:
            self._update(latents.detach(), indices)
        commitment = torch.mean((latents - codes) ** 2)
        return latents + (codes - latents).detach(), commitment, indices

    def _draw(self, latents: Tensor, n: int) -> Tensor:
        flat = latents.reshape(-1, latents.shape[-1])
        chosen = flat[torch.randint(len(flat), (n,), device=flat.device)]
        return chosen + 0.01 / flat.shape[1] ** 0.5 * torch.randn_like(chosen)

    def _start(self, latents: Tensor) -> None:
        self.codebook.copy_(self._draw(latents, len(self.codebook)))
        self.sums.copy_(self.codebook)
        self.counts.fill_(1.0)

    def _update(self, latents: Tensor, indices: Tensor) -> None:
        flat, flat_indices = latents.reshape(-1, latents.shape[-1]), indices.reshape(-1)
        sums = torch.zeros_like(self.sums).index_add_(0, flat_indices, flat)
        counts = torch.bincount(flat_indices, minlength=len(self.counts)).to(flat.dtype)
        self.sums.lerp_(sums, 1 - self.decay)
        self.counts.lerp_(counts, 1 - self.decay)
        used = (self.counts >= 1.0)[:, None]
        moved = self.sums / self.counts.clamp_min(1e-6)[:, None]
        self.codebook.copy_(torch.where(used, moved, self._draw(latents, len(self.codebook))))

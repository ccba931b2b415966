"""A codebook that follows the latents by exponential moving averages.

Source: van den Oord et al., 2017, appendix A.1, with the reset of unused codes of T2M-GPT.
"""

import torch
from torch import Tensor

from motiongpt.tokenizer.quantizers.quantizer import (
    Quantizer,
    same_in_all_processes,
    straight_through,
    sum_over_processes,
)

RESET_SHARE = 0.5
"""A code that is used less than this share of an equal use is replaced by a random latent."""


class EMAQuantizer(Quantizer):
    """Nearest-code quantizer; the codebook is learned by moving averages, not by gradients.

    Attributes:
        codebook: shape (n_codes, code_dim).
    """

    codebook: Tensor
    sums: Tensor
    counts: Tensor

    def __init__(
        self,
        n_codes: int,
        code_dim: int,
        decay: float = 0.99,
        reset_share: float = RESET_SHARE,
    ) -> None:
        """Make a random codebook; the first training batch replaces it by its own latents."""
        super().__init__()
        self.n_indices, self.decay, self.reset_share = n_codes, decay, reset_share
        self.resets = True
        self.register_buffer("codebook", torch.randn(n_codes, code_dim) / code_dim**0.5)
        self.register_buffer("sums", torch.zeros(n_codes, code_dim), persistent=False)
        self.register_buffer("counts", torch.zeros(n_codes), persistent=False)

    def indices(self, latents: Tensor) -> Tensor:
        """Index (B, N) of the code nearest to each latent (B, N, code_dim)."""
        flat = latents.reshape(-1, latents.shape[-1])
        distance = (self.codebook**2).sum(dim=1) - 2 * flat @ self.codebook.T
        return distance.argmin(dim=1).reshape(latents.shape[:-1])

    def codes(self, indices: Tensor) -> Tensor:
        """Map code indices (B, N) to codes (B, N, code_dim)."""
        return self.codebook[indices]

    def forward(
        self, latents: Tensor, real: Tensor | None = None
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Quantize latents; while training, move the codebook towards them."""
        chosen = torch.ones_like(latents[..., 0], dtype=torch.bool) if real is None else real
        learned = latents.detach()[chosen]  # (n, code_dim)
        if self.training and not self.counts.any():
            self._start(learned)
        indices = self.indices(latents)
        codes = self.codes(indices)
        if self.training:
            self._update(learned, indices[chosen])
        commitment = torch.mean((latents - codes)[chosen] ** 2)
        return straight_through(latents, codes), commitment, indices

    def set_resets(self, allowed: bool) -> None:
        """Allow codes that nothing uses to be replaced while training, or not."""
        self.resets = allowed

    def _draw(self, latents: Tensor, n: int) -> Tensor:
        chosen = latents[torch.randint(len(latents), (n,), device=latents.device)]
        chosen = chosen + 0.01 / latents.shape[1] ** 0.5 * torch.randn_like(chosen)
        return same_in_all_processes(chosen)

    def _start(self, latents: Tensor) -> None:
        self.codebook.copy_(self._draw(latents, len(self.codebook)))
        self.sums.copy_(self.codebook)
        self.counts.fill_(1.0)  # the first moving average

    def _update(self, latents: Tensor, indices: Tensor) -> None:
        sums = torch.zeros_like(self.sums).index_add_(0, indices, latents)
        counts = torch.bincount(indices, minlength=len(self.counts)).to(latents.dtype)
        sum_over_processes(sums)
        sum_over_processes(counts)
        self.sums.lerp_(sums, 1 - self.decay)
        self.counts.lerp_(counts, 1 - self.decay)
        equal_use = counts.sum() / len(counts)
        rare = self.counts < self.reset_share * equal_use
        if self.resets and rare.any():
            self.counts[rare] = equal_use
            self.sums[rare] = equal_use * self._draw(latents, int(rare.sum()))
        self.codebook.copy_(self.sums / self.counts.clamp_min(1e-9)[:, None])

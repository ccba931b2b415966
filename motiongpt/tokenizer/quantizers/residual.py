"""Residual quantization: each layer's codebook rounds what the layers before left over.

Source: Zeghidour et al., 2021 (arXiv 2107.03312), with the layer dropout used there.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from motiongpt.tokenizer.quantizers.ema import EMAQuantizer
from motiongpt.tokenizer.quantizers.quantizer import Quantizer, straight_through


class ResidualQuantizer(Quantizer):
    """Several codebooks, one after the other; a latent has one token of each.

    Index i of layer k is k * n_codes + i, so that a vocabulary tells the layers apart.
    """

    layers: Sequence[EMAQuantizer]  # type: ignore[assignment]

    def __init__(
        self, n_codes: int, code_dim: int, n_layers: int, layer_dropout: float = 0.2
    ) -> None:
        """Make `n_layers` codebooks of `n_codes` each.

        Args:
            n_codes: size of each codebook.
            code_dim: width of a code.
            n_layers: codebooks.
            layer_dropout: how often a training batch uses only the first few layers.
        """
        super().__init__()
        self.n_codes, self.layer_dropout = n_codes, layer_dropout
        self.n_indices, self.tokens_per_latent = n_codes * n_layers, n_layers
        codebooks = [EMAQuantizer(n_codes, code_dim) for _ in range(n_layers)]
        self.layers = nn.ModuleList(codebooks)  # type: ignore[assignment]

    def _offsets(self, device: torch.device) -> Tensor:
        return self.n_codes * torch.arange(self.tokens_per_latent, device=device)

    def allowed(self, position: int) -> range:
        """Indices of the layer whose turn it is."""
        layer = position % self.tokens_per_latent
        return range(layer * self.n_codes, (layer + 1) * self.n_codes)

    def indices(self, latents: Tensor) -> Tensor:
        """Map latents (B, N, code_dim) to code indices (B, N * Q)."""
        rest, layers = latents, []
        for layer in self.layers:
            layers.append(layer.indices(rest))
            rest = rest - layer.codes(layers[-1])
        return (torch.stack(layers, dim=-1) + self._offsets(latents.device)).flatten(1)

    def codes(self, indices: Tensor) -> Tensor:
        """Map code indices (B, N * Q) to codes (B, N, code_dim)."""
        split = indices.unflatten(1, (-1, self.tokens_per_latent)) - self._offsets(indices.device)
        return torch.stack([q.codes(split[..., k]) for k, q in enumerate(self.layers)]).sum(dim=0)

    def forward(
        self, latents: Tensor, real: Tensor | None = None
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Quantize latents; while training, move the codebooks towards what is left over."""
        used = self.tokens_per_latent
        if self.training and torch.rand(()) < self.layer_dropout:
            used = int(torch.randint(1, used + 1, ()))
        rest, total, layers = latents, torch.zeros_like(latents), []
        commitment = latents.new_zeros(())
        for k, layer in enumerate(self.layers):
            quantized, loss, found = layer(rest, real)
            layers.append(found)
            codes = quantized.detach()
            rest = rest - codes
            if k < used:
                total, commitment = total + codes, commitment + loss
        indices = (torch.stack(layers, dim=-1) + self._offsets(latents.device)).flatten(1)
        return straight_through(latents, total), commitment / used, indices

    def set_resets(self, allowed: bool) -> None:
        """Allow codes that nothing uses to be replaced while training, or not."""
        for layer in self.layers:
            layer.set_resets(allowed)

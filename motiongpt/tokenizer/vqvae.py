"""The motion VQ-VAE.

The architecture is that of T2M-GPT (Zhang et al., CVPR 2023, Apache-2.0), which MotionGPT uses;
submodules are numbered as in its published state, so that its tensors load by name.
"""

import torch
from torch import Tensor, nn

from motiongpt.tokenizer.config import VQVAEConfig
from motiongpt.tokenizer.quantizers import make_quantizer

UPSAMPLING = 2
"""Frames a frame becomes in each stage of the decoder."""


class Conv3(nn.Conv1d):
    """Convolution of kernel 3 that keeps the length; a causal one sees no later input."""

    def __init__(self, n_in: int, n_out: int, dilation: int = 1, causal: bool = False) -> None:
        """Make a convolution (B, n_in, T) to (B, n_out, T)."""
        super().__init__(n_in, n_out, 3, dilation=dilation)
        self.pad = (2 * dilation, 0) if causal else (dilation, dilation)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, n_in, T) to (B, n_out, T)."""
        return super().forward(nn.functional.pad(x, self.pad))


class ResidualBlock(nn.Module):
    """ReLU, dilated convolution, ReLU, pointwise convolution, added to the input."""

    def __init__(self, width: int, dilation: int, causal: bool) -> None:
        """Make a block that keeps shape (B, width, T)."""
        super().__init__()
        self.conv1 = Conv3(width, width, dilation, causal)
        self.conv2 = nn.Conv1d(width, width, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, width, T) to (B, width, T)."""
        return x + self.conv2(torch.relu(self.conv1(torch.relu(x))))


class ResidualStack(nn.Module):
    """Residual blocks of several dilations, one after the other."""

    def __init__(self, config: VQVAEConfig, causal: bool = False) -> None:
        """Make a stack that keeps shape (B, width, T)."""
        super().__init__()
        blocks = [ResidualBlock(config.width, d, causal) for d in config.dilations]
        self.model = nn.Sequential(*blocks)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, width, T) to (B, width, T)."""
        return self.model(x)


class Encoder(nn.Module):
    """Features (B, n_features, T) to latents (B, code_dim, T / downsampling)."""

    def __init__(self, config: VQVAEConfig) -> None:
        """Build the convolutions of `config`."""
        super().__init__()
        layers: list[nn.Module] = [
            Conv3(config.n_features, config.width),
            nn.ReLU(),
        ]
        for _ in range(config.n_down):
            strided = nn.Conv1d(config.width, config.width, 4, stride=2, padding=1)
            layers.append(nn.Sequential(strided, ResidualStack(config)))
        layers.append(Conv3(config.width, config.code_dim))
        self.model = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, n_features, T) to (B, code_dim, T / downsampling)."""
        return self.model(x)


class Decoder(nn.Module):
    """Codes (B, code_dim, N) to features (B, n_features, N * downsampling)."""

    def __init__(self, config: VQVAEConfig) -> None:
        """Build the convolutions of `config`."""
        super().__init__()
        width, causal = config.width, config.causal_decoder
        layers: list[nn.Module] = [Conv3(config.code_dim, width, causal=causal), nn.ReLU()]
        for _ in range(config.n_down):
            upsample = nn.Upsample(scale_factor=UPSAMPLING, mode="nearest")
            smooth = Conv3(width, width, causal=causal)
            layers.append(nn.Sequential(ResidualStack(config, causal), upsample, smooth))
        layers += [Conv3(width, width, causal=causal), nn.ReLU()]
        layers.append(Conv3(width, config.n_features, causal=causal))
        self.model = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, code_dim, N) to (B, n_features, N * downsampling)."""
        return self.model(x)


class VQVAE(nn.Module):
    """Motion features to code indices and back."""

    def __init__(self, config: VQVAEConfig) -> None:
        """Build encoder, codebook and decoder with random weights."""
        super().__init__()
        self.config = config
        self.encoder = Encoder(config)
        self.decoder = Decoder(config)
        self.quantizer = make_quantizer(config)

    def latents(self, features: Tensor) -> Tensor:
        """Map normalized features (B, T, n_features) to latents (B, T / factor, code_dim)."""
        return self.encoder(features.transpose(1, 2)).transpose(1, 2)

    def encode(self, features: Tensor) -> Tensor:
        """Map normalized features (B, T, n_features) to code indices (B, N).

        N is T / downsampling times the tokens a latent.
        """
        return self.quantizer.indices(self.latents(features))

    def decode(self, indices: Tensor) -> Tensor:
        """Map code indices (B, N) to normalized features (B, T, n_features)."""
        return self.decoder(self.quantizer.codes(indices).transpose(1, 2)).transpose(1, 2)

    def forward(
        self, features: Tensor, real: Tensor | None = None
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Reconstruct features, with gradients passed straight through the codes.

        Args:
            features: normalized, shape (B, T, n_features).
            real: frames that are no padding, shape (B, T, 1); the quantizer learns only from
                latents that no padding is in. None: all.

        Returns:
            Reconstruction (B, T, n_features), commitment loss (), code indices (B, N).
        """
        latents = self.latents(features)
        if real is not None:
            real = real.unflatten(1, (-1, self.config.downsampling)).all(dim=2)[..., 0]
        with torch.autocast(latents.device.type, enabled=False):
            codes, commitment, indices = self.quantizer(latents.float(), real)
        return self.decoder(codes.transpose(1, 2)).transpose(1, 2), commitment, indices

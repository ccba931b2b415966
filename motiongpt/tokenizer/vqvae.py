"""The motion VQ-VAE.

The architecture is that of T2M-GPT (Zhang et al., CVPR 2023, Apache-2.0), which MotionGPT uses;
submodules are numbered as in its published state, so that its tensors load by name.
"""

import torch
from torch import Tensor, nn

from motiongpt.tokenizer.config import VQVAEConfig
from motiongpt.tokenizer.quantizer import EMAQuantizer


class ResidualBlock(nn.Module):
    """ReLU, dilated convolution, ReLU, pointwise convolution, added to the input."""

    def __init__(self, width: int, dilation: int) -> None:
        """Make a block that keeps shape (B, width, T)."""
        super().__init__()
        self.conv1 = nn.Conv1d(width, width, 3, padding=dilation, dilation=dilation)
        self.conv2 = nn.Conv1d(width, width, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, width, T) to (B, width, T)."""
        return x + self.conv2(torch.relu(self.conv1(torch.relu(x))))


class ResidualStack(nn.Module):
    """Residual blocks of several dilations, one after the other."""

    def __init__(self, config: VQVAEConfig) -> None:
        """Make a stack that keeps shape (B, width, T)."""
        super().__init__()
        blocks = [ResidualBlock(config.width, dilation) for dilation in config.dilations]
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
            nn.Conv1d(config.n_features, config.width, 3, padding=1),
            nn.ReLU(),
        ]
        for _ in range(config.n_down):
            strided = nn.Conv1d(config.width, config.width, 4, stride=2, padding=1)
            layers.append(nn.Sequential(strided, ResidualStack(config)))
        layers.append(nn.Conv1d(config.width, config.code_dim, 3, padding=1))
        self.model = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, n_features, T) to (B, code_dim, T / downsampling)."""
        return self.model(x)


class Decoder(nn.Module):
    """Codes (B, code_dim, N) to features (B, n_features, N * downsampling)."""

    def __init__(self, config: VQVAEConfig) -> None:
        """Build the convolutions of `config`."""
        super().__init__()
        width = config.width
        layers: list[nn.Module] = [nn.Conv1d(config.code_dim, width, 3, padding=1), nn.ReLU()]
        for _ in range(config.n_down):
            upsample = nn.Upsample(scale_factor=2, mode="nearest")
            smooth = nn.Conv1d(width, width, 3, padding=1)
            layers.append(nn.Sequential(ResidualStack(config), upsample, smooth))
        layers += [nn.Conv1d(width, width, 3, padding=1), nn.ReLU()]
        layers.append(nn.Conv1d(width, config.n_features, 3, padding=1))
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
        self.quantizer = EMAQuantizer(config.n_codes, config.code_dim)

    def encode(self, features: Tensor) -> Tensor:
        """Map normalized features (B, T, n_features) to code indices (B, T / downsampling)."""
        return self.quantizer.indices(self.encoder(features.transpose(1, 2)).transpose(1, 2))

    def decode(self, indices: Tensor) -> Tensor:
        """Map code indices (B, N) to normalized features (B, N * downsampling, n_features)."""
        return self.decoder(self.quantizer.codebook[indices].transpose(1, 2)).transpose(1, 2)

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Reconstruct features, with gradients passed straight through the codes.

        Args:
            features: normalized, shape (B, T, n_features).

        Returns:
            Reconstruction (B, T, n_features), commitment loss (), code indices (B, T / factor).
        """
        latents = self.encoder(features.transpose(1, 2)).transpose(1, 2)
        codes, commitment, indices = self.quantizer(latents)
        return self.decoder(codes.transpose(1, 2)).transpose(1, 2), commitment, indices

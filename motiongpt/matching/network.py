"""Text and motion encoders that share a space, trained by contrast (as TMR does)."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from motiongpt.errors import ModelFileError


@dataclass(frozen=True)
class MatchingConfig:
    """Sizes of the network."""

    n_pieces: int = 3072
    """Word pieces of the text side."""

    n_features: int = 137
    """Motion features a frame that are read; see `motiongpt.matching.model.seen_features`."""

    width: int = 128
    """Width of both encoders."""

    heads: int = 4
    """Attention heads."""

    text_layers: int = 1
    """Transformer layers of the text encoder."""

    motion_layers: int = 2
    """Transformer layers of the motion encoder, after two convolutions of stride 2."""

    dim: int = 128
    """Size of an embedding."""

    max_words: int = 64
    """Word pieces that are read; the rest of a longer text is left out."""

    max_frames: int = 196
    """Frames that are read; the rest of a longer motion is left out."""

    dropout: float = 0.1
    """In training."""

    def __post_init__(self) -> None:
        if self.width % self.heads:
            raise ModelFileError(f"width is {self.width}; allowed: a multiple of {self.heads}")

    def sequence(self, layers: int, longest: int) -> "SequenceSize":
        """Sizes of one of its encoders."""
        return SequenceSize(self.width, self.heads, layers, self.dim, longest, self.dropout)


@dataclass(frozen=True)
class SequenceSize:
    """Sizes of a transformer over a sequence."""

    width: int = 128
    """Width of its steps."""

    heads: int = 4
    """Attention heads."""

    layers: int = 1
    """Layers."""

    dim: int = 128
    """Size of an embedding."""

    longest: int = 64
    """Steps that are read."""

    dropout: float = 0.1
    """In training."""


class SequenceEncoder(nn.Module):
    """A transformer over a sequence, its mean, and a unit vector of it."""

    def __init__(self, size: SequenceSize) -> None:
        """Make an encoder with random weights."""
        super().__init__()
        layer = nn.TransformerEncoderLayer(
            size.width,
            size.heads,
            2 * size.width,
            size.dropout,
            activation="gelu",
            batch_first=True,
            norm_first=True,
        )
        self.place = nn.Parameter(torch.randn(size.longest, size.width) * 0.02)
        self.layers = nn.TransformerEncoder(layer, size.layers, enable_nested_tensor=False)
        self.norm = nn.LayerNorm(size.width)
        self.head = nn.Linear(size.width, size.dim)

    def forward(self, steps: Tensor, real: Tensor) -> tuple[Tensor, Tensor]:
        """Encode sequences.

        Args:
            steps: shape (B, T, width).
            real: shape (B, T), true where a step is no padding.

        Returns:
            Unit vectors (B, dim), and the means (B, width) they are made of.
        """
        hidden = self.layers(steps + self.place[: steps.shape[1]], src_key_padding_mask=~real)
        weight = real[..., None].to(hidden)
        mean = (self.norm(hidden) * weight).sum(1) / weight.sum(1)
        return nn.functional.normalize(self.head(mean), dim=-1), mean


class MatchingNetwork(nn.Module):
    """Both encoders and the temperature of their contrast."""

    def __init__(self, config: MatchingConfig) -> None:
        """Make a network with random weights."""
        super().__init__()
        self.config = config
        width = config.width
        self.words = nn.Embedding(config.n_pieces, width, padding_idx=0)
        nn.init.normal_(self.words.weight, std=0.05)
        self.text = SequenceEncoder(config.sequence(config.text_layers, config.max_words))
        self.shorten = nn.ModuleList(
            [nn.Conv1d(n, width, 4, stride=2, padding=1) for n in (config.n_features, width)]
        )
        frames = config.max_frames // 4
        self.motion = SequenceEncoder(config.sequence(config.motion_layers, frames))
        self.drop = nn.Dropout(config.dropout)
        self.log_scale = nn.Parameter(torch.tensor(math.log(1 / 0.07)))

    @property
    def scale(self) -> Tensor:
        """Factor of the cosines in the contrast, at most 100."""
        return self.log_scale.clamp(max=math.log(100)).exp()

    def encode_text(self, pieces: Tensor) -> tuple[Tensor, Tensor]:
        """Encode word pieces (B, T), padded with 0, as `SequenceEncoder.forward` does."""
        real = pieces > 0
        real[:, 0] = True
        return self.text(self.drop(self.words(pieces)), real)

    def encode_motion(self, frames: Tensor, lengths: Tensor) -> Tensor:
        """Encode motions.

        Args:
            frames: shape (B, T, n_features), normalized, padded with 0; T a multiple of 4.
            lengths: real frames (B,), at least 4.

        Returns:
            Unit vectors (B, dim).
        """
        hidden, lengths = frames.transpose(1, 2), lengths[:, None]
        for convolution in self.shorten:
            hidden, lengths = nn.functional.gelu(convolution(hidden)), lengths // 2
            real = torch.arange(hidden.shape[2], device=hidden.device) < lengths
            hidden = hidden * real[:, None]  # so that padding changes nothing
        return self.motion(self.drop(hidden.transpose(1, 2)), real)[0]

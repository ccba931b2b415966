"""The size of the VQ-VAE."""

import math
from dataclasses import dataclass
from typing import Literal

from motiongpt.errors import TokenizerError

QuantizerName = Literal["ema", "fsq", "residual"]


@dataclass(frozen=True)
class VQVAEConfig:
    """Architecture of the motion VQ-VAE; the defaults are the published one's."""

    n_features: int = 263
    """Width of a motion feature vector: 263 for HumanML3D, 251 for KIT-ML."""

    n_codes: int = 512
    """Codebook size; of each codebook, for `residual`; of the grid, for `fsq`."""

    code_dim: int = 512
    """Width of a code."""

    width: int = 512
    """Channels of the encoder's and the decoder's convolutions."""

    n_down: int = 2
    """Strided stages; the downsampling factor is 2 to this power."""

    dilations: tuple[int, ...] = (9, 3, 1)
    """Dilations of the blocks of a residual stack, in the order of computation."""

    causal_decoder: bool = False
    """Whether a frame depends on no later token, so that streaming needs no look-ahead."""

    quantizer: QuantizerName = "ema"
    """Codebook with moving averages, finite scalar quantization, or residual codebooks."""

    levels: tuple[int, ...] = (8, 8, 8)
    """Grid points a dimension of `fsq`; their product is `n_codes`."""

    n_layers: int = 3
    """Codebooks of `residual`; each adds one token to every latent."""

    def __post_init__(self) -> None:
        for name in ("n_features", "n_codes", "code_dim", "width", "n_down", "n_layers"):
            if getattr(self, name) < 1:
                raise TokenizerError(f"{name} is {getattr(self, name)}; allowed: 1 or more")
        if not self.dilations or min(self.dilations) < 1:
            raise TokenizerError(f"dilations are {self.dilations}; allowed: each 1 or more")
        if self.quantizer not in ("ema", "fsq", "residual"):
            raise TokenizerError(f"quantizer is '{self.quantizer}'; allowed: ema, fsq or residual")
        if self.quantizer == "fsq" and (
            min(self.levels, default=0) < 2 or math.prod(self.levels) != self.n_codes
        ):
            raise TokenizerError(
                f"levels are {self.levels}; allowed: each 2 or more, with n_codes "
                f"({self.n_codes}) as their product"
            )

    @property
    def downsampling(self) -> int:
        """Frames a latent."""
        return 2**self.n_down

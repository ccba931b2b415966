"""The size of the VQ-VAE."""

from dataclasses import dataclass

from motiongpt.errors import TokenizerError


@dataclass(frozen=True)
class VQVAEConfig:
    """Architecture of the motion VQ-VAE; the defaults are the published one's."""

    n_features: int = 263
    """Width of a motion feature vector."""

    n_codes: int = 512
    """Codebook size."""

    code_dim: int = 512
    """Width of a code."""

    width: int = 512
    """Channels of the encoder's and the decoder's convolutions."""

    n_down: int = 2
    """Strided stages; the downsampling factor is 2 to this power."""

    dilations: tuple[int, ...] = (9, 3, 1)
    """Dilations of the blocks of a residual stack, in the order of computation."""

    def __post_init__(self) -> None:
        for name in ("n_features", "n_codes", "code_dim", "width", "n_down"):
            if getattr(self, name) < 1:
                raise TokenizerError(f"{name} is {getattr(self, name)}; allowed: 1 or more")

    @property
    def downsampling(self) -> int:
        """Frames a motion token."""
        return 2**self.n_down

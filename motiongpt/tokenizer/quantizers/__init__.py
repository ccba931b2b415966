"""Quantizers: latents to code indices and back, behind one interface."""

from motiongpt.tokenizer.config import VQVAEConfig
from motiongpt.tokenizer.quantizers.ema import EMAQuantizer
from motiongpt.tokenizer.quantizers.fsq import FSQuantizer
from motiongpt.tokenizer.quantizers.quantizer import Quantizer
from motiongpt.tokenizer.quantizers.residual import ResidualQuantizer

__all__ = ["EMAQuantizer", "FSQuantizer", "Quantizer", "ResidualQuantizer", "make_quantizer"]


def make_quantizer(config: VQVAEConfig) -> Quantizer:
    """Make the quantizer that a configuration names."""
    if config.quantizer == "fsq":
        return FSQuantizer(config.levels, config.code_dim)
    if config.quantizer == "residual":
        return ResidualQuantizer(config.n_codes, config.code_dim, config.n_layers)
    return EMAQuantizer(config.n_codes, config.code_dim)

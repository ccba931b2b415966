"""Published VQ-VAE checkpoints (T2M-GPT, MotionGPT) as motion tokenizers.

Such a file holds 67 tensors under `net`, named `vqvae.<tensor>`; submodules are numbered as ours.
It carries no statistics: the ones it was trained with must be given, or motions come out wrong.
"""

import re
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from motiongpt.errors import ModelFileError, MotionError, MotionGPTError
from motiongpt.motion.layout import layout_of
from motiongpt.motion.statistics import Statistics
from motiongpt.tokenizer.config import VQVAEConfig
from motiongpt.tokenizer.motion_tokenizer import MotionTokenizer
from motiongpt.tokenizer.vqvae import VQVAE
from motiongpt.torch_file import read_torch_file

PREFIX = "vqvae."
GROWTH = 3
"""Each residual block of a stack dilates this many times less than the block before."""


def read_published(path: Path) -> dict[str, Tensor]:
    """Read the tensors of a published checkpoint, without the prefix of their names.

    Raises:
        ModelFileError: if the file is missing, holds Python objects instead of tensors, or has
            no tensors under `net`; it names the file.
    """
    content = read_torch_file(path)
    tensors = content.get("net")
    if not isinstance(tensors, Mapping):
        raise ModelFileError(f"{path}: no tensors under 'net'; found: {', '.join(content)}")
    for name, tensor in tensors.items():
        if not isinstance(tensor, Tensor) or not str(name).startswith(PREFIX):
            raise ModelFileError(f"{path}: '{name}' is no tensor of a VQ-VAE ('{PREFIX}...')")
        if not torch.isfinite(tensor).all():
            raise ModelFileError(f"{path}: '{name}' has a value that is not finite")
    return {name.removeprefix(PREFIX): tensor.float() for name, tensor in tensors.items()}


def infer_config(tensors: Mapping[str, Tensor]) -> VQVAEConfig:
    """Tell the architecture by the shapes of the tensors.

    Raises:
        ModelFileError: if a tensor that tells it is missing, or it is no such VQ-VAE.
    """
    try:
        codebook, first = tensors["quantizer.codebook"], tensors["encoder.model.0.weight"]
        n_codes, code_dim = codebook.shape
        width, n_features, _ = first.shape
    except (KeyError, ValueError) as error:
        raise ModelFileError(f"no VQ-VAE of this kind: {error} is missing or misshapen") from error
    stacks = re.compile(r"encoder\.model\.(\d+)\.1\.model\.(\d+)\.conv1\.weight")
    blocks = [tuple(map(int, m.groups())) for m in map(stacks.fullmatch, tensors) if m]
    if not blocks:
        raise ModelFileError("no VQ-VAE of this kind: it has no residual stacks")
    n_down = len({stage for stage, _ in blocks})
    depth = 1 + max(block for _, block in blocks)
    try:
        layout_of(n_features)
    except MotionError as error:
        raise ModelFileError(f"it encodes {n_features} features: {error}") from error
    dilations = tuple(GROWTH**k for k in reversed(range(depth)))
    return VQVAEConfig(n_features, n_codes, code_dim, width, n_down, dilations)


def import_checkpoint(path: Path, statistics: Statistics) -> MotionTokenizer:
    """Make a motion tokenizer of a published checkpoint.

    Args:
        path: torch file with the tensors under `net`.
        statistics: what the checkpoint was trained with (its `mean.npy` and `std.npy`).

    Raises:
        ModelFileError: if the file cannot be used; it names the file and what is wrong.
    """
    tensors = read_published(path)
    try:
        model = VQVAE(infer_config(tensors))
        model.load_state_dict(tensors)
        return MotionTokenizer(model.eval(), statistics)
    except (MotionGPTError, RuntimeError) as error:
        raise ModelFileError(f"{path}: {error}") from error

"""Does a language model fit into memory, and how is it loaded: known before anything is read."""

import importlib.util
import json
import struct
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any, Literal, get_args

import psutil
import torch
from transformers import BitsAndBytesConfig

from motiongpt.errors import LanguageModelError, ModelFileError

Weights = Literal["float32", "bfloat16", "int8", "int4"]
"""How weights are kept in memory; int8 and int4 by bitsandbytes, on CUDA."""

_BYTES = {"float32": 4.0, "bfloat16": 2.0, "int8": 1.0, "int4": 0.5}
_SCALE_BYTES = {"int8": 0.0, "int4": 4 / 64}
"""Besides, a weight: 4 bits have one float32 scale for each 64 weights."""

_NEVER_QUANTIZED = ("embed_tokens", "lm_head", "norm")


@dataclass(frozen=True)
class WeightCounts:
    """Numbers of weights in a base's files.

    Attributes:
        projections: in the layers' matrices, which can be quantized.
        others: embeddings, head and norms.
    """

    projections: int
    others: int

    def needed_bytes(self, weights: Weights, on_cpu: bool = False) -> int:
        """Memory that they take; on the CPU with the copy that the engine makes."""
        if weights in _SCALE_BYTES:
            each = _BYTES[weights] + _SCALE_BYTES[weights]
            return int(self.projections * each + self.others * _BYTES["bfloat16"])
        copies = 2 if on_cpu else 1
        return int(copies * (self.projections + self.others) * _BYTES[weights])


def count_weights(base: Path) -> WeightCounts:
    """Count the weights of a Hugging Face folder by the headers of its files.

    Raises:
        ModelFileError: if there is no safetensors file, or one has no readable header.
    """
    files = sorted(base.glob("model*.safetensors"))
    if not files:
        raise ModelFileError(f"{base}: no readable language model (no model.safetensors)")
    projections = others = 0
    for path in files:
        for name, shape in _read_shapes(path).items():
            if any(part in name for part in _NEVER_QUANTIZED):
                others += prod(shape)
            else:
                projections += prod(shape)
    return WeightCounts(projections, others)


def _read_shapes(path: Path) -> dict[str, list[int]]:
    """Shapes of a safetensors file's tensors: 8 bytes of length, then JSON."""
    try:
        with path.open("rb") as file:
            (length,) = struct.unpack("<Q", file.read(8))
            header = json.loads(file.read(min(length, path.stat().st_size)))
        return {name: header[name]["shape"] for name in header if name != "__metadata__"}
    except (OSError, ValueError, KeyError, TypeError, struct.error) as error:
        raise ModelFileError(f"{path}: no readable language model ({error})") from error


def free_bytes(device: torch.device) -> int | None:
    """Free memory of a device; None if it cannot be known.

    Raises:
        RuntimeError: if there is no such CUDA device.
    """
    if device.type == "cuda":
        return torch.cuda.mem_get_info(device)[0]
    return psutil.virtual_memory().available if device.type == "cpu" else None


def check_fits(base: Path, weights: Weights, device: torch.device, free: int | None) -> None:
    """Refuse a model that needs more than the free memory, and name forms that would fit.

    Raises:
        ModelFileError: if it does not fit, or its files are unreadable.
    """
    counts, on_cpu = count_weights(base), device.type == "cpu"
    need = counts.needed_bytes(weights, on_cpu)
    if free is None or need <= free:
        return
    smaller = [
        f"{other} ({_gigabytes(counts.needed_bytes(other))})"
        for other in _allowed(device)
        if counts.needed_bytes(other) <= free and not on_cpu
    ]
    raise ModelFileError(
        f"{base}: the language model needs {_gigabytes(need)} as {weights}, and {device} has "
        f"{_gigabytes(free)} free; allowed: {', '.join([*smaller, 'a smaller model'])}"
    )


def load_options(base: Path, device: str, weights: Weights | None = None) -> dict[str, Any]:
    """How `from_pretrained` shall load a base, once it is sure that it fits.

    Plain weights are memory-mapped from the file and stay on the CPU, until the model is moved;
    quantized ones are on the device at once, and such a model must not be moved.

    Args:
        base: Hugging Face folder with safetensors.
        device: torch device.
        weights: None takes float32 on the CPU and bfloat16 elsewhere.

    Returns:
        Keyword arguments.

    Raises:
        LanguageModelError: if such weights are not possible there.
        ModelFileError: if the model does not fit into the memory that is free.
        RuntimeError: if there is no such CUDA device.
    """
    where = torch.device(device)
    allowed = _allowed(where)
    weights = allowed[0] if weights is None else weights
    if weights not in allowed:
        raise LanguageModelError(
            f"weights are '{weights}' on device '{device}'; allowed there: {', '.join(allowed)}"
        )
    if weights in _SCALE_BYTES and importlib.util.find_spec("bitsandbytes") is None:
        raise LanguageModelError(
            f"weights are '{weights}', which needs the package bitsandbytes; "
            "install motiongpt_ros[quantized]"
        )
    check_fits(base, weights, where, free_bytes(where))
    if weights not in _SCALE_BYTES:
        return {"dtype": getattr(torch, weights)}
    return {
        "dtype": torch.bfloat16,
        "device_map": {"": device},
        "quantization_config": quantization_config(weights),
    }


def quantization_config(weights: Weights) -> BitsAndBytesConfig:
    """Settings of bitsandbytes for int8 or int4 weights."""
    if weights == "int8":
        return BitsAndBytesConfig(load_in_8bit=True)
    return BitsAndBytesConfig(
        load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_compute_dtype=torch.bfloat16
    )


def _allowed(device: torch.device) -> tuple[Weights, ...]:
    """How weights can be kept on a device; the first is what is taken by itself."""
    if device.type == "cpu":
        return ("float32",)
    rest: tuple[Weights, ...] = get_args(Weights)
    return ("bfloat16", *(w for w in rest if w != "bfloat16" and _possible(w, device)))


def _possible(weights: Weights, device: torch.device) -> bool:
    return weights not in _SCALE_BYTES or device.type == "cuda"


def _gigabytes(n: int) -> str:
    return f"{n / 1e9:.1f} GB"

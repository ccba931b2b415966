"""The published LoRA adapter (lit-llama's layout) as an ordinary PEFT folder.

lit-llama fuses q, k and v into one layer `c_attn` and adapts q and v of it: `lora_A` holds the A
of both, one below the other, and `lora_B` their B. Its rotary embedding turns neighbouring
channels, Hugging Face's turns the two halves of a head, so q's output rows change places.
"""

import re
from collections.abc import Mapping
from pathlib import Path

import torch
from peft import LoraConfig
from safetensors.torch import save_file
from torch import Tensor
from transformers import LlamaConfig

from motiongpt.errors import ModelFileError
from motiongpt.torch_file import read_torch_file

ALPHA, DROPOUT = 16, 0.05
"""Of the published training; the update is multiplied by alpha over the rank."""

_NAME = re.compile(r"(?:_forward_module\.)?transformer\.h\.(\d+)\.attn\.c_attn\.lora_([AB])")
_IGNORED = re.compile(r"(?:_forward_module\.)?(?:llama_proj|motion_proj)\.")


def half_split_rows(weight: Tensor, n_heads: int) -> Tensor:
    """Reorder rows from interleaved rotary channels to half-split ones.

    Args:
        weight: shape (n, columns), n = heads x channels a head.
        n_heads: attention heads.
    """
    n, columns = weight.shape
    pairs = weight.view(n_heads, n // n_heads // 2, 2, columns)
    return pairs.transpose(1, 2).reshape(n, columns)


def read_published_adapter(path: Path) -> dict[int, dict[str, Tensor]]:
    """Read A and B of each layer.

    Returns:
        {"A": (2 r, n), "B": (2 n, r)} by layer.

    Raises:
        ModelFileError: if the file cannot be read, has other tensors, or lacks some.
    """
    layers: dict[int, dict[str, Tensor]] = {}
    for name, tensor in read_torch_file(path).items():
        if _IGNORED.match(name):
            continue
        match = _NAME.fullmatch(name)
        if match is None or not isinstance(tensor, Tensor) or tensor.ndim != 2:
            raise ModelFileError(
                f"{path}: '{name}' is no part of a published adapter; allowed: "
                "transformer.h.<layer>.attn.c_attn.lora_A and lora_B"
            )
        if not torch.isfinite(tensor).all():
            raise ModelFileError(f"{path}: '{name}' has a value that is not finite")
        layers.setdefault(int(match[1]), {})[match[2]] = tensor.float()
    if not layers:
        raise ModelFileError(f"{path}: no LoRA tensors in it")
    for layer in range(max(layers) + 1):
        missing = {"A", "B"} - set(layers.get(layer, {}))
        if missing:
            raise ModelFileError(f"{path}: layer {layer} has no lora_{min(missing)}")
    return layers


def _check_fit(path: Path, layers: Mapping[int, Mapping[str, Tensor]], base: LlamaConfig) -> int:
    """Check the shapes against the base; return the rank."""
    n = base.hidden_size
    if len(layers) != base.num_hidden_layers:
        raise ModelFileError(
            f"{path}: {len(layers)} layers, the base has {base.num_hidden_layers}"
        )
    if base.num_key_value_heads != base.num_attention_heads:
        raise ModelFileError(
            f"{path}: the base has {base.num_key_value_heads} key-value heads for "
            f"{base.num_attention_heads} heads; published adapters are for bases with as many"
        )
    rank = layers[0]["A"].shape[0] // 2
    for layer, part in layers.items():
        found = tuple(part["A"].shape), tuple(part["B"].shape)
        if found != ((2 * rank, n), (2 * n, rank)):
            raise ModelFileError(
                f"{path}: layer {layer} has lora_A {found[0]} and lora_B {found[1]}; a base of "
                f"width {n} needs {(2 * rank, n)} and {(2 * n, rank)}"
            )
    return rank


def import_adapter(path: Path, base: Path, output: Path, alpha: float = ALPHA) -> LoraConfig:
    """Write a published adapter as a PEFT folder.

    Args:
        path: torch file of the adapter.
        base: folder of the Hugging Face LLaMA it belongs to; only its config is read.
        output: folder to write `adapter_config.json` and `adapter_model.safetensors` to.
        alpha: of its training.

    Returns:
        The configuration that was written.

    Raises:
        ModelFileError: if a file cannot be read or the adapter does not fit the base.
    """
    try:
        config = LlamaConfig.from_pretrained(base, local_files_only=True)
    except (OSError, ValueError) as error:
        raise ModelFileError(f"{base}: no readable configuration of a LLaMA ({error})") from error
    if not (base / "config.json").is_file() or config.model_type != "llama":
        raise ModelFileError(f"{base}: no configuration of a LLaMA")
    layers = read_published_adapter(path)
    rank, n = _check_fit(path, layers, config), config.hidden_size
    tensors = {}
    for layer, part in layers.items():
        name = f"base_model.model.model.layers.{layer}.self_attn"
        q_b = half_split_rows(part["B"][:n], config.num_attention_heads)
        tensors[f"{name}.q_proj.lora_A.weight"] = part["A"][:rank].contiguous()
        tensors[f"{name}.q_proj.lora_B.weight"] = q_b.contiguous()
        tensors[f"{name}.v_proj.lora_A.weight"] = part["A"][rank:].contiguous()
        tensors[f"{name}.v_proj.lora_B.weight"] = part["B"][n:].contiguous()
    lora = LoraConfig(
        r=rank,
        lora_alpha=alpha,  # type: ignore[arg-type]
        lora_dropout=DROPOUT,
        target_modules=["q_proj", "v_proj"],
        task_type="CAUSAL_LM",
        base_model_name_or_path=str(base),
        inference_mode=True,
    )
    output.mkdir(parents=True, exist_ok=True)
    lora.save_pretrained(str(output))
    save_file(tensors, output / "adapter_model.safetensors")
    return lora

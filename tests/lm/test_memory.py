import importlib.util
import json
import struct
from pathlib import Path

import pytest
import torch
from transformers import LlamaForCausalLM

from motiongpt.errors import LanguageModelError, ModelFileError
from motiongpt.lm.memory import (
    WeightCounts,
    check_fits,
    count_weights,
    free_bytes,
    load_options,
    quantization_config,
)
from motiongpt.lm.torch_engine import LlamaEngine
from motiongpt.model_folder import find_model
from tests.lm.test_engine import small_llama

CPU, CUDA = torch.device("cpu"), torch.device("cuda:0")
SEVEN_BILLION = {
    "model.embed_tokens.weight": [32000, 4096],
    "model.layers.0.mlp.up_proj.weight": [1_600_000, 4096],
    "lm_head.weight": [32000, 4096],
}


def _base(folder: Path, shapes: dict[str, list[int]]) -> Path:
    """A folder whose file says what it would hold."""
    header = {name: {"dtype": "BF16", "shape": shape} for name, shape in shapes.items()}
    content = json.dumps({"__metadata__": {"format": "pt"}, **header}).encode()
    (folder / "model.safetensors").write_bytes(struct.pack("<Q", len(content)) + content)
    return folder


def test_the_weights_of_the_shipped_base_are_counted_without_reading_them() -> None:
    base = find_model("default").base
    counts = count_weights(base)
    model = LlamaForCausalLM.from_pretrained(base, local_files_only=True)
    assert counts.projections + counts.others == sum(p.numel() for p in model.parameters())
    layers = model.model.layers.parameters()
    assert counts.projections == sum(p.numel() for p in layers if p.ndim == 2)


def test_weights_in_several_files_are_added(tmp_path: Path) -> None:
    _base(tmp_path, {"model.layers.0.mlp.up_proj.weight": [3, 4]})
    (tmp_path / "model.safetensors").rename(tmp_path / "model-00001-of-00002.safetensors")
    _base(tmp_path, {"lm_head.weight": [5, 4]})
    (tmp_path / "model.safetensors").rename(tmp_path / "model-00002-of-00002.safetensors")
    assert count_weights(tmp_path) == WeightCounts(12, 20)


def test_fewer_bits_need_less_memory() -> None:
    counts = WeightCounts(6_400_000, 100_000)
    assert counts.needed_bytes("float32") == 26_000_000
    assert counts.needed_bytes("float32", on_cpu=True) == 52_000_000
    assert counts.needed_bytes("bfloat16") == 13_000_000
    assert counts.needed_bytes("int8") == 6_600_000
    assert counts.needed_bytes("int4") == 3_800_000


def test_a_model_that_does_not_fit_is_refused_with_need_and_free_memory(tmp_path: Path) -> None:
    base = _base(tmp_path, SEVEN_BILLION)
    match = (
        r"needs 13\.6 GB as bfloat16, and cuda:0 has 8\.0 GB free; "
        r"allowed: int8 \(7\.1 GB\), int4 \(4\.2 GB\), a smaller model"
    )
    with pytest.raises(ModelFileError, match=match):
        check_fits(base, "bfloat16", CUDA, 8_000_000_000)
    with pytest.raises(ModelFileError, match=r"4\.0 GB free; allowed: a smaller model"):
        check_fits(base, "int4", CUDA, 4_000_000_000)
    check_fits(base, "bfloat16", CUDA, 14_000_000_000)
    check_fits(base, "bfloat16", torch.device("mps"), None)


def test_this_machine_refuses_what_is_larger_than_its_memory(tmp_path: Path) -> None:
    base = _base(tmp_path, {"model.layers.0.mlp.up_proj.weight": [10_000_000, 10_000_000]})
    with pytest.raises(ModelFileError, match=r"needs 800000\.0 GB as float32, and cpu has"):
        load_options(base, "cpu")
    assert 0 < (free_bytes(CPU) or 0) < 800_000_000_000_000


def test_a_model_is_loaded_as_the_device_wants_it(tmp_path: Path) -> None:
    base = _base(tmp_path, {"lm_head.weight": [5, 4]})
    assert load_options(base, "cpu") == {"dtype": torch.float32}
    with pytest.raises(LanguageModelError, match="'int8' on device 'cpu'; .* there: float32"):
        load_options(base, "cpu", "int8")
    with pytest.raises(LanguageModelError, match="'int3' .*: bfloat16, float32, int8, int4"):
        load_options(base, "cuda:0", "int3")  # type: ignore[arg-type]


@pytest.mark.skipif(
    importlib.util.find_spec("bitsandbytes") is not None, reason="bitsandbytes is installed"
)
def test_without_bitsandbytes_quantized_weights_are_refused(tmp_path: Path) -> None:
    with pytest.raises(LanguageModelError, match=r"install motiongpt_ros\[quantized\]"):
        load_options(_base(tmp_path, {"lm_head.weight": [5, 4]}), "cuda:0", "int4")


def test_unreadable_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match="no model.safetensors"):
        count_weights(tmp_path)
    for content in (b"123", struct.pack("<Q", 10) + b"{", struct.pack("<Q", 7) + b'{"a":1}'):
        (tmp_path / "model.safetensors").write_bytes(content)
        with pytest.raises(ModelFileError, match="model.safetensors: no readable"):
            count_weights(tmp_path)


@pytest.mark.parametrize("weights", ["int8", "int4"])
def test_the_engine_runs_what_bitsandbytes_has_quantized(weights, tmp_path: Path) -> None:
    pytest.importorskip("bitsandbytes")
    small_llama(hidden_size=64, intermediate_size=128).save_pretrained(tmp_path)
    model = LlamaForCausalLM.from_pretrained(
        tmp_path,
        dtype=torch.float32,
        device_map={"": "cpu"},
        quantization_config=quantization_config(weights),
    ).eval()
    ids, answers = [5, 6, 7, 8], [3, 50, 7]
    with torch.inference_mode():
        expected = model(torch.tensor([ids])).logits[0, -1, answers]
    engine = LlamaEngine(model, answers)
    found = engine.read(engine.start(4), [ids])[0]
    assert torch.allclose(found.float(), expected.float(), rtol=2e-2, atol=2e-2)

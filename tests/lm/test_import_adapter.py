"""A tiny lit-llama, written out from its formulas, against Hugging Face and PEFT."""

from pathlib import Path

import pytest
import torch
from peft import PeftModel
from torch import Tensor
from torch.nn.functional import silu, softmax
from transformers import LlamaConfig, LlamaForCausalLM

from motiongpt.cli import main
from motiongpt.errors import ModelFileError
from motiongpt.lm.import_adapter import half_split_rows, import_adapter

N, HEADS, LAYERS, HIDDEN, WORDS, RANK, ALPHA = 32, 4, 3, 48, 50, 4, 16
Tensors = dict[str, Tensor]


def _fused(seed: int = 0) -> tuple[Tensors, Tensors]:
    """Random weights and adapter with lit-llama's names."""
    g = torch.Generator().manual_seed(seed)

    def random(*shape: int) -> Tensor:
        return torch.randn(shape, generator=g) / shape[-1] ** 0.5

    base = {"lm_head.weight": random(WORDS, N), "transformer.wte.weight": random(WORDS, N)}
    base["transformer.ln_f.scale"] = 1 + 0.1 * random(N)
    adapter = {"llama_proj.weight": random(2, 2)}
    for i in range(LAYERS):
        block = f"transformer.h.{i}"
        base[f"{block}.rms_1.scale"] = 1 + 0.1 * random(N)
        base[f"{block}.rms_2.scale"] = 1 + 0.1 * random(N)
        base[f"{block}.attn.c_attn.weight"] = random(3 * N, N)
        base[f"{block}.attn.c_proj.weight"] = random(N, N)
        base[f"{block}.mlp.c_fc1.weight"] = random(HIDDEN, N)
        base[f"{block}.mlp.c_fc2.weight"] = random(HIDDEN, N)
        base[f"{block}.mlp.c_proj.weight"] = random(N, HIDDEN)
        adapter[f"{block}.attn.c_attn.lora_A"] = random(2 * RANK, N)
        adapter[f"{block}.attn.c_attn.lora_B"] = random(2 * N, RANK)
    return base, adapter


def _norm(x: Tensor, scale: Tensor) -> Tensor:
    return scale * x * torch.rsqrt(x.pow(2).mean(dim=-1, keepdim=True) + 1e-5)


def _rotate_pairs(x: Tensor) -> Tensor:
    """Rotary embedding of neighbouring channels; x (heads, T, channels)."""
    channels = x.shape[-1]
    rates = 10000.0 ** (-torch.arange(0, channels, 2) / channels)
    angle = torch.arange(x.shape[1])[:, None] * rates
    one, other = x[..., 0::2], x[..., 1::2]
    c, s = angle.cos(), angle.sin()
    return torch.stack([one * c - other * s, other * c + one * s], dim=-1).flatten(-2)


def _fused_logits(ids: Tensor, base: Tensors, adapter: Tensors) -> Tensor:
    x = base["transformer.wte.weight"][ids]
    for i in range(LAYERS):
        block = f"transformer.h.{i}"
        h = _norm(x, base[f"{block}.rms_1.scale"])
        fused = h @ base[f"{block}.attn.c_attn.weight"].T
        A, B = (adapter[f"{block}.attn.c_attn.lora_{part}"] for part in "AB")
        q_update = h @ A[:RANK].T @ B[:N].T
        v_update = h @ A[RANK:].T @ B[N:].T
        updates = torch.cat([q_update, torch.zeros_like(q_update), v_update], dim=-1)
        q, k, v = (fused + ALPHA / RANK * updates).split(N, dim=-1)
        q, k, v = (part.view(-1, HEADS, N // HEADS).transpose(0, 1) for part in (q, k, v))
        scores = _rotate_pairs(q) @ _rotate_pairs(k).transpose(1, 2) / (N // HEADS) ** 0.5
        hidden = torch.triu(torch.ones_like(scores[0], dtype=torch.bool), 1)
        attention = softmax(scores.masked_fill(hidden, -torch.inf), dim=-1) @ v
        x = x + attention.transpose(0, 1).flatten(1) @ base[f"{block}.attn.c_proj.weight"].T
        h = _norm(x, base[f"{block}.rms_2.scale"])
        gate, up = (h @ base[f"{block}.mlp.c_fc{k}.weight"].T for k in (1, 2))
        x = x + (silu(gate) * up) @ base[f"{block}.mlp.c_proj.weight"].T
    return _norm(x, base["transformer.ln_f.scale"]) @ base["lm_head.weight"].T


def _hugging_face(base: Tensors, folder: Path, **changes: int) -> LlamaForCausalLM:
    config = {
        "vocab_size": WORDS,
        "hidden_size": N,
        "intermediate_size": HIDDEN,
        "num_hidden_layers": LAYERS,
        "num_attention_heads": HEADS,
        "num_key_value_heads": HEADS,
        "rms_norm_eps": 1e-5,
        **changes,
    }
    model = LlamaForCausalLM(LlamaConfig(**config))
    if not changes:
        names = {
            "lm_head.weight": base["lm_head.weight"],
            "model.embed_tokens.weight": base["transformer.wte.weight"],
            "model.norm.weight": base["transformer.ln_f.scale"],
        }
        for i in range(LAYERS):
            ours, theirs = f"model.layers.{i}", f"transformer.h.{i}"
            q, k, v = base[f"{theirs}.attn.c_attn.weight"].split(N)
            names |= {
                f"{ours}.self_attn.q_proj.weight": half_split_rows(q, HEADS),
                f"{ours}.self_attn.k_proj.weight": half_split_rows(k, HEADS),
                f"{ours}.self_attn.v_proj.weight": v,
                f"{ours}.self_attn.o_proj.weight": base[f"{theirs}.attn.c_proj.weight"],
                f"{ours}.mlp.gate_proj.weight": base[f"{theirs}.mlp.c_fc1.weight"],
                f"{ours}.mlp.up_proj.weight": base[f"{theirs}.mlp.c_fc2.weight"],
                f"{ours}.mlp.down_proj.weight": base[f"{theirs}.mlp.c_proj.weight"],
                f"{ours}.input_layernorm.weight": base[f"{theirs}.rms_1.scale"],
                f"{ours}.post_attention_layernorm.weight": base[f"{theirs}.rms_2.scale"],
            }
        model.load_state_dict(names)
    model.save_pretrained(folder)
    return model.eval()


@pytest.mark.parametrize("prefix", ["", "_forward_module."])
def test_logits_agree_with_the_fused_computation(tmp_path: Path, prefix: str) -> None:
    base, adapter = _fused()
    torch.save({f"{prefix}{k}": v for k, v in adapter.items()}, tmp_path / "lora.pth")
    model = _hugging_face(base, tmp_path / "base")
    ids = torch.randint(WORDS, (20,), generator=torch.Generator().manual_seed(1))
    without = {name: torch.zeros_like(tensor) for name, tensor in adapter.items()}
    with torch.inference_mode():
        plain = model(ids[None]).logits[0]
        assert torch.allclose(plain, _fused_logits(ids, base, without), atol=1e-4)
        import_adapter(tmp_path / "lora.pth", tmp_path / "base", tmp_path / "adapter")
        adapted = PeftModel.from_pretrained(model, str(tmp_path / "adapter")).eval()
        logits = adapted(ids[None]).logits[0]
        merged = adapted.merge_and_unload()(ids[None]).logits[0]
    expected = _fused_logits(ids, base, adapter)
    assert torch.allclose(logits, expected, atol=1e-4)
    assert torch.allclose(merged, expected, atol=1e-4)
    assert (expected - plain).abs().max() > 0.1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"num_hidden_layers": 2}, "3 layers, the base has 2"),
        ({"hidden_size": 64}, r"layer 0 has lora_A \(8, 32\) .* width 64 needs \(8, 64\)"),
        ({"num_key_value_heads": 2}, "2 key-value heads for 4 heads"),
    ],
)
def test_an_adapter_of_another_base_is_refused(tmp_path: Path, change: dict, message: str) -> None:
    base, adapter = _fused()
    torch.save(adapter, tmp_path / "lora.pth")
    _hugging_face(base, tmp_path / "base", **change)
    with pytest.raises(ModelFileError, match=message):
        import_adapter(tmp_path / "lora.pth", tmp_path / "base", tmp_path / "adapter")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({}, "no LoRA tensors"),
        ({"transformer.h.0.attn.c_attn.lora_A": torch.zeros(8, N)}, "layer 0 has no lora_B"),
        ({"encoder.weight": torch.zeros(2, 2)}, "'encoder.weight' is no part of a published"),
        (
            {"transformer.h.0.attn.c_attn.lora_A": torch.full((8, N), torch.inf)},
            "lora_A' has a value that is not finite",
        ),
    ],
)
def test_a_file_that_is_no_published_adapter_is_refused(
    tmp_path: Path, content: Tensors, message: str
) -> None:
    _hugging_face(_fused()[0], tmp_path / "base")
    torch.save(content, tmp_path / "other.pth")
    with pytest.raises(ModelFileError, match=message) as caught:
        import_adapter(tmp_path / "other.pth", tmp_path / "base", tmp_path / "adapter")
    assert "other.pth" in str(caught.value)


def test_a_folder_without_a_llama_is_refused(tmp_path: Path) -> None:
    torch.save(_fused()[1], tmp_path / "lora.pth")
    with pytest.raises(ModelFileError, match="nothing"):
        import_adapter(tmp_path / "lora.pth", tmp_path / "nothing", tmp_path / "adapter")


def test_the_command_writes_a_folder_that_peft_loads(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    base, adapter = _fused()
    torch.save(adapter, tmp_path / "lora.pth")
    model = _hugging_face(base, tmp_path / "base")
    output = str(tmp_path / "adapter")
    arguments = ["import-adapter", str(tmp_path / "lora.pth"), "--base", str(tmp_path / "base")]
    assert main([*arguments, "--output", output]) == 0
    assert "rank 4 and alpha 16 on q_proj, v_proj" in capsys.readouterr().out
    assert PeftModel.from_pretrained(model, output).peft_config["default"].r == RANK

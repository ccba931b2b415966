"""A LLaMA in llama.cpp's file format, for comparison: `gguf` is needed only here."""

from pathlib import Path

import torch
from torch import Tensor
from transformers import LlamaForCausalLM

QUANTIZATIONS = ("F32", "F16", "Q8_0", "Q4_0")
"""How matrices are kept, in llama.cpp's names."""

_LAYER_NAMES = {
    "input_layernorm": "attn_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "post_attention_layernorm": "ffn_norm",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}


def write_gguf(model: LlamaForCausalLM, path: Path, quantization: str) -> None:
    """Write a model without its tokenizer; the token ids stay.

    Args:
        model: without biases, with unscaled rotary angles.
        path: file to write.
        quantization: one of `QUANTIZATIONS`.
    """
    import gguf

    config = model.config
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_rope_dimension_count(config.head_dim)
    writer.add_rope_freq_base(config.rope_parameters["rope_theta"])
    writer.add_vocab_size(config.vocab_size)
    writer.add_tokenizer_model("no_vocab")
    kind = gguf.GGMLQuantizationType[quantization]
    for name, weight in _tensors(model):
        whole = weight.float().numpy()
        kept = kind if whole.ndim == 2 else gguf.GGMLQuantizationType.F32
        writer.add_tensor(name, gguf.quants.quantize(whole, kept), raw_dtype=kept)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


@torch.no_grad()
def _tensors(model: LlamaForCausalLM) -> list[tuple[str, Tensor]]:
    """Weights under llama.cpp's names."""
    llama, channels = model.model, model.config.head_dim
    tensors = [
        ("token_embd.weight", llama.embed_tokens.weight),
        ("output_norm.weight", llama.norm.weight),
        ("output.weight", model.lm_head.weight),
    ]
    for number, layer in enumerate(llama.layers):
        for ours, theirs in _LAYER_NAMES.items():
            weight = layer.get_submodule(ours).weight
            if theirs in ("attn_q", "attn_k"):
                # Channels that turn together are neighbours in this format.
                halves = weight.unflatten(0, (-1, 2, channels // 2))
                weight = halves.transpose(1, 2).flatten(0, 2)
            tensors.append((f"blk.{number}.{theirs}.weight", weight))
    return tensors

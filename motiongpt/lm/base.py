"""Language models to train: a small LLaMA from scratch, or any existing one, and LoRA on it."""

from dataclasses import dataclass

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors import SafetensorError
from transformers import AutoConfig, AutoTokenizer, LlamaConfig, LlamaForCausalLM

from motiongpt.errors import LanguageModelError
from motiongpt.lm import vocabulary as v
from motiongpt.lm.vocabulary import Vocabulary, extend_vocabulary


@dataclass(frozen=True)
class BaseSize:
    """Size of the small LLaMA that is trained from scratch."""

    width: int = 256
    """Hidden size."""

    layers: int = 6
    """Decoder layers."""

    heads: int = 8
    """Attention heads."""

    feed_forward: int = 704
    """Width of the gated feed-forward part."""

    context: int = 320
    """Most tokens of prompt and answer together."""


@dataclass(frozen=True)
class LoraSize:
    """Shape of the LoRA adapter; published: r 64, alpha 16, dropout 0.05 on q and v."""

    r: int = 32
    """Rank."""

    alpha: int = 32
    """Scale; the update is multiplied by alpha / r."""

    dropout: float = 0.05
    """Dropout on the adapter's input."""

    targets: tuple[str, ...] = (
        "q_proj",
        "k_proj",
        "v_proj",
        "o_proj",
        "gate_proj",
        "up_proj",
        "down_proj",
    )
    """Linear layers that are adapted."""


def make_base(vocabulary: Vocabulary, size: BaseSize, seed: int = 0) -> LlamaForCausalLM:
    """Make a LLaMA with random weights for a vocabulary."""
    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=vocabulary.size,
        hidden_size=size.width,
        intermediate_size=size.feed_forward,
        num_hidden_layers=size.layers,
        num_attention_heads=size.heads,
        num_key_value_heads=size.heads,
        max_position_embeddings=size.context,
        rms_norm_eps=1e-5,
        tie_word_embeddings=True,
        attention_dropout=0.1,
        bos_token_id=vocabulary.marker_id(v.BOS),
        eos_token_id=vocabulary.marker_id(v.EOS),
        pad_token_id=vocabulary.marker_id(v.PAD),
    )
    return LlamaForCausalLM(config)


def open_base(
    name_or_path: str, captions: list[str], n_codes: int, seed: int = 0
) -> tuple[LlamaForCausalLM, Vocabulary, list[int]]:
    """Open an existing LLaMA and give it markers and motion tokens.

    Args:
        name_or_path: Hugging Face name or folder; weights are read from safetensors only.
        captions: texts whose words count as known.
        n_codes: codebook size.
        seed: of the new embeddings.

    Returns:
        The model, its vocabulary, and the ids that are new.

    Raises:
        LanguageModelError: if it cannot be read, is no LLaMA, or its tokenizer does not fit.
    """
    try:
        config = AutoConfig.from_pretrained(name_or_path)
        if config.model_type != "llama":
            raise LanguageModelError(
                f"{name_or_path} is of type '{config.model_type}'; allowed: llama"
            )
        tokenizer = AutoTokenizer.from_pretrained(name_or_path)
        n_known = len(tokenizer)
        base = LlamaForCausalLM.from_pretrained(
            name_or_path, use_safetensors=True, dtype=torch.float32
        )
    except (OSError, ValueError, SafetensorError) as error:
        raise LanguageModelError(f"{name_or_path}: no readable base ({error})") from error
    vocabulary = extend_vocabulary(tokenizer, captions, n_codes)
    torch.manual_seed(seed)
    base.resize_token_embeddings(max(vocabulary.size, base.config.vocab_size))
    return base, vocabulary, list(range(n_known, vocabulary.size))


def add_lora(
    base: LlamaForCausalLM,
    size: LoraSize,
    trained_tokens: list[int] | None = None,
    seed: int = 0,
) -> PeftModel:
    """Wrap a base with a fresh adapter.

    Args:
        base: any LLaMA.
        size: rank, scale and layers.
        trained_tokens: ids whose embeddings are trained and saved with the adapter.
        seed: of the adapter.
    """
    torch.manual_seed(seed)
    config = LoraConfig(
        r=size.r,
        lora_alpha=size.alpha,
        lora_dropout=size.dropout,
        target_modules=list(size.targets),
        trainable_token_indices=_trained_rows(base, trained_tokens),
        task_type="CAUSAL_LM",
    )
    return get_peft_model(base, config)


def _trained_rows(
    base: LlamaForCausalLM, tokens: list[int] | None
) -> list[int] | dict[str, list[int]] | None:
    """Rows to train by layer; an output layer of its own needs them as well."""
    if tokens is None or base.config.tie_word_embeddings:
        return tokens
    return {"embed_tokens": tokens, "lm_head": tokens}

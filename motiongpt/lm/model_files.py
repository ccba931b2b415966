"""Language models from their folders: a base, its tokenizer, and adapters on it."""

import json
import warnings
from pathlib import Path
from typing import Any

from peft import PeftModel
from safetensors import SafetensorError
from transformers import AutoTokenizer, LlamaForCausalLM
from transformers.utils import logging as transformers_logging

from motiongpt.errors import ModelFileError
from motiongpt.lm.codec import Codec, VocabularyCodec
from motiongpt.lm.digits import DigitsCodec
from motiongpt.lm.memory import Weights, load_options
from motiongpt.lm.vocabulary import WORDS_FILE, Vocabulary, motion_token


def load_codec(base: Path, n_codes: int) -> Codec:
    """Find out how a base writes motion tokens.

    Raises:
        ModelFileError: if it has no readable tokenizer.
        LanguageModelError: if that can write motion tokens in neither form.
    """
    path = base / "tokenizer.json"
    try:
        content = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ModelFileError(f"{path}: missing or unreadable ({error})") from error
    if (base / WORDS_FILE).is_file() or f'"{motion_token(0)}"' in content:
        return VocabularyCodec(Vocabulary.load(base, n_codes))
    try:
        tokenizer = AutoTokenizer.from_pretrained(base, local_files_only=True)
    except Exception as error:  # the tokenizers library raises bare Exception
        raise ModelFileError(f"{path}: no readable tokenizer ({error})") from error
    return DigitsCodec(tokenizer, n_codes)


def load_llama(
    base: Path,
    adapter: Path,
    n_tokens: int,
    device: str = "cpu",
    weights: Weights | None = None,
) -> LlamaForCausalLM:
    """Read a base and merge its adapter.

    Args:
        base: Hugging Face folder.
        adapter: PEFT folder.
        n_tokens: size of the vocabulary.
        device: torch device.
        weights: as in `LanguageModel.load`.

    Raises:
        ModelFileError: if a file is missing, truncated, or does not fit, or the memory that is
            free is too little.
        LanguageModelError: if such weights are not possible on the device.
    """
    return wrap_adapter(load_base(base, n_tokens, device, weights), adapter).merge_and_unload()


def load_base(
    base: Path, n_tokens: int, device: str = "cpu", weights: Weights | None = None
) -> LlamaForCausalLM:
    """Read a base, in eval mode; see `load_llama`."""
    _check_config(base)
    transformers_logging.disable_progress_bar()
    options = load_options(base, device, weights)
    try:
        loaded: Any = LlamaForCausalLM.from_pretrained(
            base,
            local_files_only=True,
            use_safetensors=True,
            output_loading_info=True,
            **options,
        )
        llama, report = loaded
    except (OSError, ValueError, SafetensorError, RuntimeError) as error:
        raise ModelFileError(f"{base}: no readable language model ({error})") from error
    if report["missing_keys"]:
        missing = sorted(report["missing_keys"])
        raise ModelFileError(f"{base}: {len(missing)} tensors are missing: {missing[0]}, ...")
    rows = llama.get_input_embeddings().num_embeddings
    if rows < n_tokens:
        raise ModelFileError(f"{base}: the model has {rows} embeddings for {n_tokens} tokens")
    llama.eval()
    return llama if "quantization_config" in options else llama.to(device)


def wrap_adapter(llama: LlamaForCausalLM, adapter: Path) -> PeftModel:
    """Put an adapter on a base, not merged.

    Raises:
        ModelFileError: if it is missing, unreadable, or of another base.
    """
    try:
        with warnings.catch_warnings():
            # peft 0.21 reads an attribute that transformers 5 has renamed.
            warnings.filterwarnings("ignore", "`is_gradient_checkpointing`", FutureWarning)
            return PeftModel.from_pretrained(llama, str(adapter), local_files_only=True).eval()
    except (
        OSError,
        ValueError,
        KeyError,
        SafetensorError,
        RuntimeError,
        json.JSONDecodeError,
    ) as error:
        name = llama.config.name_or_path
        raise ModelFileError(f"{adapter}: adapter does not fit {name} ({error})") from error


def _check_config(base: Path) -> None:
    """Refuse a folder without a LLaMA's config, for which a default 7B model would be made."""
    path = base / "config.json"
    try:
        model_type = json.loads(path.read_text())["model_type"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelFileError(f"{path}: missing or no model configuration ({error})") from error
    if model_type != "llama":
        raise ModelFileError(f"{path}: model type '{model_type}'; allowed: llama")

"""Training of a whole model folder from a dataset, step by step."""

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import torch
from accelerate import PartialState
from accelerate.utils import disable_fsdp_ram_efficient_loading
from peft import PeftModel
from torch import Tensor
from transformers import LlamaForCausalLM

from motiongpt.errors import LanguageModelError
from motiongpt.lm.base import BaseSize, LoraSize, add_lora, make_base, open_base
from motiongpt.lm.batches import SequenceMaker
from motiongpt.lm.corpus import build_examples, encode_composed
from motiongpt.lm.paraphrase import paraphrase_words
from motiongpt.lm.train import Optimization, train_stage
from motiongpt.lm.vocabulary import Vocabulary, train_vocabulary
from motiongpt.model_folder import ModelFolder
from motiongpt.motion.composed_clips import compose_clips
from motiongpt.motion.dataset import read_captions
from motiongpt.motion.prepare import Preparation
from motiongpt.motion.skeleton import HUMANML3D
from motiongpt.tokenizer.motion_tokenizer import MotionTokenizer

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class LanguageTraining:
    """Options of `motiongpt train lm`."""

    size: BaseSize = field(default_factory=BaseSize)
    """Size of the base."""

    lora: LoraSize = field(default_factory=LoraSize)
    """Shape of the adapter."""

    base_stage: Optimization = field(default_factory=lambda: Optimization(steps=5200))
    """The base, from scratch, on captions and motion."""

    lora_stage: Optimization = field(
        default_factory=lambda: Optimization(steps=900, learning_rate=1e-3, weight_decay=0.01)
    )
    """The adapter, on the instructions."""

    n_composed: int = 4200
    """Pairs of clips to combine."""

    text_file: str = "captions_train.txt"
    """File of captions without motion in the dataset's folder; skipped if it is not there."""

    seed: int = 0
    """Seed of compositions."""


def read_texts(folder: Path, ids: tuple[str, ...], text_file: str) -> list[str]:
    """All captions to learn words from: those of clips and those without motion."""
    texts = [c.text for i in ids for c in read_captions(folder / "texts" / f"{i}.txt")]
    extra = folder / text_file
    if extra.is_file():
        texts += extra.read_text(encoding="utf-8").splitlines()
    return [text.strip().lower() for text in texts if text.strip()]


def train_language_model(
    folder: Path,
    prepared: Path,
    data: Preparation,
    model: ModelFolder,
    work: Path,
    options: LanguageTraining,
    on_progress: Callable[[int, int], None] | None = None,
    existing_base: str | None = None,
    on_step: Callable[[int, int], None] | None = None,
) -> None:
    """Train base and adapter, or only the adapter of an existing base.

    Args:
        folder: dataset in HumanML3D's layout.
        prepared: what `prepare` wrote of it.
        data: what `prepare` returned.
        model: folder with the trained motion tokenizer; base and adapter are written there.
        work: folder for checkpoints and logs.
        options: sizes, steps and rates.
        on_progress: called with clips encoded and clips in all.
        existing_base: Hugging Face name or folder of a LLaMA; it gets the motion tokens, and
            only their embeddings and the adapter are trained.
        on_step: called with the steps done and the steps in all of each stage.

    Raises:
        ModelFileError: if there is no motion tokenizer.
        LanguageModelError: if the existing base or the tokenizer cannot be used.
    """
    # What accelerate loads in one process alone, it cannot share where embeddings are tied.
    disable_fsdp_ram_efficient_loading()
    main = PartialState().is_main_process
    tokenizer = MotionTokenizer.load(model.tokenizer)
    per_latent = tokenizer.model.quantizer.tokens_per_latent
    if per_latent > 1:
        raise LanguageModelError(
            f"{model.tokenizer} has {per_latent} tokens a latent; "
            "a language model is trained on tokenizers with one"
        )
    texts = read_texts(folder, next(iter(data.ready.values())), options.text_file)
    known = [*texts, *paraphrase_words()]
    if existing_base is None:
        vocabulary = train_vocabulary(known, tokenizer.n_codes)
        base, new_tokens = make_base(vocabulary, options.size, options.base_stage.seed), None
    else:
        base, vocabulary, new_tokens = open_base(
            existing_base, known, tokenizer.n_codes, options.lora_stage.seed
        )
    train, val = _make_sequences(
        folder, prepared, data, tokenizer, vocabulary, texts, options, on_progress
    )
    weights: dict[str, Tensor] = {}
    if existing_base is None:
        weights = train_stage(base, train, val, "base", work, options.base_stage, on_step=on_step)
    if main:
        save_base(base, vocabulary, model, weights)
    del base
    PartialState().wait_for_everyone()
    # The adapter belongs to the base as it was written, in all processes alike.
    base = LlamaForCausalLM.from_pretrained(model.base, use_safetensors=True, dtype=torch.float32)
    adapted = add_lora(base, options.lora, new_tokens, options.lora_stage.seed)
    weights = train_stage(adapted, train, val, "lora", work, options.lora_stage, on_step=on_step)
    if main:
        save_adapter(adapted, model, weights)


def _make_sequences(
    folder: Path,
    prepared: Path,
    data: Preparation,
    tokenizer: MotionTokenizer,
    vocabulary: Vocabulary,
    texts: list[str],
    options: LanguageTraining,
    on_progress: Callable[[int, int], None] | None,
) -> tuple[SequenceMaker, SequenceMaker]:
    """Encode the clips: sequences to learn, and for the validation loss."""
    train_ids, val_ids = tuple(data.ready.values())[:2]
    examples = build_examples(
        folder, prepared, train_ids, tokenizer, True, data.mirrored, on_progress
    )
    n_single = len(examples)
    if tokenizer.skeleton is HUMANML3D:
        pairs = compose_clips(
            folder, prepared, train_ids, options.n_composed, options.seed, data.mirrored
        )
        examples += encode_composed(pairs, tokenizer)
    logger.info("%d examples, %d of them composed", len(examples), len(examples) - n_single)
    rate = tokenizer.tokens_a_second
    train = SequenceMaker(examples, texts, vocabulary, tokens_a_second=rate)
    held_out = build_examples(folder, prepared, val_ids, tokenizer, False)
    val = SequenceMaker(
        held_out, [], vocabulary, tokens_a_second=rate, corrupted_share=0.0, varied=False
    )
    return train, val


def save_base(
    base: LlamaForCausalLM,
    vocabulary: Vocabulary,
    model: ModelFolder,
    weights: dict[str, Tensor] | None = None,
) -> None:
    """Write base weights in bfloat16, and round those in memory the same way.

    Args:
        base: the model.
        vocabulary: its words and motion tokens.
        model: folder to write to.
        weights: all weights by name if they are not all in `base`, as under FSDP; then those in
            memory stay as they are.
    """
    if weights:
        base = LlamaForCausalLM(base.config)
        base.load_state_dict(weights)
    base.bfloat16().save_pretrained(model.base)
    base.float()
    vocabulary.save(model.base)


def save_adapter(
    adapted: PeftModel, model: ModelFolder, weights: dict[str, Tensor] | None = None
) -> None:
    """Write an adapter that names its base by folder, not by where it was trained.

    Rows of new tokens are in the adapter already; the other embeddings stay with the base.

    Args:
        adapted: base and adapter.
        model: folder to write to.
        weights: all weights by name if they are not all in `adapted`, as under FSDP.
    """
    adapted.save_pretrained(
        str(model.adapter), save_embedding_layers=False, state_dict=weights or None
    )
    path = model.adapter / "adapter_config.json"
    config = json.loads(path.read_text())
    path.write_text(json.dumps({**config, "base_model_name_or_path": "../base"}, indent=2) + "\n")
    (model.adapter / "README.md").unlink(missing_ok=True)  # PEFT's empty form

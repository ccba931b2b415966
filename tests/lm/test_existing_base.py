from pathlib import Path

import pytest
import torch
from tokenizers import Tokenizer, models, pre_tokenizers, trainers
from transformers import GPT2Config, LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from motiongpt.errors import LanguageModelError
from motiongpt.lm.base import LoraSize, add_lora, open_base
from motiongpt.lm.batches import SequenceMaker
from motiongpt.lm.corpus import Example, Variant
from motiongpt.lm.decoding import Sampling
from motiongpt.lm.language_model import LanguageModel
from motiongpt.lm.prompts import Instruction
from motiongpt.lm.train import Optimization, train_stage
from motiongpt.model_folder import ModelFolder
from motiongpt.motion.dataset import Caption
from motiongpt.train import save_adapter, save_base
from tests.lm.conftest import CAPTIONS

ANSWERS = {"walk forward": (1, 2, 3, 4, 5, 6), "he bows": (9, 8, 7, 9, 8, 7, 9)}


def _make_base(folder: Path, tied: bool) -> Path:
    """A LLaMA as others publish it: its own token names, no pad, no motion tokens."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel()
    names = ["<|begin|>", "<|end|>"]
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=300, special_tokens=names, initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator(CAPTIONS, trainer)
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token=names[0], eos_token=names[1]
    )
    fast.save_pretrained(folder)
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(fast),
        hidden_size=32,
        intermediate_size=48,
        num_hidden_layers=2,
        num_attention_heads=2,
        max_position_embeddings=128,
        tie_word_embeddings=tied,
    )
    LlamaForCausalLM(config).save_pretrained(folder)
    return folder


@pytest.mark.parametrize("tied", [True, False])
def test_an_existing_llama_learns_by_lora_alone(tmp_path: Path, tied: bool) -> None:
    source = _make_base(tmp_path / "source", tied)
    base, vocabulary, new = open_base(str(source), CAPTIONS, n_codes=16)
    before = {name: p.clone() for name, p in base.named_parameters()}
    folder = ModelFolder(tmp_path / "model")
    save_base(base, vocabulary, folder)
    examples = [Example((Caption(text),), (Variant(tokens),)) for text, tokens in ANSWERS.items()]
    maker = SequenceMaker(examples, [], vocabulary, corrupted_share=0.0, varied=False)
    adapted = add_lora(base, LoraSize(r=16, alpha=32, dropout=0.0), new)
    options = Optimization(400, batch=8, learning_rate=1e-2, warmup=5, bf16=False)
    train_stage(adapted, maker, maker, "lora", tmp_path, options)
    save_adapter(adapted, folder)
    for name, parameter in LlamaForCausalLM.from_pretrained(folder.base).named_parameters():
        assert torch.equal(parameter, before[name].to(torch.bfloat16).to(parameter.dtype))
    loaded = LanguageModel.load(folder.base, folder.adapter, n_codes=16)
    greedy = Sampling(temperature=0, min_tokens=1, max_tokens=20)
    for text, tokens in ANSWERS.items():
        assert tuple(loaded.stream(Instruction(text), greedy)) == tokens


def test_what_is_no_llama_is_refused(tmp_path: Path) -> None:
    GPT2Config().save_pretrained(tmp_path)
    with pytest.raises(LanguageModelError, match="type 'gpt2'; allowed: llama"):
        open_base(str(tmp_path), CAPTIONS, 16)


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LanguageModelError, match="no readable base"):
        open_base(str(tmp_path), CAPTIONS, 16)

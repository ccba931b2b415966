"""Decoding speed of the shipped language model, beside transformers' own `generate()`."""

import torch
from transformers import LlamaForCausalLM

from benchmarks.timing import Row, best_time
from motiongpt.lm import vocabulary as v
from motiongpt.lm.decoding import Sampling, motion_engine, stream_tokens
from motiongpt.lm.language_model import load_llama
from motiongpt.lm.prompts import Instruction, prompt_ids
from motiongpt.lm.vocabulary import Vocabulary
from motiongpt.model_folder import find_model
from motiongpt.tokenizer.motion_tokenizer import MotionTokenizer

N_TOKENS = 50
"""Of one answer: 10 s of motion."""


def _generate(model: LlamaForCausalLM, prompt: list[int]) -> None:
    """What a user of transformers would write: greedy, with its cache."""
    ids = torch.tensor([prompt])
    model.generate(
        ids,
        attention_mask=torch.ones_like(ids),
        max_new_tokens=N_TOKENS,
        min_new_tokens=N_TOKENS,
        do_sample=False,
    )


def measure() -> list[Row]:
    """Time 10 s of motion with the same weights and prompt."""
    folder = find_model("default")
    n_codes = MotionTokenizer.load(folder.tokenizer).n_codes
    vocabulary = Vocabulary.load(folder.base, n_codes)
    model = load_llama(folder.base, folder.adapter, vocabulary.size)
    model.generation_config.pad_token_id = vocabulary.marker_id(v.PAD)
    text = "a person walks forward and waves with the right hand"
    prompt = prompt_ids(Instruction(text), vocabulary)
    sampling = Sampling(min_tokens=N_TOKENS, max_tokens=N_TOKENS)
    theirs = best_time(lambda: _generate(model, prompt), 3)
    engine = motion_engine(model, vocabulary)
    ours = best_time(lambda: list(stream_tokens(engine, vocabulary, prompt, sampling)))
    first = best_time(lambda: next(stream_tokens(engine, vocabulary, prompt, sampling)))
    return [
        ("10 s of motion, our engine", f"{1000 * ours:.0f} ms"),
        ("the same, transformers' generate()", f"{1000 * theirs:.0f} ms"),
        ("ratio", f"{theirs / ours:.1f}"),
        ("first token", f"{1000 * first:.1f} ms"),
    ]

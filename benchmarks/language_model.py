"""Decoding speed of the shipped language model, beside transformers' own `generate()`."""

import torch
from transformers import LlamaForCausalLM

from benchmarks.timing import Row, best_time
from motiongpt.lm.decoding import Sampling, make_engine, stream_tokens
from motiongpt.lm.language_model import load_codec, load_llama
from motiongpt.lm.prompts import Instruction
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
    codec = load_codec(folder.base, n_codes)
    model = load_llama(folder.base, folder.adapter, max(codec.answers) + 1)
    model.generation_config.pad_token_id = codec.answers[-1]
    text = "a person walks forward and waves with the right hand"
    prompt = codec.prompt_ids(Instruction(text))
    sampling = Sampling(min_tokens=N_TOKENS, max_tokens=N_TOKENS)
    theirs = best_time(lambda: _generate(model, prompt), 3)
    engine = make_engine(model, codec)
    ours = best_time(lambda: list(stream_tokens(engine, codec, prompt, sampling)))
    first = best_time(lambda: next(stream_tokens(engine, codec, prompt, sampling)))
    return [
        ("10 s of motion, our engine", f"{1000 * ours:.0f} ms"),
        ("the same, transformers' generate()", f"{1000 * theirs:.0f} ms"),
        ("ratio", f"{theirs / ours:.1f}"),
        ("first token", f"{1000 * first:.1f} ms"),
    ]

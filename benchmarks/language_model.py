"""Decoding speed of the shipped language model, beside other programs with the same weights."""

from itertools import permutations

import torch
from transformers import LlamaForCausalLM

from benchmarks.gguf_file import QUANTIZATIONS
from benchmarks.llama_cpp import LlamaCpp, missing_packages
from benchmarks.timing import Row, best_cpu_times
from motiongpt.check.commands import COMMANDS
from motiongpt.lm.codec import Codec
from motiongpt.lm.cpu_engine import CpuEngine
from motiongpt.lm.decoding import Sampling, stream_tokens
from motiongpt.lm.engine import Engine
from motiongpt.lm.model_files import load_codec, load_llama
from motiongpt.lm.prompts import Instruction
from motiongpt.model_folder import find_model
from motiongpt.tokenizer.motion_tokenizer import MotionTokenizer

N_TOKENS = 50
"""Of one answer: 10 s of motion."""

N_ROWS = 8
"""Samples of one prompt that are drawn together."""

REPEATS = 5

FULL = Sampling(guidance=1.0, min_tokens=N_TOKENS, max_tokens=N_TOKENS)
"""The most likely tokens, without an end."""

TEXT = "a person walks forward and waves with the right hand"


def measure() -> list[Row]:
    """Time 10 s of motion, most likely tokens, with the same weights and prompt."""
    codec, model = _load()
    model.generation_config.pad_token_id = codec.answers[-1]
    asked = Instruction(TEXT)
    prompt = codec.prompt_ids(asked)
    engine = CpuEngine(model, codec.answers)
    single = CpuEngine(model, codec.answers, "float32")
    fresh = [CpuEngine(model, codec.answers) for _ in range(REPEATS)]
    codes = codec.answers[:-1]
    others = {} if missing_packages() else {q: LlamaCpp(model, codes, q) for q in QUANTIZATIONS}
    seconds = best_cpu_times(
        {
            "ours": lambda: _stream(engine, codec, asked),
            "float32": lambda: _stream(single, codec, asked),
            "generate": lambda: _generate(model, prompt),
            "first": lambda: next(stream_tokens(fresh.pop(), codec, asked, FULL)),
            "known": lambda: next(stream_tokens(engine, codec, asked, FULL)),
            "rows": lambda: _read_rows(engine, prompt, codes[0]),
            **{q: lambda m=m: m.generate(prompt, N_TOKENS) for q, m in others.items()},
            **{
                f"{q}, Python": lambda m=m: m.generate_as_users_do(prompt, N_TOKENS)
                for q, m in others.items()
            },
        },
        repeats=REPEATS,
    )
    ms = {name: f"{1000 * time:.1f} ms" for name, time in seconds.items()}
    ratio = {name: f"{seconds['generate'] / time:.1f}" for name, time in seconds.items()}
    ours = [codes[token] for token in _stream(engine, codec, asked)]
    same = {
        name: sum(a == b for a, b in zip(other.generate(prompt, N_TOKENS), ours, strict=True))
        for name, other in others.items()
    }
    return [
        (f"10 s of motion, our engine, weights in {engine.precision}", ms["ours"]),
        ("the same, weights in float32", ms["float32"]),
        ("the same, transformers' generate() in float32", ms["generate"]),
        (f"generate() / ours, {engine.precision}", ratio["ours"]),
        ("generate() / ours, float32", ratio["float32"]),
        *_llama_cpp_rows(seconds, same),
        ("first token of a new prompt", ms["first"]),
        ("first token of a known prompt", ms["known"]),
        (f"{N_ROWS} samples of one prompt side by side", ms["rows"]),
        *_agreement(engine, single, codec),
    ]


def _llama_cpp_rows(seconds: dict[str, float], same: dict[str, int]) -> list[Row]:
    """Times of llama.cpp and how many of its tokens are ours, by quantization."""
    if not same:
        return [("the same, llama.cpp", "skipped; `pip install -r requirements-bench.txt`")]

    def spent(name: str) -> str:
        return f"{1000 * seconds[name]:.1f} ms ({seconds[name] / seconds['ours']:.2f} of ours)"

    return [
        (
            f"the same, llama.cpp {name}",
            f"{spent(name)} by its C interface, {spent(f'{name}, Python')} by "
            f"llama-cpp-python's generate(); {n} of {N_TOKENS} tokens as ours",
        )
        for name, n in same.items()
    ]


def _load() -> tuple[Codec, LlamaForCausalLM]:
    folder = find_model("default")
    codec = load_codec(folder.base, MotionTokenizer.load(folder.tokenizer).n_codes)
    return codec, load_llama(folder.base, folder.adapter, max(codec.answers) + 1)


def _stream(engine: Engine, codec: Codec, asked: Instruction) -> list[int]:
    """Our way, the prompt being new."""
    engine.forget_prompts()
    return list(stream_tokens(engine, codec, asked, FULL))


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


def _read_rows(engine: Engine, prompt: list[int], token_id: int) -> None:
    """The engine's part of drawing some samples of a prompt."""
    reading = engine.start(len(prompt) + N_TOKENS, N_ROWS)
    engine.read(reading, [prompt] * N_ROWS)
    for _ in range(N_TOKENS - 1):
        engine.read(reading, [[token_id]] * N_ROWS)


def _agreement(engine: CpuEngine, exact: CpuEngine, codec: Codec) -> list[Row]:
    """Do both draw the same, and how far are the logits apart when both read the same?"""
    texts = [command.text for command in COMMANDS]
    texts += [f"{one} and {other}" for one, other in permutations(texts[::2], 2)]
    texts += [f"{one} then {other}" for one, other in permutations(texts[1:8:2], 2)]
    same, furthest = 0, 0.0
    for text in texts:
        asked = Instruction(text)
        prompt = codec.prompt_ids(asked)
        drawn = [list(stream_tokens(e, codec, asked, Sampling())) for e in (engine, exact)]
        same += drawn[0] == drawn[1]
        ids = [[codec.answers[token]] for token in drawn[1]]
        readings = [e.start(len(prompt) + len(ids)) for e in (engine, exact)]
        for step in [prompt, *ids]:
            pair = zip((engine, exact), readings, strict=True)
            one, other = (e.read(reading, [step]) for e, reading in pair)
            furthest = max(furthest, float((one - other).abs().max()))
    return [
        (f"{engine.precision} draws the same tokens as float32", f"{same} of {len(texts)} texts"),
        ("largest difference of a logit", f"{furthest:.4f}"),
    ]

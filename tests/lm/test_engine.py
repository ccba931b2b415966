import functools
import gc
import threading
import weakref
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from transformers import LlamaConfig, LlamaForCausalLM

from motiongpt.check.commands import COMMANDS
from motiongpt.errors import LanguageModelError
from motiongpt.lm.cpu_engine import CpuEngine
from motiongpt.lm.decoding import Sampling, stream_tokens
from motiongpt.lm.engine import LEAST_SHARED, Engine
from motiongpt.lm.model_files import load_codec, load_llama
from motiongpt.lm.projection import choose_projection
from motiongpt.lm.prompts import Instruction
from motiongpt.lm.torch_engine import LlamaEngine
from motiongpt.model_folder import find_model
from motiongpt.tokenizer.motion_tokenizer import MotionTokenizer

KINDS = {
    "plain": {},
    "grouped queries": {"num_key_value_heads": 2},
    "biases": {"attention_bias": True, "mlp_bias": True},
    "own head size": {"head_dim": 16},
    "tied embeddings": {"tie_word_embeddings": True},
    "stretched positions": {
        "rope_parameters": {
            "rope_type": "llama3",
            "rope_theta": 500000.0,
            "factor": 8.0,
            "low_freq_factor": 1.0,
            "high_freq_factor": 4.0,
            "original_max_position_embeddings": 16,
        }
    },
}


def small_llama(**changes: object) -> LlamaForCausalLM:
    torch.manual_seed(0)
    sizes = {
        "vocab_size": 60,
        "hidden_size": 32,
        "intermediate_size": 48,
        "num_hidden_layers": 3,
        "num_attention_heads": 4,
        "max_position_embeddings": 64,
        "initializer_range": 0.3,
    }
    model = LlamaForCausalLM(LlamaConfig(**{**sizes, **changes})).eval()
    for name, parameter in model.named_parameters():
        if name.endswith("bias") or "norm" in name:
            torch.nn.init.normal_(parameter, 1.0, 0.3)
    return model


HAS_HALF = choose_projection(None)[0] == "float16"
ENGINES = {
    "torch": LlamaEngine,
    "cpu": functools.partial(CpuEngine, precision="float32"),
    "cpu, float16": functools.partial(CpuEngine, precision="float16"),
}
TOLERANCE = {"torch": 1e-4, "cpu": 1e-4, "cpu, float16": 2e-2}
ALL = pytest.mark.parametrize(
    "name",
    [
        pytest.param(
            name,
            marks=pytest.mark.skipif(
                "16" in name and not HAS_HALF, reason="this machine has no FBGEMM"
            ),
        )
        for name in ENGINES
    ],
)
EVERY = list(range(60))


def _engine(name: str, model: LlamaForCausalLM, answers: list[int] = EVERY) -> Engine:
    return ENGINES[name](model, answers)


def _alone(engine: Engine, parts: list[list[int]]) -> list[Tensor]:
    """Logits after each part of one row."""
    reading = engine.start(sum(map(len, parts)))
    return [engine.read(reading, [part])[0] for part in parts]


@ALL
@pytest.mark.parametrize("kind", KINDS)
def test_logits_are_those_of_transformers_however_the_tokens_come(kind: str, name: str) -> None:
    model = small_llama(**KINDS[kind])
    ids = torch.randint(60, (40,)).tolist()
    answers = [3, 50, 7]
    with torch.inference_mode():
        expected = model(torch.tensor([ids])).logits[0][:, answers]
        engine = _engine(name, model, answers)
        reading, at = engine.start(40), 0
        for n in (1, 9, 1, 1, 20, 8):
            logits = engine.read(reading, [ids[at : at + n]])
            at += n
            assert torch.allclose(logits[0], expected[at - 1], atol=TOLERANCE[name])
        after = model(torch.tensor([ids])).logits[0][:, answers]
    assert at == reading.length == 40
    # The model still works.
    assert torch.allclose(after, expected, atol=1e-5)


@ALL
@pytest.mark.parametrize("kind", ["plain", "grouped queries"])
def test_rows_side_by_side_are_read_as_each_alone(kind: str, name: str) -> None:
    engine = _engine(name, small_llama(**KINDS[kind]))
    prompts = [[5, 6, 7, 8, 9], [4], [5, 6, 7], [5, 6, 7, 8, 9]]
    later = [[[1], [2], [3], [7]], [[11, 12], [13, 14], [15, 16], [17, 18]], [[3]] * 4]
    reading = engine.start(9, n_rows=4)
    found = [engine.read(reading, ids) for ids in (prompts, *later)]
    for row, prompt in enumerate(prompts):
        alone = _alone(engine, [prompt, *(ids[row] for ids in later)])
        for step, expected in enumerate(alone):
            assert torch.allclose(found[step][row], expected, atol=1e-5)
    assert reading.length == 9


@ALL
def test_rows_can_be_dropped_and_repeated(name: str) -> None:
    engine = _engine(name, small_llama())
    prompts = [[1, 2, 3], [4, 5], [6]]
    reading = engine.start(6, n_rows=3)
    engine.read(reading, prompts)
    some = reading.take([2, 0, 2])
    assert some.n_rows == 3
    ids = [[10], [11], [12]]
    found = engine.read(some, ids)
    for row, source in enumerate([2, 0, 2]):
        expected = _alone(engine, [prompts[source], ids[row]])[-1]
        assert torch.allclose(found[row], expected, atol=1e-5)
    # The reading they come from goes on as if nothing had been taken.
    assert torch.allclose(
        engine.read(reading, [[1], [2], [3]])[1],
        _alone(engine, [prompts[1], [2]])[-1],
        atol=1e-5,
    )


@ALL
def test_two_readings_do_not_disturb_each_other(name: str) -> None:
    engine = _engine(name, small_llama())
    one, other = engine.start(10), engine.start(30)
    engine.read(one, [[1, 2, 3]])
    engine.read(other, [[9, 8, 7, 6]])
    alone = engine.start(10)
    engine.read(alone, [[1, 2, 3]])
    assert torch.equal(engine.read(one, [[4]]), engine.read(alone, [[4]]))


def _count_tokens(engine: Engine) -> list[int]:
    """Let an engine tell how many tokens each computation is about."""
    counts, original = [], engine._read

    def read(reading, ids):
        counts.append(sum(map(len, ids)))
        return original(reading, ids)

    engine._read = read
    return counts


@ALL
def test_what_a_prompt_shares_with_an_earlier_one_is_not_read_again(name: str) -> None:
    model = small_llama()
    engine = _engine(name, model)
    counts = _count_tokens(engine)
    long = list(range(1, LEAST_SHARED + 1))
    prompts = [[*long, 4, 5], [*long, 9], [7, 8], [*long, 9, 10], long, long[1:], [7, 9]]
    for prompt in prompts:
        # An engine of its own, which knows no other prompt, gives the same.
        expected = _alone(_engine(name, model), [prompt, [20], [21]])
        for found, wanted in zip(_alone(engine, [prompt, [20], [21]]), expected, strict=True):
            assert torch.allclose(found, wanted, atol=1e-5)
    assert [n for at, n in enumerate(counts) if at % 3 == 0] == [18, 1, 2, 1, 1, 15, 2]


@ALL
def test_a_known_prompt_costs_nothing_and_gives_the_very_same(name: str) -> None:
    engine = _engine(name, small_llama())
    first = _alone(engine, [[1, 2, 3, 4], [5]])
    counts = _count_tokens(engine)
    again = _alone(engine, [[1, 2, 3, 4], [5]])
    assert counts == [1]
    assert all(torch.equal(a, b) for a, b in zip(first, again, strict=True))
    reading = engine.start(10, n_rows=8)
    logits = engine.read(reading, [[1, 2, 3, 4]] * 8)
    assert counts == [1]
    assert torch.equal(logits, first[0].expand(8, -1))
    engine.forget_prompts()
    _alone(engine, [[1, 2, 3, 4]])
    assert counts == [1, 4]


@ALL
def test_known_prompts_take_no_more_than_one_context(name: str) -> None:
    engine = _engine(name, small_llama())
    for first in range(20):
        _alone(engine, [[first] * 10])
    prompts = engine._prompts._prompts
    assert sum(len(prompt.ids) for prompt in prompts) <= engine.context
    assert [prompt.ids[0] for prompt in prompts] == [19, 18, 17, 16, 15, 14]
    assert all(prompt.cache.shape[-2] == 10 for prompt in prompts)


@ALL
def test_threads_may_read_with_one_engine(name: str) -> None:
    engine = _engine(name, small_llama())
    prompts = [[row, *range(10)] for row in range(4)]
    expected = [_alone(engine, [prompt, [3]])[-1] for prompt in prompts]
    failed: list[int] = []

    def work(row: int) -> None:
        for _ in range(20):
            found = _alone(engine, [prompts[row], [3]])[-1]
            if not torch.allclose(found, expected[row], atol=1e-5):
                failed.append(row)

    threads = [threading.Thread(target=work, args=(row,)) for row in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed


def test_the_torch_engine_keeps_no_weight_twice() -> None:
    model = small_llama()
    engine = LlamaEngine(model, [0])
    whole = engine._blocks[0].qkv.weight
    attention = model.model.layers[0].self_attn
    for layer in (attention.q_proj, attention.k_proj, attention.v_proj):
        assert layer.weight.untyped_storage().data_ptr() == whole.untyped_storage().data_ptr()


def test_the_cpu_engine_does_not_need_the_model_any_more() -> None:
    model = small_llama()
    engine = CpuEngine(model, EVERY)
    expected = _alone(engine, [[1, 2, 3]])
    weights = weakref.ref(model.model.layers[0].mlp.up_proj.weight)
    embeddings = weakref.ref(model.model.embed_tokens.weight)
    del model
    gc.collect()
    assert weights() is None and embeddings() is None
    assert torch.equal(_alone(engine, [[1, 2, 3]])[0], expected[0])


@pytest.mark.skipif(not HAS_HALF, reason="this machine has no FBGEMM")
def test_the_shipped_model_draws_the_same_tokens_with_float16() -> None:
    folder = find_model("default")
    codec = load_codec(folder.base, MotionTokenizer.load(folder.tokenizer).n_codes)
    model = load_llama(folder.base, folder.adapter, max(codec.answers) + 1)
    exact = CpuEngine(model, codec.answers, "float32")
    half = CpuEngine(model, codec.answers)
    assert half.precision == "float16"
    for command in COMMANDS[::2]:
        asked = Instruction(command.text)
        drawn = [list(stream_tokens(e, codec, asked, Sampling())) for e in (exact, half)]
        assert drawn[0] == drawn[1]


class _EightBitLinear(nn.Linear):
    """A layer with 8-bit weights and a scale a row, as quantizing libraries make them."""

    def __init__(self, layer: nn.Linear) -> None:
        super().__init__(layer.in_features, layer.out_features, bias=False)
        scale = layer.weight.data.abs().amax(1, keepdim=True) / 127
        self.scale = nn.Parameter(scale, requires_grad=False)
        rounded = (layer.weight.data / scale).round().to(torch.int8)
        self.weight = nn.Parameter(rounded, requires_grad=False)

    def forward(self, x: Tensor) -> Tensor:
        return nn.functional.linear(x, self.weight * self.scale)


def _quantize(model: LlamaForCausalLM, make: Callable[[nn.Linear], nn.Linear]) -> None:
    for module in list(model.modules()):
        for name, child in list(module.named_children()):
            if type(child) is nn.Linear:
                setattr(module, name, make(child))


def test_the_torch_engine_runs_layers_whose_weights_are_not_plain() -> None:
    model = small_llama()
    _quantize(model, _EightBitLinear)
    ids, answers = torch.randint(60, (12,)).tolist(), [3, 50, 7]
    with torch.inference_mode():
        expected = model(torch.tensor([ids])).logits[0, -1, answers]
    found = _alone(LlamaEngine(model, answers), [ids[:9], ids[9:11], ids[11:]])[-1]
    assert torch.allclose(found, expected, atol=1e-4)


@ALL
def test_more_than_the_context_or_the_capacity_is_refused(name: str) -> None:
    engine = _engine(name, small_llama())
    with pytest.raises(LanguageModelError, match="65 tokens; the context has 64"):
        engine.start(65)
    with pytest.raises(LanguageModelError, match="0 rows; allowed: 1 or more"):
        engine.start(4, n_rows=0)
    reading = engine.start(4)
    engine.read(reading, [[1, 2, 3]])
    with pytest.raises(LanguageModelError, match="2 tokens after 3; allowed: 1 to 1"):
        engine.read(reading, [[1, 2]])


@ALL
def test_ids_that_do_not_fit_the_rows_are_refused(name: str) -> None:
    engine = _engine(name, small_llama())
    reading = engine.start(9, n_rows=2)
    with pytest.raises(LanguageModelError, match="ids for 3 rows; the reading has 2"):
        engine.read(reading, [[1], [2], [3]])
    with pytest.raises(LanguageModelError, match="0 tokens after 0; allowed: 1 to 9"):
        engine.read(reading, [[1], []])
    engine.read(reading, [[1, 2], [3]])
    with pytest.raises(LanguageModelError, match="rows of 1, 2 tokens after the prompts"):
        engine.read(reading, [[1], [2, 3]])
    for rows in ([], [2], [-1]):
        with pytest.raises(LanguageModelError, match="allowed: some of 0 to 1"):
            reading.take(rows)

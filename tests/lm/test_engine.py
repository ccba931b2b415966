import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM

from motiongpt.errors import LanguageModelError
from motiongpt.lm.cpu_engine import CpuEngine
from motiongpt.lm.engine import LlamaEngine

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


def _model(**changes: object) -> LlamaForCausalLM:
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


BOTH = pytest.mark.parametrize("make_engine", [LlamaEngine, CpuEngine])


@BOTH
@pytest.mark.parametrize("kind", KINDS)
def test_logits_are_those_of_transformers_however_the_tokens_come(
    kind: str, make_engine: type[LlamaEngine] | type[CpuEngine]
) -> None:
    model = _model(**KINDS[kind])
    ids = torch.randint(60, (40,)).tolist()
    answers = [3, 50, 7]
    with torch.inference_mode():
        expected = model(torch.tensor([ids])).logits[0][:, answers]
        engine = make_engine(model, answers)
        reading, at = engine.start(40), 0
        for n in (1, 9, 1, 1, 20, 8):
            logits = engine.read(reading, ids[at : at + n])
            at += n
            assert torch.allclose(logits, expected[at - 1], atol=1e-4)
        after = model(torch.tensor([ids])).logits[0][:, answers]
    assert at == reading.length == 40
    # The model shares its weights and still works.
    assert torch.allclose(after, expected, atol=1e-5)


@BOTH
def test_two_readings_do_not_disturb_each_other(
    make_engine: type[LlamaEngine] | type[CpuEngine],
) -> None:
    engine = make_engine(_model(), list(range(60)))
    one, other = engine.start(10), engine.start(30)
    engine.read(one, [1, 2, 3])
    engine.read(other, [9, 8, 7, 6])
    alone = engine.start(10)
    engine.read(alone, [1, 2, 3])
    assert torch.equal(engine.read(one, [4]), engine.read(alone, [4]))


@BOTH
def test_weights_are_not_kept_twice(make_engine: type[LlamaEngine] | type[CpuEngine]) -> None:
    model = _model()
    engine = make_engine(model, [0])
    whole = torch.as_tensor(engine._blocks[0].qkv.weight)
    attention = model.model.layers[0].self_attn
    for layer in (attention.q_proj, attention.k_proj, attention.v_proj):
        assert layer.weight.untyped_storage().data_ptr() == whole.untyped_storage().data_ptr()


@BOTH
def test_more_than_the_context_or_the_capacity_is_refused(
    make_engine: type[LlamaEngine] | type[CpuEngine],
) -> None:
    engine = make_engine(_model(), [0])
    with pytest.raises(LanguageModelError, match="65 tokens; the context has 64"):
        engine.start(65)
    reading = engine.start(4)
    engine.read(reading, [1, 2, 3])
    with pytest.raises(LanguageModelError, match="2 tokens after 3; allowed: 1 to 1"):
        engine.read(reading, [1, 2])

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from motiongpt.errors import LanguageModelError
from motiongpt.lm.codec import VocabularyCodec
from motiongpt.lm.decoding import Sampling, draw_token, make_engine, stream_tokens
from motiongpt.lm.prompts import Instruction, Task, prompt_ids
from motiongpt.lm.train import make_base
from motiongpt.lm.vocabulary import Vocabulary
from tests.lm.conftest import TINY, stream


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    seed=st.integers(0, 10_000),
    temperature=st.sampled_from([0.0, 0.5, 1.0, 100.0]),
    top_k=st.integers(0, 20),
    top_p=st.floats(0.01, 1.0),
    least=st.integers(1, 6),
    more=st.integers(0, 6),
)
def test_with_any_weights_the_answer_is_valid(
    vocabulary: Vocabulary, seed, temperature, top_k, top_p, least, more
) -> None:
    model = make_base(vocabulary, TINY, seed=seed).eval()
    sampling = Sampling(temperature, top_k, top_p, least, least + more, seed)
    prompt = prompt_ids(Instruction("walk forward"), vocabulary)
    tokens = list(stream(model, vocabulary, prompt, sampling))
    assert least <= len(tokens) <= least + more
    assert all(0 <= token < 16 for token in tokens)


def test_the_same_seed_gives_the_same_motion_and_another_seed_another(
    model, vocabulary: Vocabulary
) -> None:
    prompt = prompt_ids(Instruction("bow"), vocabulary)

    def tokens(seed: int) -> list[int]:
        sampling = Sampling(1.0, 0, 1.0, 20, 20, seed)
        return list(stream(model, vocabulary, prompt, sampling))

    assert tokens(1) == tokens(1)
    assert tokens(1) != tokens(2)


def test_cached_steps_agree_with_reading_everything_again(model, vocabulary: Vocabulary) -> None:
    prompt = prompt_ids(Instruction("bow"), vocabulary)
    sampling = Sampling(temperature=0, min_tokens=8, max_tokens=8)
    tokens = list(stream(model, vocabulary, prompt, sampling))
    ids = list(prompt)
    first = vocabulary.first_motion_id
    for token in tokens:
        with torch.no_grad():
            logits = model(input_ids=torch.tensor([ids])).logits[0, -1, first : first + 16]
        assert int(logits.argmax()) == token
        ids.append(first + token)


def test_the_first_token_comes_before_the_second_is_computed(
    model, vocabulary: Vocabulary
) -> None:
    engine, read = make_engine(model, VocabularyCodec(vocabulary)), []
    original = engine.read
    engine.read = lambda reading, ids: read.append(len(ids[0])) or original(reading, ids)
    prompt = prompt_ids(Instruction("bow"), vocabulary)
    tokens = stream_tokens(engine, VocabularyCodec(vocabulary), prompt, Sampling())
    next(tokens)
    assert read == [len(prompt)]
    next(tokens)
    assert read == [len(prompt), 1]


def test_the_most_likely_token_wins_at_temperature_zero_and_top_k_one() -> None:
    logits = torch.tensor([0.0, 3.0, 1.0])
    generator = torch.Generator().manual_seed(0)
    for sampling in (Sampling(temperature=0), Sampling(top_k=1), Sampling(top_p=0.01)):
        assert {draw_token(logits, sampling, generator) for _ in range(20)} == {1}


def test_a_prompt_beyond_the_context_is_refused(model, vocabulary: Vocabulary) -> None:
    prompt = prompt_ids(Instruction("walk " * 60), vocabulary)
    with pytest.raises(LanguageModelError, match="context of 128"):
        next(stream(model, vocabulary, prompt, Sampling(max_tokens=100)))


def test_broken_weights_are_refused(model, vocabulary: Vocabulary) -> None:
    model.model.norm.weight.data.fill_(torch.nan)
    with pytest.raises(LanguageModelError, match="not finite"):
        next(
            stream(
                model,
                vocabulary,
                prompt_ids(Instruction("bow"), vocabulary),
                Sampling(),
            )
        )


@pytest.mark.parametrize(
    "wrong", [{"temperature": -1}, {"top_k": -1}, {"top_p": 0}, {"min_tokens": 0}]
)
def test_sampling_out_of_range_names_the_option(wrong: dict) -> None:
    with pytest.raises(LanguageModelError, match=next(iter(wrong))):
        Sampling(**wrong)


def test_conditions_must_fit_the_task_and_the_codebook(vocabulary: Vocabulary) -> None:
    with pytest.raises(LanguageModelError, match="allowed: none"):
        Instruction("bow", Task.TEXT, (1,))
    with pytest.raises(LanguageModelError, match="at least one"):
        Instruction("bow", Task.KEYS)
    with pytest.raises(LanguageModelError, match="condition token 16"):
        prompt_ids(Instruction("bow", Task.LAST, (16,)), vocabulary)

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from motiongpt.errors import LanguageModelError
from motiongpt.lm.base import make_base
from motiongpt.lm.codec import Bounds, VocabularyCodec
from motiongpt.lm.decoding import Sampling, draw_token, make_engine, stream_samples, stream_tokens
from motiongpt.lm.prompts import Given, Instruction, KeyToken, prompt_ids
from motiongpt.lm.vocabulary import Vocabulary
from tests.lm.conftest import TINY, check_given, conditions, stream


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
    instruction = Instruction("walk forward")
    tokens = list(stream(model, vocabulary, instruction, sampling))
    assert least <= len(tokens) <= least + more
    assert all(0 <= token < 16 for token in tokens)


def test_the_same_seed_gives_the_same_motion_and_another_seed_another(
    model, vocabulary: Vocabulary
) -> None:
    instruction = Instruction("bow")

    def tokens(seed: int) -> list[int]:
        sampling = Sampling(1.0, 0, 1.0, 20, 20, seed)
        return list(stream(model, vocabulary, instruction, sampling))

    assert tokens(1) == tokens(1)
    assert tokens(1) != tokens(2)


def test_cached_steps_agree_with_reading_everything_again(model, vocabulary: Vocabulary) -> None:
    instruction = Instruction("bow")
    sampling = Sampling(temperature=0, min_tokens=8, max_tokens=8)
    tokens = list(stream(model, vocabulary, instruction, sampling))
    ids = prompt_ids(instruction, vocabulary)
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
    instruction = Instruction("bow")
    n = len(prompt_ids(instruction, vocabulary))
    tokens = stream_tokens(engine, VocabularyCodec(vocabulary), instruction, Sampling())
    next(tokens)
    assert read == [n]
    next(tokens)
    assert read == [n, 1]


def test_the_most_likely_token_wins_at_temperature_zero_and_top_k_one() -> None:
    logits = np.array([0.0, 3.0, 1.0])
    rng = np.random.default_rng(0)
    for sampling in (Sampling(temperature=0), Sampling(top_k=1), Sampling(top_p=0.01)):
        assert {draw_token(logits, sampling, rng) for _ in range(20)} == {1}


def test_tokens_are_drawn_as_often_as_they_are_likely() -> None:
    logits, rng = np.log([0.5, 0.3, 0.15, 0.05]), np.random.default_rng(0)
    for sampling, expected in (
        (Sampling(1.0, 0, 1.0), [0.5, 0.3, 0.15, 0.05]),
        (Sampling(1.0, 2, 1.0), [0.625, 0.375, 0, 0]),
        (Sampling(1.0, 0, 0.6), [0.625, 0.375, 0, 0]),
        (Sampling(0.5, 0, 1.0), [0.25 / 0.365, 0.09 / 0.365, 0.0225 / 0.365, 0.0025 / 0.365]),
    ):
        drawn = [draw_token(logits, sampling, rng) for _ in range(4000)]
        assert np.allclose(np.bincount(drawn, minlength=4) / 4000, expected, atol=0.03)


def test_a_prompt_beyond_the_context_is_refused(model, vocabulary: Vocabulary) -> None:
    instruction = Instruction("walk " * 60)
    with pytest.raises(LanguageModelError, match="context of 128"):
        next(stream(model, vocabulary, instruction, Sampling(max_tokens=100)))


def test_broken_weights_are_refused(model, vocabulary: Vocabulary) -> None:
    model.model.norm.weight.data.fill_(torch.nan)
    with pytest.raises(LanguageModelError, match="not finite"):
        next(
            stream(
                model,
                vocabulary,
                Instruction("bow"),
                Sampling(),
            )
        )


@pytest.mark.parametrize(
    "wrong", [{"temperature": -1}, {"top_k": -1}, {"top_p": 0}, {"min_tokens": 0}]
)
def test_sampling_out_of_range_names_the_option(wrong: dict) -> None:
    with pytest.raises(LanguageModelError, match=next(iter(wrong))):
        Sampling(**wrong)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data(), seed=st.integers(0, 1000))
def test_what_is_given_stands_where_it_belongs(vocabulary: Vocabulary, data, seed: int) -> None:
    given, bounds = data.draw(conditions(16)), (data.draw(st.integers(1, 20)), 20)
    model = make_base(vocabulary, TINY, seed=seed).eval()
    sampling = Sampling(100.0, 0, 1.0, *bounds, seed)
    tokens = list(stream(model, vocabulary, Instruction("bow", given), sampling))
    check_given(tokens, given, *bounds)


def test_given_tokens_are_not_asked_for(model, vocabulary: Vocabulary) -> None:
    codec, read = VocabularyCodec(vocabulary), []
    engine = make_engine(model, codec)
    original = engine.read
    engine.read = lambda reading, ids: read.append(len(ids[0])) or original(reading, ids)
    instruction = Instruction("bow", Given(initial=(1, 2, 3), n_tokens=5, last=(4,)))
    tokens = list(stream_tokens(engine, codec, instruction, Sampling()))
    assert tokens[:3] == [1, 2, 3] and tokens[4] == 4
    assert read == [len(codec.prompt_ids(instruction)) + 3]


def test_an_end_that_the_model_began_is_not_said_twice() -> None:
    bounds = Bounds(1, 10, ending=(4, 5))
    assert bounds.missing((1, 2)) == (4, 5)
    assert bounds.missing((1, 4)) == (5,)
    assert bounds.missing((4, 5)) == ()
    assert Bounds(4, 10, ending=(4, 5)).missing((1, 4)) == (4, 5)  # or it would be too short


def test_what_is_given_must_fit() -> None:
    for wrong, message in (
        ({"n_tokens": 51}, "a length of 51 .* allowed: 1 to 50"),
        ({"n_tokens": 2, "initial": (1, 2), "last": (3,)}, "with 3 given .* allowed: 3 to 50"),
        ({"keys": (KeyToken(1, 5), KeyToken(2, 5))}, r"key tokens at \[5, 5\]"),
        ({"keys": (KeyToken(1, 0),), "initial": (1,)}, "a key token at 0; allowed: 1 to 49"),
    ):
        with pytest.raises(LanguageModelError, match=message):
            Given(**wrong)
    with pytest.raises(LanguageModelError, match="needs 9 motion tokens; allowed: up to 8"):
        Bounds.of(Given(keys=(KeyToken(1, 7),), last=(1,)), 1, 8)


def test_what_is_given_must_be_in_the_codebook(vocabulary: Vocabulary) -> None:
    with pytest.raises(LanguageModelError, match="given token 16; allowed: 0 to 15"):
        prompt_ids(Instruction("bow", Given(last=(16,))), vocabulary)


def test_the_prompt_says_what_is_given_in_order(vocabulary: Vocabulary) -> None:
    given = Given((1,), (2, 3), (KeyToken(4, 6), KeyToken(5)), 12)
    ids = prompt_ids(Instruction("", given), vocabulary)
    assert vocabulary.tokenizer.convert_ids_to_tokens(ids) == [
        *("<s>", "<length>", "<place_12>", "<initial>", "<motion_1>"),
        *("<last>", "<motion_2>", "<motion_3>", "<key>", "<place_7>", "<motion_4>"),
        *("<key>", "<motion_5>", "<response>"),
    ]


def test_guidance_asks_with_and_without_the_text(model, vocabulary: Vocabulary) -> None:
    codec = VocabularyCodec(vocabulary)
    engine = make_engine(model, codec)
    given = Given(initial=(1, 2))

    def logits(text: str) -> torch.Tensor:
        ids = codec.prompt_ids(Instruction(text, given)) + vocabulary.encode_motion((1, 2))
        return engine.read(engine.start(100), [ids])[0, :16]

    plain, silent = logits("bow"), logits("")
    for guidance in (0.0, 1.0, 2.5, 30.0):
        sampling = Sampling(min_tokens=3, max_tokens=3, guidance=guidance)
        tokens = list(stream_tokens(engine, codec, Instruction("bow", given), sampling))
        assert tokens[2] == int((silent + guidance * (plain - silent)).argmax())


def test_an_answer_can_be_left_at_any_token(model, vocabulary: Vocabulary) -> None:
    codec, read = VocabularyCodec(vocabulary), []
    engine = make_engine(model, codec)
    original = engine.read
    engine.read = lambda reading, ids: read.append(len(ids[0])) or original(reading, ids)
    tokens = stream_tokens(engine, codec, Instruction("bow"), Sampling(min_tokens=20))
    next(tokens)
    next(tokens)
    tokens.close()
    assert len(read) == 2


@pytest.mark.parametrize("guidance", [1.0, 2.0])
def test_samples_side_by_side_are_those_drawn_alone(
    model, vocabulary: Vocabulary, guidance: float
) -> None:
    codec = VocabularyCodec(vocabulary)
    engine = make_engine(model, codec)
    instruction = Instruction("bow", Given(initial=(1, 2), last=(3,)))
    sampling = Sampling(1.0, 0, 1.0, 4, 30, seed=5, guidance=guidance)
    answers: list[list[int]] = [[] for _ in range(6)]
    for k, indices in stream_samples(engine, codec, instruction, sampling, 6):
        answers[k].extend(indices)
    alone = [
        list(stream_tokens(engine, codec, instruction, replace(sampling, seed=5 + k)))
        for k in range(6)
    ]
    assert answers == alone
    assert len({len(answer) for answer in answers}) > 1  # they end at different places


def test_no_sample_is_refused(model, vocabulary: Vocabulary) -> None:
    codec = VocabularyCodec(vocabulary)
    with pytest.raises(LanguageModelError, match="0 answers are asked for"):
        next(stream_samples(make_engine(model, codec), codec, Instruction("bow"), Sampling(), 0))

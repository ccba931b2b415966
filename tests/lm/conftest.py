from collections.abc import Iterator

import pytest
from hypothesis import strategies as st
from transformers import LlamaForCausalLM

from motiongpt.lm.base import BaseSize, make_base
from motiongpt.lm.codec import VocabularyCodec
from motiongpt.lm.decoding import Sampling, make_engine, stream_tokens
from motiongpt.lm.prompts import Given, Instruction, KeyToken
from motiongpt.lm.vocabulary import Vocabulary, train_vocabulary

CAPTIONS = ["a person walks forward", "wave your right hand", "he turns left and bows"]
TINY = BaseSize(width=32, layers=2, heads=2, feed_forward=48, context=128)


@pytest.fixture(scope="session")
def vocabulary() -> Vocabulary:
    return train_vocabulary(CAPTIONS, n_codes=16, n_pieces=300)


@pytest.fixture
def model(vocabulary: Vocabulary):
    return make_base(vocabulary, TINY, seed=0).eval()


def stream(
    model: LlamaForCausalLM, vocabulary: Vocabulary, instruction: Instruction, sampling: Sampling
) -> Iterator[int]:
    """Code indices that a model answers in the compact form."""
    codec = VocabularyCodec(vocabulary)
    return stream_tokens(make_engine(model, codec), codec, instruction, sampling)


@st.composite
def conditions(draw, n_codes: int, published: bool = False) -> Given:
    """Any mix of what may be given within 12 tokens; the published form takes one kind."""
    codes = st.integers(0, n_codes - 1)
    kind = draw(st.sampled_from(["initial", "last", "keys"])) if published else None
    initial, last, keys = (), (), ()
    if kind in (None, "initial"):
        initial = tuple(draw(st.lists(codes, max_size=3)))
    if kind in (None, "last"):
        last = tuple(draw(st.lists(codes, max_size=3)))
    n_tokens = draw(st.none() | st.integers(8, 12))
    if kind in (None, "keys"):
        places = sorted(draw(st.sets(st.integers(3, 4), max_size=2)))
        timed = draw(st.booleans())
        keys = tuple(KeyToken(draw(codes), place if timed else None) for place in places)
    return Given(initial, last, keys, n_tokens)


def check_given(tokens: list[int], given: Given, least: int, most: int) -> None:
    """What is given stands where it belongs, and the length is kept."""
    n = len(tokens)
    assert n == given.n_tokens if given.n_tokens else least <= n <= most
    assert tuple(tokens[: len(given.initial)]) == given.initial
    assert tuple(tokens[n - len(given.last) :]) == given.last
    assert all(tokens[key.place] == key.index for key in given.keys if key.place is not None)

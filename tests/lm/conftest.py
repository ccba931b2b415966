from collections.abc import Iterator

import pytest
from transformers import LlamaForCausalLM

from motiongpt.lm.codec import VocabularyCodec
from motiongpt.lm.decoding import Sampling, make_engine, stream_tokens
from motiongpt.lm.train import BaseSize, make_base
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
    model: LlamaForCausalLM, vocabulary: Vocabulary, prompt: list[int], sampling: Sampling
) -> Iterator[int]:
    """Code indices that a model answers in the compact form."""
    codec = VocabularyCodec(vocabulary)
    return stream_tokens(make_engine(model, codec), codec, prompt, sampling)

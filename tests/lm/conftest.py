import pytest

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

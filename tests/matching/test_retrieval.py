import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motiongpt.errors import EvaluationError
from motiongpt.matching.retrieval import pairwise_distances, places_of_own, rank_pools


def test_distances_are_euclidean() -> None:
    rng = np.random.default_rng(0)
    one, other = rng.standard_normal((5, 7)), rng.standard_normal((6, 7))
    expected = np.linalg.norm(one[:, None] - other[None], axis=-1)
    assert np.allclose(pairwise_distances(one, other), expected)


def test_motions_that_are_their_texts_are_all_found() -> None:
    vectors = np.random.default_rng(0).standard_normal((70, 8))
    result = rank_pools(vectors, vectors, np.random.default_rng(1))
    assert result.precision == (1.0, 1.0, 1.0)
    assert result.mm_dist == pytest.approx(0, abs=1e-6)


def test_unrelated_motions_are_found_as_often_as_chance_has_it() -> None:
    rng = np.random.default_rng(0)
    texts, motions = rng.standard_normal((2, 6400, 4))
    result = rank_pools(texts, motions, rng)
    assert np.allclose(result.precision, [1 / 32, 2 / 32, 3 / 32], atol=0.01)


def test_a_model_that_ignores_texts_gets_nothing_for_ties() -> None:
    vectors = np.ones((64, 4))
    assert rank_pools(vectors, vectors, np.random.default_rng(0)).precision == (0.0, 0.0, 0.0)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.integers(2, 12))
def test_places_are_those_of_a_sorted_row(seed: int, n: int) -> None:
    distances = np.random.default_rng(seed).random((n, n))
    sorted_places = [int(np.argsort(row).tolist().index(i)) for i, row in enumerate(distances)]
    assert places_of_own(distances).tolist() == sorted_places


def test_more_places_never_find_less() -> None:
    rng = np.random.default_rng(0)
    texts = rng.standard_normal((96, 4))
    top = rank_pools(texts, texts + 0.8 * rng.standard_normal((96, 4)), rng).precision
    assert 0 < top[0] <= top[1] <= top[2] < 1


@pytest.mark.parametrize(
    ("n", "m", "message"),
    [(31, 31, "31 pairs are too few for pools of 32"), (40, 41, "allowed: the same")],
)
def test_pairs_that_fill_no_pool_are_refused(n: int, m: int, message: str) -> None:
    with pytest.raises(EvaluationError, match=message):
        rank_pools(np.zeros((n, 2)), np.zeros((m, 2)), np.random.default_rng(0))

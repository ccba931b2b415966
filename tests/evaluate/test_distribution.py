import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import linalg

from motiongpt.errors import EvaluationError
from motiongpt.evaluate.distribution import (
    diversity,
    frechet_distance,
    multimodality,
    within_label_spread,
)


def _normal(seed: int, n: int = 400, d: int = 6) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.standard_normal((n, d)) @ rng.standard_normal((d, d)) + rng.standard_normal(d)


def test_fid_is_the_published_formula_where_that_is_well_defined() -> None:
    one, other = _normal(1), _normal(2)
    c1, c2 = np.cov(one, rowvar=False), np.cov(other, rowvar=False)
    root = linalg.sqrtm(c1 @ c2).real
    gap = one.mean(0) - other.mean(0)
    published = gap @ gap + np.trace(c1) + np.trace(c2) - 2 * np.trace(root)
    assert frechet_distance(one, other) == pytest.approx(published, rel=1e-9)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 1000), st.integers(2, 40), st.integers(1, 12))
def test_fid_is_symmetric_never_negative_and_zero_for_the_same_set(
    seed: int, n: int, d: int
) -> None:
    rng = np.random.default_rng(seed)
    one, other = rng.standard_normal((n, d)), 3 * rng.standard_normal((n + 1, d)) + 1
    assert frechet_distance(one, one) == pytest.approx(0, abs=1e-6)
    there, back = frechet_distance(one, other), frechet_distance(other, one)
    assert there >= 0 and there == pytest.approx(back, rel=1e-6, abs=1e-6)


def test_fid_of_a_shift_is_its_square() -> None:
    one = _normal(3)
    shift = np.array([3.0, 4.0, 0, 0, 0, 0])
    assert frechet_distance(one, one + shift) == pytest.approx(25, rel=1e-6)


def test_fid_of_a_scale_is_the_square_of_the_difference_of_deviations() -> None:
    one = np.random.default_rng(0).standard_normal((5000, 1))
    deviation = one.std(ddof=1)
    one -= one.mean()
    assert frechet_distance(one, 3 * one) == pytest.approx((2 * deviation) ** 2, rel=1e-9)


def test_fid_of_fewer_motions_than_dimensions_is_finite() -> None:
    rng = np.random.default_rng(0)
    value = frechet_distance(rng.standard_normal((10, 64)), rng.standard_normal((12, 64)))
    assert np.isfinite(value) and value > 0


def test_diversity_of_one_point_is_zero_and_grows_with_scale() -> None:
    rng = np.random.default_rng(0)
    cloud = _normal(0)
    assert diversity(np.ones((50, 4)), rng) == 0
    near, far = (diversity(k * cloud, np.random.default_rng(1)) for k in (1, 5))
    assert far == pytest.approx(5 * near)


def test_diversity_of_two_far_clusters_is_half_their_distance() -> None:
    clusters = np.repeat([[0.0], [10.0]], 500, axis=0)
    assert diversity(clusters, np.random.default_rng(0), 300) == pytest.approx(5, abs=1)


def test_multimodality_sees_only_differences_within_a_text() -> None:
    rng = np.random.default_rng(0)
    same = np.repeat(rng.standard_normal((7, 1, 4)), 5, axis=1)
    assert multimodality(same, rng) == 0
    pairs = np.zeros((3, 2, 1))
    pairs[:, 1] = 1
    assert 0 <= multimodality(pairs, rng, n_pairs=1) <= 1


def test_the_spread_within_a_label_takes_pairs_that_share_a_caption() -> None:
    motions = np.array([[0.0], [1.0], [7.0]])
    labels = [frozenset({"a", "b"}), frozenset({"b"}), frozenset({"c"})]
    assert within_label_spread(motions, labels) == 1
    assert np.isnan(within_label_spread(motions[1:], labels[1:]))


@pytest.mark.parametrize(
    ("one", "other", "message"),
    [
        (np.zeros((1, 3)), np.zeros((5, 3)), r"real embeddings have shape \(1, 3\)"),
        (np.zeros((5, 3)), np.zeros((5, 4)), "3 wide and generated ones 4"),
        (np.zeros((5, 3)), np.full((5, 3), np.nan), "generated embeddings have values that are"),
    ],
)
def test_embeddings_that_fit_no_normal_distribution_are_refused(
    one: np.ndarray, other: np.ndarray, message: str
) -> None:
    with pytest.raises(EvaluationError, match=message):
        frechet_distance(one, other)


def test_multimodality_needs_two_motions_of_a_text() -> None:
    with pytest.raises(EvaluationError, match="2 or more motions"):
        multimodality(np.zeros((3, 1, 4)), np.random.default_rng(0))

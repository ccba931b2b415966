import numpy as np
import pytest

from motiongpt.evaluate.quality import length_error, measure_quality, unique_share
from motiongpt.motion import layout
from motiongpt.motion.features import canonicalize, encode_features
from tests.motion.clips import circling_clip


@pytest.fixture(scope="module")
def clip() -> np.ndarray:
    return encode_features(canonicalize(circling_clip(81)))


def test_a_sunken_body_penetrates_the_floor_by_what_it_sank(clip: np.ndarray) -> None:
    from motiongpt.motion.layout import Layout

    before = measure_quality([clip])
    sunk = clip.copy()
    sunk[:, layout.ROOT_HEIGHT] -= 1.0
    sunk[:, Layout(22).ric_positions][:, 1::3] -= 1.0
    after = measure_quality([sunk])
    assert before.penetration < 30
    assert after.penetration > 800
    assert after.skate == pytest.approx(before.skate)
    assert after.jitter == pytest.approx(before.jitter)


def test_a_still_body_neither_skates_nor_jitters(clip: np.ndarray) -> None:
    still = np.repeat(clip[:1], 40, axis=0)
    still[:, layout.ROOT_YAW_VELOCITY] = 0
    still[:, layout.ROOT_PLANAR_VELOCITY] = 0
    quality = measure_quality([still])
    assert quality.skate == pytest.approx(0, abs=1e-9)
    assert quality.jitter == pytest.approx(0, abs=1e-9)


def test_a_sliding_body_skates_as_fast_as_it_slides(clip: np.ndarray) -> None:
    sliding = np.repeat(clip[:1], 40, axis=0)
    sliding[:, layout.ROOT_YAW_VELOCITY] = 0
    sliding[:, layout.ROOT_PLANAR_VELOCITY] = [0, 0.05]
    assert measure_quality([sliding]).skate == pytest.approx(100)  # 0.05 m at 20 frames a second


def test_motions_that_are_alike_are_counted_once() -> None:
    assert unique_share([(1, 2), (1, 2), (3,), (4,)]) == 0.75


def test_lengths_that_are_too_short_and_too_long_do_not_cancel() -> None:
    assert length_error([20, 60], [40, 40], 20.0) == 1.0

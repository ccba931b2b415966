import numpy as np
import pytest

from motiongpt.motion.sources.resample import resample


def _line(n_frames: int, fps: float) -> np.ndarray:
    t = np.arange(n_frames) / fps
    return t[:, None, None] * np.ones((1, 22, 3))


@pytest.mark.parametrize("fps", [20, 40, 60, 100, 120, 1 / 0.0083333])
def test_a_multiple_of_the_rate_is_decimated(fps: float) -> None:
    noise = np.random.default_rng(0).normal(size=(240, 22, 3))
    assert np.array_equal(resample(noise, fps), noise[:: round(fps / 20)])


@pytest.mark.parametrize("fps", [10, 12.5, 24, 25, 29.97, 30, 59.94, 75, 250])
def test_another_rate_is_interpolated_by_time(fps: float) -> None:
    result = resample(_line(200, fps), fps)
    assert np.allclose(result, _line(len(result), 20), atol=1e-9)
    last = 199 / fps
    assert last - 0.05 < (len(result) - 1) / 20 <= last + 1e-9


def test_a_rounded_header_does_not_lose_the_last_frame() -> None:
    assert len(resample(_line(10, 30), 1 / 0.0333333)) == len(resample(_line(10, 30), 30)) == 7


def test_a_single_frame_stays() -> None:
    assert len(resample(np.ones((1, 22, 3)), 30)) == 1

import numpy as np

from motiongpt.motion import layout
from motiongpt.motion.layout import Layout
from motiongpt.motion.statistics import Statistics
from motiongpt.tokenizer.windows import Windows

UNIT = Statistics(np.zeros(263), np.ones(263))


def test_windows_of_short_clips_repeat_their_last_frame() -> None:
    clip = np.arange(10)[:, None] * np.ones(263)
    frames, real = Windows([clip], 16, UNIT).draw(3, np.random.default_rng(0))
    assert frames.shape == (3, 16, 263)
    assert real[0, :, 0].tolist() == [True] * 10 + [False] * 6
    assert (frames[0, 10:] == 9).all()


def test_windows_begin_everywhere_and_stay_inside_their_clip() -> None:
    clips = [1000 * k + np.arange(20 + 10 * k)[:, None] * np.ones(263) for k in range(3)]
    frames, real = Windows(clips, 16, UNIT).draw(2000, np.random.default_rng(0))
    first, last = frames[:, 0, 0].numpy(), frames[:, -1, 0].numpy()
    assert np.array_equal(last - first, np.full(2000, 15))
    assert real.all()
    starts = {1000 * k + i for k in range(3) for i in range(5 + 10 * k)}
    assert set(first.tolist()) == starts


def test_a_warped_window_is_played_at_another_speed() -> None:
    """Places of a steady walk lie further apart, and its velocity features say so."""
    rng = np.random.default_rng(0)
    statistics = Statistics(rng.normal(size=263), rng.uniform(0.5, 2, 263))
    at = Layout(22)
    clip = np.zeros((400, 263))
    clip[:, at.ric_positions.start] = 0.01 * np.arange(400)
    clip[:, layout.ROOT_PLANAR_VELOCITY] = 0.03
    windows = Windows([clip], 64, statistics, time_warp=0.2)
    frames, real = windows.draw(200, rng)
    features = statistics.denormalize(frames.double().numpy())
    place = features[..., at.ric_positions.start]
    speeds = np.diff(place, axis=1) / 0.01
    assert np.allclose(speeds, speeds[:, :1], atol=1e-3)
    assert 0.79 < speeds.min() < 0.85 and 1.15 < speeds.max() < 1.21
    assert real.all()
    step = features[..., layout.ROOT_PLANAR_VELOCITY]
    assert np.allclose(step, 0.03 * speeds[:, :1, None], atol=1e-4)

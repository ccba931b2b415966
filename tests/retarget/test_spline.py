import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from motiongpt.retarget import spline
from motiongpt.retarget.smooth import smooth_to_acceleration, whittaker

VELOCITY, ACCELERATION = np.array([2.0, 1.0]), np.array([10.0, 5.0])


@settings(deadline=None, max_examples=50)
@given(st.integers(0, 10_000), st.integers(4, 40), st.floats(0.01, 20.0))
def test_a_retimed_curve_keeps_limits_everywhere_and_stays_in_its_hull(seed, n, size) -> None:
    points = np.random.default_rng(seed).normal(0, size, (n, 2))
    points = spline.rest_at_ends(points)
    fine, index, spacing = spline.retime(points, 2, 0.05, VELOCITY, ACCELERATION)
    times = np.linspace(0, spline.duration(fine, spacing), 2000)
    q, v, a = spline.evaluate(fine, spacing, times)
    assert (np.abs(v) <= VELOCITY + 1e-6).all()
    assert (np.abs(a) <= ACCELERATION + 1e-6).all()
    assert (q >= points.min(axis=0) - 1e-9).all() and (q <= points.max(axis=0) + 1e-9).all()
    assert np.abs(v[[0, -1]]).max() < 1e-9
    assert len(index) == len(fine) and (np.diff(index) >= -1e-9).all()


def test_a_slow_curve_is_not_changed() -> None:
    points = spline.rest_at_ends(0.01 * np.sin(np.arange(20) / 5)[:, None] * np.ones((1, 2)))
    fine, _, spacing = spline.retime(points, 2, 0.05, VELOCITY, ACCELERATION)
    assert np.array_equal(fine, points)
    assert spacing == 0.05


def test_derivatives_are_those_of_the_curve() -> None:
    points = np.random.default_rng(0).normal(size=(12, 3))
    times = np.linspace(0.01, 0.44, 50)
    step = 1e-5
    before, now, after = (spline.evaluate(points, 0.05, times + d) for d in (-step, 0, step))
    assert np.allclose((after[0] - before[0]) / (2 * step), now[1], atol=1e-5)
    assert np.allclose((after[1] - before[1]) / (2 * step), now[2], atol=1e-3)


def test_smoothing_solves_its_own_equation() -> None:
    y = np.random.default_rng(0).normal(size=12)
    D = np.diff(np.eye(12), 2, axis=0)
    assert np.allclose(whittaker(y, 3.0), np.linalg.solve(np.eye(12) + 3 * D.T @ D, y))


def test_only_joints_beyond_their_limit_are_smoothed() -> None:
    t = np.arange(100) / 20
    q = np.stack([np.sin(t), np.sin(t) + 0.1 * np.sin(40 * t)], axis=-1)
    smooth = smooth_to_acceleration(q, np.array([5.0, 5.0]), 20.0)
    assert np.array_equal(smooth[:, 0], q[:, 0])
    assert np.abs(np.diff(smooth[:, 1], 2) * 400).max() <= 5.0 + 1e-6

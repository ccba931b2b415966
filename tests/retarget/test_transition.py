import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motiongpt.retarget.transition import fastest_transition

V, A = np.array([2.0, 6.0, 1.0]), np.array([10.0, 60.0, 5.0])
LOWER, UPPER = np.full(3, -3.0), np.full(3, 3.0)


def _transition(seed: int, speed: float):
    rng = np.random.default_rng(seed)
    start, end = rng.uniform(-1, 1, (2, 3))
    velocity = speed * V * rng.uniform(-1, 1, 3)
    return start, velocity, end, fastest_transition(start, velocity, end, V, A, LOWER, UPPER)


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 10_000), st.sampled_from([0.0, 0.5, 1.0]))
def test_a_transition_joins_both_states_within_limits(seed: int, speed: float) -> None:
    start, velocity, end, found = _transition(seed, speed)
    times = np.linspace(0, found.duration, 3001)
    q, v, a = found.evaluate(times)
    assert np.allclose(q[0], start) and np.allclose(v[0], velocity)
    assert np.allclose(q[-1], end, atol=1e-9) and np.allclose(v[-1], 0, atol=1e-9)
    assert (np.abs(v) <= V + 1e-9).all() and (np.abs(a) <= A + 1e-9).all()
    step = times[1] - times[0]
    assert (np.abs(np.diff(q, axis=0)) <= V * step + 1e-9).all()
    assert (np.abs(np.diff(v, axis=0)) <= A * step + 1e-9).all()
    assert np.allclose(np.diff(q, axis=0) / step, (v[1:] + v[:-1]) / 2, atol=A.max() * step)


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 10_000))
def test_no_shorter_transition_exists(seed: int) -> None:
    start, velocity, end, found = _transition(seed, 1.0)
    shorter = 0.97 * found.duration
    v = np.linspace(0, shorter, 4001)[:, None]
    # The farthest that can be reached either way in a shorter time, ending at rest.
    highest = np.minimum(np.minimum(velocity + A * v, V), A * (shorter - v))
    lowest = np.maximum(np.maximum(velocity - A * v, -V), -A * (shorter - v))
    step = shorter / 4000
    inside = (end <= start + highest.sum(axis=0) * step + 1e-3) & (
        end >= start + lowest.sum(axis=0) * step - 1e-3
    )
    stops = np.abs(velocity) / A <= shorter
    assert not (inside & stops).all() or found.duration < 0.2


def test_the_slowest_joint_alone_takes_as_long_as_its_trapezoid() -> None:
    zero = np.zeros(1)
    found = fastest_transition(
        zero, zero, np.ones(1), np.ones(1), 2 * np.ones(1), -3 * np.ones(1), 3 * np.ones(1)
    )
    assert found.duration == pytest.approx(1.5)


def test_a_robot_that_is_there_already_needs_no_time() -> None:
    q = np.array([0.1, 0.2, 0.3])
    assert fastest_transition(q, np.zeros(3), q, V, A, LOWER, UPPER).duration < 1e-6


def test_a_joint_that_cannot_stop_in_time_brakes_harder_and_stays_inside() -> None:
    start, velocity = np.array([2.9, 0.0, 0.0]), np.array([2.0, 0.0, 0.0])
    found = fastest_transition(start, velocity, np.zeros(3), V, A, LOWER, UPPER)
    q, _, _ = found.evaluate(np.linspace(0, found.duration, 2000))
    assert q.max() <= 3.0 + 1e-9

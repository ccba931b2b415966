import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import nnls

from motiongpt.retarget.ground import FRICTION, bearing_shares, push_soles

WEIGHT = 300.0
FEET = np.array(
    [[x, y + side] for side in (0.12, -0.12) for x in (-0.05, 0.12) for y in (-0.03, 0.03)]
)


def _push(force: np.ndarray, moment: np.ndarray, bearing: np.ndarray | None = None):
    n = len(force)
    bearing = np.ones(8) if bearing is None else bearing
    return push_soles(np.tile(FEET, (n, 1, 1)), np.tile(bearing, (n, 1)), force, moment)


def _weight_at(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Force and moment of a weight over points (n, 2)."""
    force = np.tile([0.0, 0.0, WEIGHT], (len(points), 1))
    return force, WEIGHT * np.stack([points[:, 1], -points[:, 0], 0 * points[:, 0]], axis=1)


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10_000))
def test_whatever_is_wanted_the_ground_pushes_within_friction_and_the_rest_is_the_lack(
    seed: int,
) -> None:
    rng = np.random.default_rng(seed)
    force = rng.normal(0, 200, (20, 3)) + [0, 0, 150]
    moment = rng.normal(0, 60, (20, 3))
    bearing = rng.uniform(0, 1, 8) * (rng.uniform(size=8) > 0.4)
    bearing[0] = 1.0
    push = _push(force, moment, bearing)
    assert (push.forces[..., 2] >= 0).all()
    sideways = np.linalg.norm(push.forces[..., :2], axis=2)
    assert (sideways <= FRICTION * push.forces[..., 2] + 1e-9).all()
    load = push.forces[..., 2].sum(axis=1)
    assert np.allclose(load, np.maximum(force[:, 2], 0))
    assert np.allclose(push.forces.sum(axis=1) + push.lack[:, :3], force)
    points = np.concatenate([FEET, np.zeros((8, 1))], axis=1)
    given_moment = np.cross(points[None], push.forces).sum(axis=1)
    middle = (push.forces[..., 2:] * points).sum(axis=1) / np.maximum(load, 1e-9)[:, None]
    at = np.where(load[:, None] > 0, middle, np.nan)
    missing = moment - given_moment - np.cross(at, push.lack[:, :3])
    pushes = load > 1
    assert np.allclose(missing[pushes], push.lack[pushes, 3:], atol=1e-6)


def test_a_weight_inside_the_soles_is_borne_and_one_outside_is_lacking_by_its_distance() -> None:
    points = np.array([[0.0, 0.0], [0.1, 0.05], [0.12, 0.0], [0.22, 0.0], [0.0, 0.45]])
    push = _push(*_weight_at(points))
    lack = np.linalg.norm(push.lack[:, 3:], axis=1)
    assert np.allclose(lack, WEIGHT * np.array([0, 0, 0, 0.1, 0.3]), atol=1e-2)
    assert np.allclose(push.lack[:, :3], 0)


def test_forces_are_those_of_a_non_negative_least_squares_solution() -> None:
    rng = np.random.default_rng(0)
    points = rng.uniform(-0.3, 0.3, (50, 2))
    push = _push(*_weight_at(points))
    for point, forces in zip(points, push.forces[..., 2], strict=True):
        # A large weight on the sum, a small one on evenness.
        A = np.concatenate([1e3 * np.ones((1, 8)), (FEET - point).T, 1e-4 * np.eye(8)])
        found = nnls(A, np.r_[1e3, np.zeros(10)])[0]
        assert np.allclose(forces / WEIGHT, found, atol=2e-3)


def test_two_feet_share_a_weight_by_where_it_is_and_without_jumps() -> None:
    way = np.stack([np.full(201, 0.03), np.linspace(-0.3, 0.3, 201)], axis=1)
    left = _push(*_weight_at(way)).forces[:, :4, 2].sum(axis=1) / WEIGHT
    assert left[100] == pytest.approx(0.5)
    assert np.allclose(left + left[::-1], 1.0, atol=1e-6)
    assert (np.diff(left) > -1e-6).all() and np.diff(left).max() < 0.03
    assert left[0] == pytest.approx(0.0, abs=1e-6) and left[-1] == pytest.approx(1.0)


def test_a_foot_that_comes_down_takes_its_load_over_smoothly() -> None:
    heights = np.repeat(np.linspace(0.015, 0.0, 1501)[:, None], 8, axis=1)
    heights[:, 4:] = 0.0
    bearing = bearing_shares(heights)
    force, moment = _weight_at(np.tile([0.03, -0.1], (1501, 1)))
    push = push_soles(np.tile(FEET, (1501, 1, 1)), bearing, force, moment)
    left = push.forces[:, :4, 2].sum(axis=1) / WEIGHT
    assert left[0] == 0.0 and left[-1] > 0.05
    assert np.abs(np.diff(left)).max() < 0.01


def test_turning_and_sliding_are_held_as_far_as_friction_goes() -> None:
    force = np.array([[0.5 * FRICTION * WEIGHT, 0, WEIGHT], [3 * FRICTION * WEIGHT, 0, WEIGHT]])
    push = _push(force, np.array([[0, 0, 3.0], [0, 0, 3.0]]))
    assert np.allclose(push.lack[0], 0, atol=1e-4)
    assert push.lack[1, 0] == pytest.approx(2 * FRICTION * WEIGHT)
    hard = _push(np.array([[0, 0, WEIGHT]]), np.array([[0, 0, 1e4]]))
    most = FRICTION * WEIGHT * np.linalg.norm(FEET - FEET.mean(axis=0), axis=1).max()
    assert 0.5 * most < 1e4 - hard.lack[0, 5] <= most

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motiongpt.errors import EvaluationError
from motiongpt.evaluate.control import control_errors, place_in_order, pose_errors
from motiongpt.evaluate.tasks import Task
from motiongpt.motion import layout
from motiongpt.motion.features import canonicalize, encode_features
from motiongpt.motion.layout import Layout
from motiongpt.motion.rotation import rotate_about_y
from tests.motion.clips import circling_clip

AT = Layout(22)


@pytest.fixture(scope="module")
def clip() -> np.ndarray:
    return encode_features(canonicalize(circling_clip(81)))


def _tokens(clip: np.ndarray, *places: int) -> np.ndarray:
    return np.stack([clip[4 * place : 4 * place + 4] for place in places])


@pytest.mark.parametrize(
    ("task", "places"), [(Task.INITIAL, (0,)), (Task.LAST, (19,)), (Task.KEYS, (2, 7, 15))]
)
def test_a_motion_meets_its_own_poses(
    clip: np.ndarray, task: Task, places: tuple[int, ...]
) -> None:
    control = control_errors(clip, _tokens(clip, *places), task)
    assert control.recon == control.vel == 0


def test_recon_is_the_mean_joint_error_in_millimetres(clip: np.ndarray) -> None:
    moved = clip.copy()
    moved[:, AT.ric_positions.stop - 1] += 0.022  # one joint of 22, a wrist
    control = control_errors(moved, _tokens(clip, 0), Task.INITIAL)
    assert control.recon == pytest.approx(1.0)
    assert control.vel == 0


def test_what_the_smoothed_heading_lacks_does_not_count(clip: np.ndarray) -> None:
    turned = clip.copy()
    joints = turned[:, AT.ric_positions].reshape(len(clip), -1, 3)
    turned[:, AT.ric_positions] = rotate_about_y(joints, 0.3).reshape(len(clip), -1)
    control = control_errors(turned, _tokens(clip, 0), Task.INITIAL)
    assert control.recon == pytest.approx(0.0, abs=1e-6)


def test_vel_is_the_mean_difference_of_velocities(clip: np.ndarray) -> None:
    moved = clip.copy()
    moved[:, AT.local_velocities.start] += 0.022
    control = control_errors(moved, _tokens(clip, 19), Task.LAST)
    assert control.vel == pytest.approx(20.0)  # 20 frames a second
    assert control.recon == 0


def test_place_and_heading_do_not_count_but_height_does(clip: np.ndarray) -> None:
    moved = clip.copy()
    moved[:, layout.ROOT_YAW_VELOCITY] += 0.1
    moved[:, layout.ROOT_PLANAR_VELOCITY] += 0.1
    assert control_errors(moved, _tokens(clip, 0), Task.INITIAL).recon == 0
    moved[:, layout.ROOT_HEIGHT] += 0.022
    assert control_errors(moved, _tokens(clip, 0), Task.INITIAL).recon == pytest.approx(1.0)


def test_key_poses_in_the_wrong_order_cannot_all_be_met(clip: np.ndarray) -> None:
    assert control_errors(clip, _tokens(clip, 15, 2), Task.KEYS).recon > 0


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 4), st.integers(1, 6))
def test_poses_are_placed_in_order_at_the_least_cost(seed: int, k: int, w: int) -> None:
    costs = np.random.default_rng(seed).random((k, w))
    places = place_in_order(costs)
    ways = itertools.combinations_with_replacement(range(w), k)
    least = min(costs[range(k), list(way)].sum() for way in ways)
    assert list(places) == sorted(places)
    assert costs[range(k), places].sum() == pytest.approx(least)


@pytest.mark.parametrize(
    ("features", "poses", "message"),
    [
        (np.zeros((8, 263)), np.zeros((1, 4, 251)), "allowed: \\(T, F\\) and \\(K, n, F\\)"),
        (np.zeros((3, 263)), np.zeros((1, 4, 263)), "a motion of 3 frames holds no pose of 4"),
    ],
)
def test_shapes_that_do_not_fit_are_refused(
    features: np.ndarray, poses: np.ndarray, message: str
) -> None:
    with pytest.raises(EvaluationError, match=message):
        pose_errors(features, poses)

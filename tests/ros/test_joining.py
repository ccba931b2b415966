import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motiongpt.motion.motion import Motion
from motiongpt.retarget import JointState, count_violations, load_robot, plan_trajectory
from motiongpt.retarget.solve import lowest_sole_heights
from motiongpt_ros.base_motion import Planar, sample_base
from motiongpt_ros.joining import join_trajectories
from tests.retarget.figures import gesture

ROBOT = load_robot("unitree_g1")
REST = JointState(ROBOT.rest_pose, 0 * ROBOT.rest_pose)
MOTION = gesture(100)
LONGER = plan_trajectory(MOTION, ROBOT, REST)


def _beginning(shift: float = 0.0) -> Motion:
    """The first frames of the motion, with hands that come to lie elsewhere."""
    positions = MOTION.positions[:48].copy()
    share = np.linspace(0, 1, len(positions))[:, None, None]
    positions[:, 18:22] += shift * share
    return Motion(positions, MOTION.fps)


RUNNING = plan_trajectory(_beginning(0.05), ROBOT, REST)


@settings(deadline=None, max_examples=10)
@given(elapsed=st.floats(0.0, RUNNING.duration - 0.01))
def test_the_robot_goes_on_from_its_state_inside_limits_and_above_the_ground(elapsed) -> None:
    joined = join_trajectories(RUNNING, elapsed, LONGER, elapsed, ROBOT)
    if joined is None:  # no way keeps the limits; then the usual hand-over follows
        return
    state, found = RUNNING.sample(elapsed), joined.trajectory
    assert np.allclose(found.positions[0], state.positions, atol=1e-9)
    assert np.allclose(found.velocities[0], state.velocities, atol=1e-9)
    assert count_violations(found, ROBOT).total == 0
    assert np.allclose(found.positions[-1], LONGER.positions[-1])
    assert abs(joined.entered + found.duration - LONGER.duration) < 1e-9
    soles = lowest_sole_heights(np.hstack([found.base, found.positions]), ROBOT)
    assert soles.min() > -1e-9
    before = sample_base(RUNNING.times, RUNNING.base, elapsed)
    leaning = Planar.of(before).see_pose(before)
    assert np.abs(found.base[0] - leaning).max() < 0.02


@pytest.mark.parametrize("elapsed", [0.5, 1.0, 1.5])
def test_velocities_and_accelerations_are_those_of_the_positions(elapsed: float) -> None:
    joined = join_trajectories(RUNNING, elapsed, LONGER, elapsed, ROBOT)
    assert joined is not None
    found = joined.trajectory
    step = np.diff(found.times)[:, None]
    middle = (found.velocities[1:] + found.velocities[:-1]) / 2
    bend = np.abs(np.diff(found.accelerations, axis=0)).max() * step[0, 0] ** 2
    assert np.abs(np.diff(found.positions, axis=0) / step - middle).max() < bend / step[0, 0]
    assert (
        np.abs(np.diff(found.velocities, axis=0) / step - found.accelerations[1:]).max()
        < np.abs(np.diff(found.accelerations, axis=0)).max() + 1e-6
    )


def test_a_beginning_that_is_the_same_is_gone_on_from_without_a_change() -> None:
    running = plan_trajectory(MOTION, ROBOT, REST)
    joined = join_trajectories(running, 1.0, LONGER, 1.2, ROBOT)
    assert joined is not None and joined.entered == pytest.approx(1.0)
    assert np.allclose(joined.trajectory.positions, LONGER.positions[50:], atol=1e-6)


def test_a_robot_that_is_far_from_the_motion_is_not_led_onto_it_at_any_price() -> None:
    far = LONGER.positions.copy()
    far += np.where(ROBOT.upper - far > far - ROBOT.lower, 1, -1) * 40.0
    running = type(RUNNING)(**{**vars(LONGER), "positions": far})
    assert join_trajectories(running, 1.0, LONGER, 1.0, ROBOT) is None

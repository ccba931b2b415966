from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from motiongpt.retarget import JointState, Mode, count_violations, load_robot, plan_trajectory
from motiongpt_ros.stopping import after_stop, plan_stop, stop_along
from motiongpt_ros.trajectory_check import check_trajectory
from tests.retarget.figures import gesture

ROBOT = load_robot("unitree_g1")
PLAN = plan_trajectory(gesture(40), ROBOT, JointState(ROBOT.rest_pose, 0 * ROBOT.rest_pose))

BALANCED = plan_trajectory(
    gesture(40),
    ROBOT,
    JointState(ROBOT.rest_pose, 0 * ROBOT.rest_pose),
    mode=Mode.UPPER_BODY_BALANCED,
)


@settings(max_examples=60, deadline=None)
@given(share=st.floats(0, 1), rate=st.sampled_from([10.0, 50.0, 200.0, 500.0]))
def test_a_stop_from_any_moment_of_a_motion_keeps_all_limits_and_ends_at_rest(share, rate) -> None:
    elapsed = share * PLAN.duration
    state = PLAN.sample(elapsed)
    stop = plan_stop(state, ROBOT, rate, PLAN, elapsed)
    check_trajectory(stop, ROBOT, state, 0.0, 0.0)
    assert count_violations(stop, ROBOT).total == 0
    assert not stop.velocities[-1].any()
    assert stop.duration < 1.0


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**6), rate=st.sampled_from([20.0, 50.0, 500.0]))
def test_any_velocity_is_stopped_at_the_acceleration_limit(seed: int, rate: float) -> None:
    random = np.random.default_rng(seed)
    v = random.uniform(-1, 1, ROBOT.n_joints) * ROBOT.velocity_limit
    middle = (ROBOT.lower + ROBOT.upper) / 2
    stop = plan_stop(JointState(middle, v), ROBOT, rate)
    assert (np.abs(stop.accelerations) <= ROBOT.acceleration_limit * (1 + 1e-9)).all()
    assert np.allclose(stop.positions[0], middle)
    assert np.allclose(stop.velocities[0], v)
    needed = np.abs(v).max() / ROBOT.acceleration_limit.min()
    assert stop.duration <= max(needed / 0.98 + 2 / rate, 0.2 + 1 / rate)


def test_a_robot_at_rest_stays_where_it_is() -> None:
    stop = plan_stop(JointState(ROBOT.rest_pose, 0 * ROBOT.rest_pose), ROBOT, 50.0)
    assert len(stop.times) > 1
    assert (stop.positions == ROBOT.rest_pose).all()
    assert not stop.velocities.any()


@settings(max_examples=60, deadline=None)
@given(share=st.floats(0, 1), rate=st.sampled_from([10.0, 50.0, 200.0, 500.0]))
def test_a_gentle_stop_stays_on_the_path_and_ends_at_rest(share, rate) -> None:
    elapsed = share * BALANCED.duration
    stop = stop_along(BALANCED, elapsed, ROBOT, rate)
    assert stop is not None
    check_trajectory(stop, ROBOT, BALANCED.sample(elapsed), 0.0, 0.0)
    assert not stop.velocities[-1].any()
    near = [np.abs(BALANCED.positions - q).max(axis=1).min() for q in stop.positions]
    assert max(near) < np.abs(BALANCED.velocities).max() / 50.0


def test_a_path_that_brakes_hard_already_has_no_gentle_stop() -> None:
    fast = replace(BALANCED, velocities=BALANCED.velocities + 2 * ROBOT.velocity_limit)
    assert stop_along(fast, 0.5, ROBOT, 50.0) is None


def test_after_a_stop_another_trajectory_goes_on_without_a_step() -> None:
    stop = stop_along(BALANCED, 2.0, ROBOT, 50.0)
    assert stop is not None
    rest = JointState(stop.positions[-1], stop.velocities[-1])
    follows = plan_trajectory(gesture(30), ROBOT, rest, mode=Mode.UPPER_BODY_BALANCED)
    both = after_stop(stop, follows)
    check_trajectory(both, ROBOT, BALANCED.sample(2.0), 0.0, 0.0)
    assert both.duration == stop.duration + follows.duration
    assert both.handover_duration == stop.duration + follows.handover_duration
    steps = np.abs(np.diff(both.positions, axis=0)) * 50.0
    assert (steps.max(axis=0) <= 1.01 * ROBOT.velocity_limit).all()
    assert np.abs(np.diff(both.base[:, :3], axis=0)).max() < 0.01

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from motiongpt.retarget import JointState, count_violations, load_robot, plan_trajectory
from motiongpt_ros.stopping import plan_stop
from motiongpt_ros.trajectory_check import check_trajectory
from tests.retarget.figures import gesture

ROBOT = load_robot("unitree_g1")
PLAN = plan_trajectory(gesture(40), ROBOT, JointState(ROBOT.rest_pose, 0 * ROBOT.rest_pose))


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

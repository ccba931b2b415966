import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motiongpt.errors import RobotError
from motiongpt.retarget import load_robot
from motiongpt_ros.arm_link import (
    ArmCommand,
    DryLink,
    WeightRamp,
    approach,
    check_robot,
    limit_velocity,
)

ROBOT = load_robot("unitree_g1")
MOTORS = list(range(12, 29))


def test_the_weight_rises_evenly_to_one_and_falls_evenly_to_zero() -> None:
    ramp = WeightRamp(seconds=2.0)
    rising = [ramp.step(True, 0.5) for _ in range(6)]
    assert rising == [0.25, 0.5, 0.75, 1.0, 1.0, 1.0]
    falling = [ramp.step(False, 0.5) for _ in range(5)]
    assert falling == [0.75, 0.5, 0.25, 0.0, 0.0]


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.floats(-20, 20), min_size=17, max_size=17),
    st.floats(0.002, 0.05),
    st.integers(0, 2**31),
)
def test_no_step_breaks_a_limit_whatever_is_wanted(wanted, timestep: float, seed: int) -> None:
    low, high = ROBOT.lower[MOTORS], ROBOT.upper[MOTORS]
    before = np.random.default_rng(seed).uniform(low, high)
    after = approach(before, np.array(wanted), ROBOT, MOTORS, timestep)
    assert ((low <= after) & (after <= high)).all()
    assert (np.abs(after - before) <= ROBOT.velocity_limit[MOTORS] * timestep + 1e-9).all()


def test_what_is_near_is_reached_at_once() -> None:
    before = ROBOT.rest_pose[MOTORS]
    assert np.allclose(approach(before, before + 0.01, ROBOT, MOTORS, 0.02), before + 0.01)


def test_a_velocity_is_cut_to_what_is_allowed_and_refused_if_not_finite() -> None:
    most = np.array([0.6, 0.3, 0.8])
    assert np.allclose(limit_velocity(np.array([9.0, -9.0, 0.5]), most), [0.6, -0.3, 0.5])
    with pytest.raises(RobotError, match="not finite"):
        limit_velocity(np.array([np.nan, 0.0, 0.0]), most)


def test_a_robot_that_is_no_g1_is_refused() -> None:
    check_robot(ROBOT)
    with pytest.raises(RobotError, match="allowed: a robot file with the 29 joints"):
        check_robot(load_robot("talos"))


def test_a_robot_in_thought_goes_where_it_is_told_by_the_weight() -> None:
    link = DryLink(ROBOT)
    before = link.positions[MOTORS].copy()
    goal = before + 0.2
    still = np.zeros(len(MOTORS))
    link.send(ArmCommand(0.5, tuple(MOTORS), goal, still, 60.0, 1.5))
    read = link.read()
    assert read is not None and np.allclose(read[0].positions[MOTORS], before + 0.1)
    assert np.array_equal(read[0].positions[:12], ROBOT.rest_pose[:12])

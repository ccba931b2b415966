from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motiongpt.errors import RetargetError
from motiongpt.retarget import JointState, load_robot, plan_trajectory
from motiongpt_ros.trajectory_check import check_trajectory
from tests.retarget.figures import gesture

ROBOT = load_robot("unitree_g1")
REST = JointState(ROBOT.rest_pose, 0 * ROBOT.rest_pose)
PLAN = plan_trajectory(gesture(30), ROBOT, REST)


def _with(name: str, index: tuple[int, ...], value: float):
    array = getattr(PLAN, name).copy()
    array[index] = value
    return replace(PLAN, **{name: array})


def test_a_planned_trajectory_passes() -> None:
    check_trajectory(PLAN, ROBOT, REST, 10.0, 10.0)
    check_trajectory(PLAN, ROBOT, REST, 12.0, 10.0)


BROKEN = [
    (replace(PLAN, joint_names=("tail", *PLAN.joint_names[1:])), "names joints tail"),
    (replace(PLAN, positions=PLAN.positions[:, 1:]), "arrays of shape"),
    (_with("times", (3,), 0.0), "do not rise"),
    (_with("times", (0,), 0.01), "do not rise from 0"),
    (_with("base", (3, 2), float("inf")), "not finite"),
    (_with("positions", (5, 3), 50.0), "breaks limits"),
    (_with("velocities", (5, 3), 50.0), "breaks limits"),
    (_with("accelerations", (5, 3), -500.0), "breaks limits"),
]


@pytest.mark.parametrize(("trajectory", "reason"), BROKEN)
def test_a_broken_trajectory_is_refused_with_the_reason(trajectory, reason: str) -> None:
    with pytest.raises(RetargetError, match=reason):
        check_trajectory(trajectory, ROBOT, REST, 10.0, 10.0)


@settings(max_examples=40, deadline=None)
@given(
    name=st.sampled_from(["positions", "velocities", "accelerations", "base"]),
    row=st.integers(0, len(PLAN.times) - 1),
    column=st.integers(0, 6),
    value=st.sampled_from([float("nan"), float("inf"), -float("inf")]),
)
def test_a_value_that_is_not_finite_never_passes(name, row, column, value) -> None:
    with pytest.raises(RetargetError):
        check_trajectory(_with(name, (row, column), value), ROBOT, REST, 10.0, 10.0)


def test_a_first_point_away_from_the_current_state_is_refused_with_the_joint() -> None:
    away = JointState(REST.positions + 0.01 * (np.arange(29) == 4), REST.velocities)
    with pytest.raises(RetargetError, match=f"position of '{ROBOT.joint_names[4]}' by 0.01"):
        check_trajectory(PLAN, ROBOT, away, 10.0, 10.0)
    moving = JointState(REST.positions, REST.velocities + 0.1)
    with pytest.raises(RetargetError, match="velocity of"):
        check_trajectory(PLAN, ROBOT, moving, 10.0, 10.0)


def test_a_trajectory_in_the_past_is_refused() -> None:
    with pytest.raises(RetargetError, match="0.500 s in the past"):
        check_trajectory(PLAN, ROBOT, REST, 9.5, 10.0)

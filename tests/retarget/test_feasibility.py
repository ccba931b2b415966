import json

import numpy as np
import pytest

from motiongpt.retarget import JointState, Mode, Robot, retarget_mode, retime_trajectory
from motiongpt.retarget.feasibility import Feasibility, judge_trajectory
from tests.retarget.figures import gesture


def _report(robot: Robot, mode: Mode) -> Feasibility:
    motion = gesture(24)
    rest = JointState(robot.rest_pose, np.zeros(robot.n_joints))
    followed = retarget_mode(motion, robot, mode, enter=True)
    return judge_trajectory(motion, followed, retime_trajectory(followed, robot, 50, rest), robot)


@pytest.fixture(scope="module")
def balanced(robot: Robot) -> Feasibility:
    return _report(robot, Mode.UPPER_BODY_BALANCED)


def test_a_balanced_gesture_is_feasible(balanced: Feasibility) -> None:
    assert balanced.violations == 0
    assert balanced.support_margin > 0.03
    assert balanced.colliding == 0.0
    assert balanced.penetration[1] < 1e-3
    assert balanced.limb_errors["right shoulder-elbow"] < np.radians(10)
    assert all(0 <= j.velocity_share <= 1 and j.margin >= 0.02 - 1e-6 for j in balanced.joints)


def test_peaks_are_those_of_the_series(balanced: Feasibility) -> None:
    worst = max(j.torque_share for j in balanced.joints)
    assert balanced.series.torque_share.max() == pytest.approx(worst)
    assert balanced.series.support_margin.min() == pytest.approx(balanced.support_margin)


def test_text_and_json_name_every_joint(robot: Robot, balanced: Feasibility) -> None:
    text, content = balanced.to_text(), json.loads(balanced.to_json())
    assert all(name in text for name in robot.joint_names)
    assert [joint["name"] for joint in content["joints"]] == list(robot.joint_names)
    assert content["slowdown"] == balanced.slowdown and "series" not in content
    assert "not followed: nothing" in text


def test_what_does_not_follow_has_a_larger_error(robot: Robot, balanced: Feasibility) -> None:
    stiff = _report(robot, Mode.UPPER_BODY)
    legs = ("left hip-knee", "left knee-ankle", "right hip-knee", "right knee-ankle")
    assert max(stiff.limb_errors[leg] for leg in legs) > np.radians(3)
    assert stiff.handover != balanced.handover


def test_a_robot_without_a_waist_says_so() -> None:
    from motiongpt.retarget import load_robot
    from motiongpt.retarget.feasibility import _not_followed

    robot = load_robot("talos")
    assert _not_followed(robot) == ("waist in full (2 of 3 joints)",)

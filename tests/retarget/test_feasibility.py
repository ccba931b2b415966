import json
from dataclasses import replace

import numpy as np
import pytest

from motiongpt.motion.motion import Motion
from motiongpt.retarget import (
    JointState,
    Mode,
    Robot,
    load_robot,
    retarget_mode,
    retime_trajectory,
)
from motiongpt.retarget.feasibility import Feasibility, judge_trajectory
from tests.retarget.figures import gesture


def _report(robot: Robot, mode: Mode) -> Feasibility:
    return _judged(gesture(24), robot, mode)


def _judged(motion: Motion, robot: Robot, mode: Mode) -> Feasibility:
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
    assert "not followed: joints that stay at rest" in text


def test_what_does_not_follow_has_a_larger_error(robot: Robot, balanced: Feasibility) -> None:
    stiff = _report(robot, Mode.UPPER_BODY)
    legs = ("left hip-knee", "left knee-ankle", "right hip-knee", "right knee-ankle")
    assert max(stiff.limb_errors[leg] for leg in legs) > np.radians(3)
    assert stiff.handover != balanced.handover


def test_a_report_names_the_gaps_of_a_robot(balanced: Feasibility) -> None:
    assert (
        "the waist turns about 2 of 3 axes"
        in _report(load_robot("talos"), Mode.WHOLE_BODY).to_text()
    )
    assert all(gap.startswith("joints that stay at rest") for gap in balanced.not_followed)


def test_a_balanced_gesture_lacks_nothing_of_the_ground_and_is_strong_enough(
    balanced: Feasibility,
) -> None:
    assert "its friction bear the motion" in balanced.to_text()
    assert "too weak" not in balanced.to_text()
    assert balanced.lack.tipping < 1.0


def test_a_pose_that_tips_lacks_balance_and_keeps_its_torques(robot: Robot) -> None:
    motion = gesture(24)
    lean = np.array([[1, 0, 0], [0, 1, 0], [0.5, 0, 1.0]])  # all above the feet lies forward
    tipped = _judged(Motion(motion.positions @ lean), robot, Mode.WHOLE_BODY)
    assert tipped.support_margin < 0
    assert tipped.lack.tipping > 5 and json.loads(tipped.to_json())["lack"]["tipping"] > 5
    assert tipped.series.tipping.max() == pytest.approx(tipped.lack.tipping)
    assert "at the worst, its push within the soles lacks" in tipped.to_text()
    assert max(j.torque_share for j in tipped.joints if "ankle" in j.name) < 1.5


def test_joints_too_weak_for_a_pose_or_a_moment_are_named(balanced: Feasibility) -> None:
    joints = tuple(
        replace(joint, torque_share=1.2, rest_share=rest)
        for joint, rest in zip(balanced.joints[:2], (1.1, 0.4), strict=True)
    )
    text = replace(balanced, joints=joints).to_text()
    assert f"too weak for a pose, however slow: {joints[0].name} (110% at rest)" in text
    assert f"too weak for a moment, such as a landing: {joints[1].name}" in text

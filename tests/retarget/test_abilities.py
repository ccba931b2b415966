import numpy as np
import pytest

from motiongpt.retarget import JointState, Robot, count_violations, load_robot, plan_trajectory
from motiongpt.retarget.abilities import find_gaps
from motiongpt.retarget.fit import measure_fit
from tests.retarget.figures import gesture
from tests.retarget.tiny_humanoid import humanoid_urdf


def tiny(**changes) -> Robot:
    return load_robot("/robot_description", humanoid_urdf(**changes))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"waist": ""}, "there is no waist"),
        ({"waist": "z"}, "the waist turns about 1 of 3 axes"),
        ({"waist": "zy"}, "the waist turns about 2 of 3 axes"),
        ({"arm": "y"}, "the left arm sets 2 of 4 angles"),
        ({"arm": "yx", "wrist": ""}, "the right arm sets 3 of 4 angles"),
    ],
)
def test_a_robot_with_fewer_joints_follows_as_far_as_it_goes_and_says_what_it_lacks(
    changes: dict[str, str], said: str
) -> None:
    robot, motion = tiny(**changes), gesture(24)
    assert any(said in gap for gap in find_gaps(robot))
    fit = measure_fit([motion], robot)
    assert fit.torso < 0.1
    assert max(fit.bones[f"{side} {bone}"] for side in ("left", "right")
               for bone in ("hip-knee", "knee-ankle")) < 2  # fmt: skip
    trajectory = plan_trajectory(motion, robot, JointState(robot.rest_pose, 0 * robot.rest_pose))
    assert count_violations(trajectory, robot).total == 0


def test_a_robot_with_all_joints_lacks_nothing_but_what_a_motion_does_not_say() -> None:
    (gap,) = find_gaps(tiny())
    assert gap.startswith("joints that stay at rest") and "left_wrist_x" in gap
    assert find_gaps(tiny(wrist="")) == ()


def test_a_limb_that_errs_far_is_named() -> None:
    fit = measure_fit([gesture(24)], tiny(arm="y"))
    assert "right shoulder-elbow" in fit.poor
    assert not any("hip" in name for name in fit.poor)
    assert fit.violations == 0 and np.isfinite(fit.slowdown)

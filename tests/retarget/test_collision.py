from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from motiongpt.errors import RobotError
from motiongpt.motion.motion import Motion
from motiongpt.motion.skeleton import JOINT_INDEX as J
from motiongpt.retarget import Robot, load_robot, retarget
from motiongpt.retarget.measures import CollisionChecker, measure_tracking
from motiongpt.retarget.robot_file import find_robot_file
from tests.retarget.figures import gesture, standing


def _arms_folded(n_frames: int) -> Motion:
    """Both forearms point inwards before the belly, where a thin human has room for them."""
    p = standing(n_frames)
    for side, sign in (("left", 1.0), ("right", -1.0)):
        p[:, J[f"{side}_elbow"]] = [0.02, sign * 0.2, 1.15]
        p[:, J[f"{side}_wrist"]] = [0.16, sign * 0.04, 1.15]
    return Motion(p)


def test_arms_stay_out_of_the_body(robot: Robot) -> None:
    checker, motion = CollisionChecker(robot), _arms_folded(8)
    careless = replace(robot, body=replace(robot.body, clearances=()))
    assert all(checker.collides(q) for q in retarget(motion, careless).q[::4])
    assert not any(checker.collides(q) for q in retarget(motion, robot).q[::4])


def test_a_gesture_is_followed_closely(robot: Robot) -> None:
    motion = gesture(40)
    found = measure_tracking(motion, retarget(motion, robot), robot)
    assert np.degrees(found.bones.mean()) < 3
    assert np.degrees(found.torso.max()) < 1
    assert found.penetration.max() < 1e-6
    assert found.skate.mean() < 0.005


def test_capsules_may_be_named(tmp_path: Path) -> None:
    text = find_robot_file("unitree_g1").read_text()
    path = tmp_path / "robot.yaml"
    path.write_text(text + "capsules: {torso_link: [[0, 0, 0.1, 0, 0, 0.2, 0.33]]}\n")
    capsules = load_robot(str(path)).body.clearances[0].capsules
    assert capsules.radii.max() == pytest.approx(0.33)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("{torso_link: [[0, 0, 1]]}", "7 numbers"),
        ("none", "'auto' or a mapping"),
        ("{tail: [[0, 0, 0, 0, 0, 1, 0.1]]}", "link 'tail' of 'capsules' is not in robot"),
    ],
)
def test_bad_capsules_are_refused_with_the_reason(
    tmp_path: Path, value: str, message: str
) -> None:
    path = tmp_path / "robot.yaml"
    path.write_text(find_robot_file("unitree_g1").read_text() + f"capsules: {value}\n")
    with pytest.raises(RobotError, match=message):
        load_robot(str(path))


def test_touching_links_are_named_by_limb(robot: Robot) -> None:
    checker, q = CollisionChecker(robot), robot.rest_configuration()
    assert checker.touching_limbs(q) == set()
    for name, angle in (("left_hip_roll_joint", -0.2), ("right_hip_roll_joint", 0.2)):
        q[7 + robot.joint_names.index(name)] = angle  # shins and feet cross
    assert checker.touching_limbs(q) == {("left leg", "right leg")}
    careless = replace(robot, body=replace(robot.body, clearances=()))
    q = retarget(_arms_folded(2), careless).q[0]
    assert any("arm" in limb for pair in checker.touching_limbs(q) for limb in pair)

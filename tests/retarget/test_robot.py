from pathlib import Path

import numpy as np
import pinocchio as pin
import pytest

from motiongpt.errors import RobotError
from motiongpt.retarget import JointState, Robot, load_robot, retarget
from motiongpt.retarget.measures import measure_tracking
from motiongpt.retarget.robot_file import find_robot_file
from tests.retarget.figures import gesture

SHIPPED = find_robot_file("unitree_g1")


def test_the_g1_has_29_joints_and_flat_soles(robot: Robot) -> None:
    assert robot.n_joints == 29
    assert (robot.lower < robot.upper).all()
    assert (robot.velocity_limit <= 6.0).all()
    assert all(len(sole) == 4 and np.ptp(sole[:, 2]) < 1e-9 for sole in robot.soles)


def test_the_rest_pose_stands_with_both_soles_level(robot: Robot) -> None:
    data = robot.model.createData()
    pin.framesForwardKinematics(robot.model, data, robot.rest_configuration())
    heights = []
    for sole, side in zip(robot.soles, ("left", "right"), strict=True):
        placement = data.oMf[robot.frames[f"{side}_ankle"]]
        heights.append((sole @ placement.rotation.T + placement.translation)[:, 2])
    assert np.ptp(heights) < 1e-3


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("pelvis: pelvis", "pelvis: nothing", "link 'nothing' for 'pelvis' is not in robot"),
        ("forward: +x", "forward: up", "allowed: \\+x"),
        ("forward: +x", "front: +x", "unknown keys \\['front'\\]"),
        ("velocity: 6.0", "velocity: -1", "above 0"),
        ("velocity: 6.0", "speed: 6.0", "allowed: velocity"),
        ("left_elbow_joint: 1.2", "left_tail: 1.2", "left_tail"),
        ("knee: left_knee_link", "shin: left_knee_link", "lacks 'knee'"),
        ("g1_29dof_rev_1_0.urdf", "none.urdf", "no URDF at"),
        ("pkg://example-robot-data/", "pkg://no-such-package/", "pip install no-such-package"),
        ("robot: unitree_g1", "robot: [", "unreadable robot file"),
    ],
)
def test_a_bad_robot_file_is_refused_with_the_reason(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    text = SHIPPED.read_text()
    assert old in text
    path = tmp_path / "robot.yaml"
    path.write_text(text.replace(old, new))
    with pytest.raises(RobotError, match=message):
        load_robot(str(path))


def test_an_unknown_robot_lists_the_shipped_ones() -> None:
    with pytest.raises(RobotError, match="no robot 'hal'; robots: .*unitree_g1"):
        load_robot("hal")


def test_named_values_come_into_the_robots_order(robot: Robot) -> None:
    names = list(reversed(robot.joint_names))
    state = JointState.from_names(robot, names, list(reversed(robot.rest_pose)))
    assert np.array_equal(state.positions, robot.rest_pose)
    assert not state.velocities.any()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda n, p: (n[1:], p[1:]), "lacks \\['left_hip_pitch_joint'\\]"),
        (lambda n, p: ([*n, "tail"], [*p, 0.0]), "has \\['tail'\\]"),
        (lambda n, p: ([*n, n[0]], [*p, 0.0]), "more than once"),
        (lambda n, p: (n, p[1:]), "28 positions"),
        (lambda n, p: (n, [np.nan, *p[1:]]), "'left_hip_pitch_joint' has a position"),
        (lambda n, p: (n, [9.0, *p[1:]]), "is at 9.000 rad; allowed"),
    ],
)
def test_a_bad_joint_state_is_refused_with_the_reason(robot: Robot, change, message) -> None:
    names, positions = change(list(robot.joint_names), robot.rest_pose.tolist())
    with pytest.raises(RobotError, match=message):
        JointState.from_names(robot, names, positions)


def test_a_joint_just_outside_its_limit_is_taken_as_at_it(robot: Robot) -> None:
    positions = robot.rest_pose.copy()
    positions[0] = robot.upper[0] + 0.03
    state = JointState.from_names(robot, robot.joint_names, positions)
    assert state.positions[0] == robot.upper[0]


@pytest.mark.parametrize("name", ["talos", "romeo", "icub"])
def test_every_shipped_robot_follows_a_gesture_whichever_way_it_faces(name: str) -> None:
    shipped = load_robot(name)
    motion = gesture(24)
    followed = retarget(motion, shipped)
    found = measure_tracking(motion, followed, shipped)
    assert np.degrees(found.bones[:, [0, 1, 4, 5]].mean()) < 6  # legs
    assert np.degrees(found.bones[0].mean()) < 6 and np.degrees(found.torso.max()) < 2
    assert found.penetration.max() < 1e-6
    q = followed.q[:, 7:]
    assert (q >= shipped.lower).all() and (q <= shipped.upper).all()

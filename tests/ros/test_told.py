from dataclasses import replace

import numpy as np
import pytest
from rclpy.time import Time

from motiongpt.errors import RobotError
from motiongpt.retarget import JointState, load_robot, plan_trajectory
from motiongpt_ros import messages
from motiongpt_ros.parameters import MODES
from motiongpt_ros.sim_base import Walk
from motiongpt_ros.told import base_twist, planned_as, told_in
from tests.retarget.figures import gesture

ROBOT = load_robot("unitree_g1")
PLAN = plan_trajectory(gesture(40), ROBOT, JointState(ROBOT.rest_pose, 0 * ROBOT.rest_pose))


def test_split_mode_tells_all_joints_but_those_of_the_legs() -> None:
    told = told_in(ROBOT, "split").joints
    left_out = [ROBOT.joint_names[i] for i in np.flatnonzero(~told)]
    assert len(left_out) == 12
    assert all(any(part in name for part in ("hip", "knee", "ankle")) for name in left_out)
    assert told_in(ROBOT, "whole_body").joints.all()


def test_upper_body_mode_leaves_out_the_waist_too_and_gives_no_velocity() -> None:
    told = told_in(ROBOT, "upper_body")
    named = [ROBOT.joint_names[i] for i in np.flatnonzero(told.joints)]
    assert len(named) == 14
    assert all(any(part in name for part in ("shoulder", "elbow", "wrist")) for name in named)
    assert not told.walks and told_in(ROBOT, "split").walks


def test_every_mode_is_planned_as_one_of_the_library() -> None:
    assert [planned_as(mode).value for mode in MODES] == [
        "whole_body",
        "whole_body",
        "upper_body",
        "upper_body_balanced",
    ]
    assert [told_in(ROBOT, mode).balanced for mode in MODES] == [False, False, False, True]


def test_a_robot_that_follows_the_velocities_goes_where_the_path_goes() -> None:
    t = PLAN.times
    heading = 0.6 * np.sin(t)
    base = np.zeros((len(t), 7))
    base[:, 0], base[:, 1], base[:, 2] = np.sin(heading) + 0.5 * t, 0.1 * t**2, 0.7
    base[:, 5], base[:, 6] = np.sin(heading / 2), np.cos(heading / 2)
    walking, dt, walk = replace(PLAN, base=base), 0.01, Walk()
    pose = base[0]
    for time in np.arange(0, PLAN.duration, dt):
        velocity = base_twist(walking, time + dt / 2)
        walk.follow(np.array(velocity), time)
        pose = walk.step(pose, time, dt)
    assert np.allclose(pose[:2], base[-1, :2], atol=0.03)
    assert abs(pose[3:] @ base[-1, 3:]) > 0.999
    assert base_twist(walking, PLAN.duration + 0.1) == (0, 0, 0) == base_twist(walking, -0.1)


def test_a_velocity_expires() -> None:
    walk, base = Walk(), np.array([0, 0, 0.7, 0, 0, 0, 1.0])
    walk.follow(np.array([1.0, 0, 0]), 10.0)
    assert walk.step(base, 10.4, 0.1)[0] == pytest.approx(0.1)
    assert np.array_equal(walk.step(base, 10.6, 0.1), base)


def test_a_message_of_some_joints_moves_only_these() -> None:
    told = told_in(ROBOT, "split").joints
    message = messages.trajectory_message(PLAN, Time(seconds=5), told)
    assert set(message.joint_names) == {ROBOT.joint_names[i] for i in np.flatnonzero(told)}
    stay = ROBOT.rest_pose + 0.01
    _, positions, velocities = messages.read_points(message, ROBOT, stay)
    assert np.array_equal(positions[:, told], PLAN.positions[:, told])
    assert (positions[:, ~told] == stay[~told]).all()
    assert not velocities[:, ~told].any()
    with pytest.raises(RobotError, match="allowed: all joints"):
        messages.read_points(message, ROBOT)

import numpy as np
import pinocchio as pin
import pytest

from motiongpt.retarget import JointState, Mode, Robot, plan_trajectory, retarget_mode
from motiongpt.retarget.balance import CROUCH, zero_moment_points
from motiongpt.retarget.measures import place
from motiongpt.retarget.robot import N_BASE_Q
from tests.retarget.figures import gesture


def test_zero_moment_points_of_a_robot_at_rest_lie_under_its_centre_of_mass(robot: Robot) -> None:
    q = np.repeat(robot.rest_configuration()[None], 5, axis=0)
    points, height = zero_moment_points(place(q, robot), q[:, N_BASE_Q:].T, robot, 20.0)
    center = pin.centerOfMass(robot.model, robot.model.createData(), q[0])
    assert np.allclose(points, center[:2, None])
    assert 0.5 < height < 0.8


def test_a_centre_of_mass_that_speeds_up_pushes_the_zero_moment_point_back(robot: Robot) -> None:
    q = np.repeat(robot.rest_configuration()[None], 21, axis=0)
    t = np.arange(21) / 20
    q[:, 0] = 0.5 * t**2  # 1 m/s^2 forward
    points, height = zero_moment_points(place(q, robot), q[:, N_BASE_Q:].T, robot, 20.0)
    center = pin.centerOfMass(robot.model, robot.model.createData(), q[0])[0]
    assert np.allclose(points[0, 1:-1], center + q[1:-1, 0] - height / 9.81, atol=1e-6)


def test_zero_moment_points_stay_in_place_while_an_arm_swings(robot: Robot) -> None:
    motion = gesture(24)
    followed = retarget_mode(motion, robot, Mode.UPPER_BODY_BALANCED, enter=True)
    q = followed.q
    points, _ = zero_moment_points(place(q, robot), q[:, N_BASE_Q:].T, robot, motion.fps)
    swing = points[:, followed.entry + 1 : -1]
    assert np.ptp(swing, axis=1).max() < 0.01


def test_a_balanced_robot_enters_from_where_it_stands(robot: Robot) -> None:
    motion = gesture(24)
    followed = retarget_mode(motion, robot, Mode.UPPER_BODY_BALANCED, enter=True)
    assert np.abs(followed.q[0, N_BASE_Q:] - robot.rest_pose).max() < 1e-9
    assert followed.entry >= motion.fps
    alone = retarget_mode(motion, robot, Mode.UPPER_BODY_BALANCED)
    assert alone.entry == 0 and len(alone.q) == motion.n_frames
    inside = followed.q[followed.entry : followed.entry + motion.n_frames]
    upper = np.setdiff1d(
        np.arange(robot.n_joints), np.concatenate([leg.joints for leg in robot.body.legs])
    )
    assert np.array_equal(inside[:, N_BASE_Q + upper], alone.q[:, N_BASE_Q + upper])
    assert followed.q[0, 2] - followed.q[-1, 2] == pytest.approx(CROUCH, abs=3e-3)


def test_a_second_gesture_begins_where_the_first_one_ends(robot: Robot) -> None:
    rest = JointState(robot.rest_pose, np.zeros(robot.n_joints))
    first = plan_trajectory(gesture(24), robot, rest, mode=Mode.UPPER_BODY_BALANCED)
    second = retarget_mode(
        gesture(24), robot, Mode.UPPER_BODY_BALANCED, first.positions[-1], enter=True
    )
    assert np.abs(second.q[0, N_BASE_Q:] - first.positions[-1]).max() < 1e-9


def test_the_way_into_a_balanced_motion_is_part_of_the_hand_over(robot: Robot) -> None:
    rest = JointState(robot.rest_pose, np.zeros(robot.n_joints))
    trajectory = plan_trajectory(gesture(40), robot, rest, mode=Mode.UPPER_BODY_BALANCED)
    assert trajectory.handover_duration >= 1.0
    assert trajectory.duration - trajectory.handover_duration > 39 / 20

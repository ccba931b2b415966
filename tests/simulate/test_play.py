import numpy as np
import pytest

from motiongpt.motion.motion import Motion
from motiongpt.motion.skeleton import JOINT_INDEX as J
from motiongpt.retarget import (
    JointState,
    Mode,
    Robot,
    RobotTrajectory,
    load_robot,
    plan_trajectory,
)
from motiongpt.retarget.rotations import turn_axes
from motiongpt.simulate import play_trajectory
from tests.retarget.figures import gesture, standing


@pytest.fixture(scope="module")
def robot() -> Robot:
    return load_robot("unitree_g1")


def _plan(motion: Motion, robot: Robot, mode: Mode) -> RobotTrajectory:
    rest = JointState(robot.rest_pose, np.zeros(robot.n_joints))
    return plan_trajectory(motion, robot, rest, mode=mode)


def test_a_balanced_gesture_leaves_the_robot_standing_where_it_was(robot: Robot) -> None:
    played = play_trajectory(_plan(gesture(30), robot, Mode.UPPER_BODY_BALANCED), robot)
    assert played.stands
    assert np.degrees(played.tracking_error) < 1.0
    name, share = played.peak_torque
    assert name in robot.joint_names and 0.05 < share <= 1.0
    assert turn_axes(played.base[:, 3:])[2, 2].min() > np.cos(np.radians(10))
    assert np.linalg.norm(played.base[-1, :2]) < 0.1


def test_a_robot_whose_legs_kick_falls_and_the_time_is_told(robot: Robot) -> None:
    p = standing(40)
    share = np.linspace(0, 1, 40)[:, None]
    for name, reach in (("right_knee", 0.39), ("right_ankle", 0.8), ("right_foot", 0.85)):
        hip = p[:, J["right_hip"]]
        away = hip + reach * np.array([np.sin(1.4), 0, -np.cos(1.4)])
        p[:, J[name]] = (1 - share) * p[:, J[name]] + share * away
    played = play_trajectory(_plan(Motion(p), robot, Mode.WHOLE_BODY), robot)
    assert not played.stands
    assert played.fell_at == played.times[-1]


def test_torques_never_pass_the_effort_limits_whatever_the_stiffness(robot: Robot) -> None:
    trajectory = _plan(gesture(20), robot, Mode.UPPER_BODY_BALANCED)
    played = play_trajectory(trajectory, robot, stiffness=9000.0)
    assert (np.abs(played.torques) <= robot.effort_limit * (1 + 1e-9)).all()

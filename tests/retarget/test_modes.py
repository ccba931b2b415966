import numpy as np
import pinocchio as pin
import pytest

from motiongpt.motion.motion import Motion
from motiongpt.retarget import (
    JointState,
    Mode,
    Robot,
    count_violations,
    plan_trajectory,
    planar_velocity,
    retarget_mode,
)
from motiongpt.retarget.balance import support_margin
from motiongpt.retarget.kinematics import BASE
from motiongpt.retarget.robot import N_BASE_Q
from tests.retarget.figures import gesture, standing


def _bent(n_frames: int) -> Motion:
    """A bow: everything above the hips turns forward by half a radian."""
    p = standing(n_frames)
    angle = 0.5 * np.sin(np.linspace(0, np.pi, n_frames)) ** 2
    upper = p[0, :, 2] > 0.96
    hips = np.array([0, 0, 0.95])
    for t, a in enumerate(angle):
        p[t, upper] = (p[t, upper] - hips) @ pin.utils.rotate("y", a).T + hips
    return Motion(p)


@pytest.mark.parametrize("mode", [Mode.UPPER_BODY, Mode.SPLIT])
def test_legs_and_waist_stay_where_they_are(robot: Robot, mode: Mode) -> None:
    body = robot.body
    posture = robot.rest_pose.copy()
    posture[body.legs[0].joints[3]] = 0.4
    q = retarget_mode(gesture(30), robot, mode, posture).q[:, N_BASE_Q:]
    still = [*body.waist.joints, *body.legs[0].joints, *body.legs[1].joints]
    assert np.array_equal(q[:, still], np.repeat(posture[None, still], 30, axis=0))
    assert np.ptp(q[:, body.arms[1].joints], axis=0).max() > 1.0


@pytest.mark.parametrize("motion", [gesture(30), _bent(30)])
def test_a_balanced_robot_keeps_its_centre_of_mass_over_its_feet(
    robot: Robot, motion: Motion
) -> None:
    q = retarget_mode(motion, robot, Mode.UPPER_BODY_BALANCED).q
    assert support_margin(q, robot).min() > 0.04
    placed = robot.body.tree.place(
        q[:, N_BASE_Q:].T, np.repeat(np.eye(3)[..., None], len(q), axis=2), q[:, :3].T
    )
    for foot in robot.body.feet:
        corners = placed.points(foot.link, foot.corners)
        assert np.ptp(corners, axis=2).max() < 2e-3


def test_the_centre_of_mass_is_pinocchios(robot: Robot) -> None:
    q = robot.rest_configuration()
    q[N_BASE_Q:] += 0.1
    placed = robot.body.tree.place(q[N_BASE_Q:, None], np.eye(3)[..., None], np.zeros((3, 1)))
    expected = pin.centerOfMass(robot.model, robot.model.createData(), q)
    assert np.allclose(robot.body.center_of_mass(placed)[:, 0], expected)
    assert placed.p[BASE].shape == (3, 1)


@pytest.mark.parametrize("heading", [0.0, 2.0])
def test_a_walk_becomes_a_forward_velocity_whatever_the_heading(
    robot: Robot, heading: float
) -> None:
    p = standing(60)
    p[..., 0] += np.arange(60)[:, None] / 20 * 0.8
    c, s = np.cos(heading), np.sin(heading)
    velocity = planar_velocity(Motion(p @ np.array([[c, s, 0], [-s, c, 0], [0, 0, 1]])), robot)
    middle = velocity[20:40]
    assert middle[:, 0].min() > 0.4 and np.abs(middle[:, 1:]).max() < 1e-6


@pytest.mark.parametrize("mode", list(Mode))
def test_every_mode_keeps_every_limit(robot: Robot, mode: Mode) -> None:
    rest = JointState(robot.rest_pose, np.zeros(robot.n_joints))
    trajectory = plan_trajectory(gesture(25), robot, rest, mode=mode)
    assert count_violations(trajectory, robot).total == 0

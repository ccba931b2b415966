import numpy as np
import pytest

from motiongpt.errors import RetargetError
from motiongpt.motion.motion import Motion
from motiongpt.motion.skeleton import JOINT_INDEX as J
from motiongpt.retarget import Robot, human_pose, retarget
from tests.retarget.figures import gesture


def test_a_robot_at_rest_looks_like_a_standing_person(robot: Robot) -> None:
    pose = human_pose(robot.rest_pose, robot)
    assert pose.shape == (22, 3)
    assert pose[J["left_hip"], 1] > 0 > pose[J["right_hip"], 1]
    assert 1.2 < pose[J["head"], 2] < 1.7
    toes = pose[[J["left_foot"], J["right_foot"]]]
    assert toes[:, 2].min() == pytest.approx(0.02) and (toes[:, 0] > 0).all()


@pytest.mark.parametrize("heading", [0.0, 2.0])
def test_retargeting_the_pose_gives_the_configuration_back(robot: Robot, heading: float) -> None:
    errors = []
    for q in retarget(gesture(40, heading), robot).q[::4]:
        again = retarget(Motion(human_pose(q[7:], robot, q[:7])[None]), robot).q[0]
        errors.append(np.abs(again[7:] - q[7:]).mean())
    assert np.mean(errors) < 0.05


@pytest.mark.parametrize("joints", [np.zeros(3), np.full(29, np.nan)])
def test_a_configuration_of_another_shape_is_refused(robot: Robot, joints: np.ndarray) -> None:
    with pytest.raises(RetargetError, match=r"allowed: \(29,\)"):
        human_pose(joints, robot)

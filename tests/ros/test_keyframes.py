import numpy as np
import pytest

from motiongpt.errors import CommandError
from motiongpt.retarget import human_pose, load_robot
from motiongpt_ros.keyframes import Keyframes

ROBOT = load_robot("unitree_g1")


def _keyframes(*times: float) -> Keyframes:
    positions = [ROBOT.rest_pose + 0.01 * k for k in range(len(times))]
    return Keyframes(np.array(times), np.array(positions).reshape(len(times), ROBOT.n_joints))


def test_first_last_and_others_become_the_poses_that_they_are() -> None:
    keyframes = _keyframes(0.0, 1.0, 1.5, 3.0)
    poses = keyframes.to_poses(ROBOT)
    wanted = [human_pose(joints, ROBOT) for joints in keyframes.positions]
    assert np.array_equal(poses.initial, wanted[0])
    assert np.array_equal(poses.last, wanted[3])
    assert [key.time for key in poses.keys] == [1.0, 1.5]
    assert np.array_equal(poses.keys[1].pose, wanted[2])
    assert keyframes.duration == 3.0


def test_one_at_time_0_is_an_initial_pose_of_a_motion_of_any_length() -> None:
    poses = _keyframes(0.0).to_poses(ROBOT)
    assert poses.initial is not None and poses.last is None and not poses.keys
    assert _keyframes(0.0).duration is None


def test_one_later_is_the_last_pose() -> None:
    poses = _keyframes(2.0).to_poses(ROBOT)
    assert poses.initial is None and poses.last is not None and not poses.keys


@pytest.mark.parametrize("times", [(), (1.0, 1.0), (2.0, 1.0), (-1.0, 1.0)])
def test_times_that_do_not_rise_from_0_are_refused(times) -> None:
    with pytest.raises(CommandError, match="times that rise from 0 on"):
        _keyframes(*times)

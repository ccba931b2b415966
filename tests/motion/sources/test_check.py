import numpy as np
import pytest

from motiongpt.errors import MotionError
from motiongpt.motion.skeleton import HUMANML3D, JOINT_INDEX, PARENTS
from motiongpt.motion.sources.check import (
    body_height,
    check_person,
    check_upright,
    without_start_pose,
)


def _person(n_frames: int = 20) -> np.ndarray:
    positions = np.zeros((n_frames, 22, 3))
    for joint in range(1, 22):
        bone = 0.2 * HUMANML3D.rest_directions[joint]
        positions[:, joint] = positions[:, PARENTS[joint]] + bone
    return positions


def test_a_person_is_fine_and_as_high_as_legs_and_spine() -> None:
    check_person(_person())
    check_upright(_person())
    assert body_height(_person()) == pytest.approx(0.4 + 1.0)


def test_what_is_no_person_is_refused_with_the_reason() -> None:
    with pytest.raises(MotionError, match="too short: 15 frames at 20 a second; at least 16"):
        check_person(_person(15))
    for scale in (0.01, 100):
        with pytest.raises(MotionError, match="wrong units. height is .*; allowed: 0.5 to 2.5 m"):
            check_person(scale * _person())
    broken = _person()
    broken[3, 4, 1] = np.nan
    with pytest.raises(MotionError, match="frame 3, joint left_knee: not a finite place"):
        check_person(broken)
    broken = _person()
    broken[5, JOINT_INDEX["neck"]] = broken[5, JOINT_INDEX["spine3"]]
    with pytest.raises(MotionError, match="frame 5: neck is where spine3 is"):
        check_person(broken)


def test_a_person_who_never_stands_up_has_another_up_axis() -> None:
    lying = _person()[..., [0, 2, 1]]
    with pytest.raises(MotionError, match="never upright .*another 'up'"):
        check_upright(lying)
    check_upright(np.concatenate([lying, _person(1)]))


def test_a_t_pose_before_the_motion_is_left_out_and_a_fast_start_is_not() -> None:
    clip = _person() + 0.01 * np.arange(20)[:, None, None]
    assert len(without_start_pose(clip, 120)) == 20
    posed = clip.copy()
    posed[0, JOINT_INDEX["left_wrist"]] += [0.5, 0.5, 0]
    assert np.array_equal(without_start_pose(posed, 120), clip[1:])
    assert len(without_start_pose(posed, 20)) == 20  # 0.7 m in 50 ms is a punch
    assert len(without_start_pose(clip[:1], 120)) == 1

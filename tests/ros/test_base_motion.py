from dataclasses import replace

import numpy as np

from motiongpt.retarget import JointState, load_robot, plan_trajectory
from motiongpt_ros.base_motion import Planar, blend_base, sample_base, slow_down
from tests.retarget.figures import gesture

ROBOT = load_robot("unitree_g1")
PLAN = plan_trajectory(gesture(40), ROBOT, JointState(ROBOT.rest_pose, 0 * ROBOT.rest_pose))


def _walking(speed: float, turning: float):
    """A trajectory whose base walks on a circle."""
    t = PLAN.times
    base = np.zeros((len(t), 7))
    heading = turning * t
    base[:, 0], base[:, 1] = (
        speed * np.sin(heading) / turning,
        speed * (1 - np.cos(heading)) / turning,
    )
    base[:, 2] = 0.7
    base[:, 5], base[:, 6] = np.sin(heading / 2), np.cos(heading / 2)
    return replace(PLAN, base=base)


def test_a_pose_seen_from_a_place_and_placed_there_again_is_itself() -> None:
    random = np.random.default_rng(0)
    for _ in range(20):
        here, pose = random.normal(size=(2, 7))
        here[3:] /= np.linalg.norm(here[3:])
        pose[3:] /= np.linalg.norm(pose[3:])
        back = Planar.of(here).place_pose(Planar.of(here).see_pose(pose))
        assert np.allclose(back[:3], pose[:3])
        assert abs(back[3:] @ pose[3:]) > 1 - 1e-9


def test_a_base_slows_down_from_its_speed_to_rest_on_its_path() -> None:
    walking = _walking(1.0, 0.5)
    times = np.linspace(0, 0.4, 21)
    slowed = slow_down(walking, 0.6, times)
    assert np.allclose(slowed[0], [0, 0, 0.7, 0, 0, 0, 1], atol=1e-9)
    speed = np.linalg.norm(np.diff(slowed[:, :2], axis=0), axis=1) / np.diff(times)
    assert np.isclose(speed[0], 1.0, atol=0.05)
    assert np.isclose(speed[-1], 0.0, atol=0.05)
    assert (np.diff(speed) < 0).all()
    reached = sample_base(walking.times, walking.base, 0.6 + 0.2)
    begin = Planar.of(sample_base(walking.times, walking.base, 0.6))
    assert np.allclose(begin.place_pose(slowed[-1]), reached, atol=1e-9)


def test_a_base_goes_on_without_a_step_in_place_or_speed_when_a_motion_takes_over() -> None:
    walking = _walking(1.0, 0.5)
    leaning = walking.base.copy()
    leaning[:, 2] = 0.6
    blended = blend_base(PLAN, replace(walking, base=leaning), 0.6)
    dt = PLAN.times[1]
    assert np.allclose(blended.base[0], [0, 0, 0.6, 0, 0, 0, 1], atol=1e-6)
    velocity = np.diff(blended.base[:, :3], axis=0) / dt
    assert np.allclose(velocity[0], [1.0, 0, 0], atol=0.06)
    assert np.abs(np.diff(velocity, axis=0)).max() < 0.2  # [m/s] from point to point
    assert np.isclose(blended.base[-1, 2], PLAN.base[-1, 2])

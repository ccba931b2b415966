import numpy as np
import pytest

from motiongpt.errors import MotionError
from motiongpt.motion.skeleton import JOINT_NAMES
from motiongpt.motion.sources.joint_map import JointMap, find_scale, leg_length

AXES = np.eye(3)


def _identity(scale: float | None = 1.0, axes: np.ndarray = AXES) -> JointMap:
    return JointMap("test", scale, axes, {name: {name: 1.0} for name in JOINT_NAMES})


def _legs(length: float) -> np.ndarray:
    positions = np.zeros((3, 22, 3))
    positions[:, [4, 5], 1] = -0.4 * length
    positions[:, [7, 8]] = [0, -0.4 * length, 0.6 * length]
    return positions


@pytest.mark.parametrize(
    ("length", "scale"), [(0.9, 1.0), (34.0, 0.0254), (21.0, 0.0254), (84.0, 0.01), (700.0, 0.001)]
)
def test_the_unit_is_told_from_the_length_of_the_legs(length: float, scale: float) -> None:
    assert leg_length(_legs(length)) == pytest.approx(length)
    assert find_scale(_legs(length)) == scale


@pytest.mark.parametrize("length", [0.0, 5.0, 200.0, 1500.0])
def test_a_length_no_leg_has_is_refused(length: float) -> None:
    with pytest.raises(MotionError, match=f"legs are {length:.4g} long; allowed: 0.5 to 1.15"):
        find_scale(_legs(length))


def test_z_up_becomes_y_up_by_a_rotation_and_left_stays_left() -> None:
    axes = np.array([[0.0, 1, 0], [0, 0, 1], [1, 0, 0]])  # REP-103: x forward, y left, z up
    points = np.random.default_rng(0).normal(size=(2, 22, 3))
    positions = _identity(2.0, axes).apply(points, JOINT_NAMES)
    assert np.allclose(positions, 2 * points[..., [1, 2, 0]])
    assert np.linalg.det(axes) == pytest.approx(1)


def test_joints_are_weighted_means_whatever_the_order_and_prefix_of_names() -> None:
    joints = {name: {"a": 0.25, "b/end": 0.75} for name in JOINT_NAMES}
    joint_map = JointMap("test", 1.0, AXES, joints, prefixes=("rig_",))
    points = np.array([[[8.0, 0, 0], [1.0, 1, 1], [0, 4.0, 0]]])
    names = ("Person:rig_b/end", "other", "rig_a")
    assert np.allclose(joint_map.apply(points, names), [[[6, 1, 0]] * 22])
    assert joint_map.missing(["x:a"]) == ["b/end"]


def test_missing_points_are_named() -> None:
    with pytest.raises(MotionError, match="joints pelvis, left_hip, .* and 18 more of map 'test'"):
        _identity().apply(np.zeros((1, 1, 3)), ("a",))

import numpy as np
import pytest

from motiongpt.errors import MotionError
from motiongpt.motion import layout
from motiongpt.motion.features import (
    REST_DIRECTIONS,
    _heading,
    canonicalize,
    encode_features,
    recover_positions,
    unify_skeleton,
)
from motiongpt.motion.motion import Motion
from motiongpt.motion.rotation import matrix_about_y, matrix_between, rotate_about_y
from motiongpt.motion.skeleton import MIRROR, N_JOINTS, PARENTS


@pytest.fixture
def clip() -> np.ndarray:
    """A figure that walks a circle (several full turns) and wobbles, (120, 22, 3), y up."""
    rng = np.random.default_rng(0)
    t = np.arange(120) / 20.0
    bones = REST_DIRECTIONS * rng.uniform(0.1, 0.4, (N_JOINTS, 1))
    sway = 0.2 * np.sin(2 * t[:, None, None] + rng.uniform(0, 6, (N_JOINTS, 3)))
    pose = np.zeros((len(t), N_JOINTS, 3))
    for joint in range(1, N_JOINTS):
        bone = bones[joint] + sway[:, joint] * 0.3
        pose[:, joint] = pose[:, PARENTS[joint]] + bone
    pose = rotate_about_y(pose, (1.5 * t)[:, None])
    path = np.stack([np.sin(1.5 * t), 0.9 + 0.02 * np.cos(5 * t), np.cos(1.5 * t)], axis=-1)
    return pose + path[:, None]


def test_a_feature_vector_has_263_values() -> None:
    assert layout.N_FEATURES == 263


def test_positions_are_recovered_from_features_up_to_the_first_heading(clip: np.ndarray) -> None:
    recovered = recover_positions(encode_features(clip))
    local = clip[:-1] - clip[0, 0] * [1, 0, 1]
    bone = 1  # the rigid turn between the two is the first frame's heading
    angle = [np.arctan2(*(p[0, bone] - p[0, 0])[[0, 2]]) for p in (local, recovered)]
    aligned = rotate_about_y(local, angle[1] - angle[0])
    assert np.abs(aligned - recovered).max() < 1e-9


def test_a_clip_is_put_on_the_floor_at_the_origin_facing_forward(clip: np.ndarray) -> None:
    placed = canonicalize(clip)
    assert placed[..., 1].min() == pytest.approx(0)
    assert np.allclose(placed[0, 0, [0, 2]], 0)
    across = placed[0, 2] - placed[0, 1] + placed[0, 17] - placed[0, 16]
    facing = np.cross([0, 1, 0], across)
    assert facing[2] > 0
    assert facing[0] == pytest.approx(0, abs=1e-12)


def test_the_common_skeleton_changes_lengths_but_no_direction(clip: np.ndarray) -> None:
    lengths = np.linspace(0.1, 0.5, N_JOINTS)
    unified = unify_skeleton(clip, lengths)
    before = clip[:, 1:] - clip[:, PARENTS[1:]]
    after = unified[:, 1:] - unified[:, PARENTS[1:]]
    assert np.allclose(np.linalg.norm(after, axis=-1), lengths[1:])
    cosine = (before * after).sum(-1) / np.linalg.norm(before, axis=-1) / lengths[1:]
    assert np.allclose(cosine, 1)


def test_stored_rotations_rebuild_the_root_bones(clip: np.ndarray) -> None:
    features = encode_features(clip)
    x, y = np.split(features[:, layout.ROTATIONS_6D].reshape(-1, N_JOINTS - 1, 6), 2, axis=-1)
    R = np.stack([x, y, np.cross(x, y)], axis=-1)
    turn = matrix_about_y(-_heading(clip)[:-1])
    for joint in (1, 2, 3):
        bone = clip[:-1, joint] - clip[:-1, 0]
        direction = np.einsum("tij,tjk,k->ti", turn, R[:, joint - 1], REST_DIRECTIONS[joint])
        assert np.allclose(direction, bone / np.linalg.norm(bone, axis=-1, keepdims=True))


@pytest.mark.parametrize("target", [[0, 0, 1], [0, 1, 0], [0, 0, -1], [0.6, 0.0, -0.8]])
def test_the_rotation_between_two_directions_takes_one_to_the_other(target: list) -> None:
    R = matrix_between(np.array([0.0, 0.0, 1.0]), np.array(target, dtype=float))
    assert np.allclose(R @ [0, 0, 1], target)
    assert np.allclose(R @ R.T, np.eye(3))
    assert np.linalg.det(R) == pytest.approx(1)


@pytest.mark.parametrize(
    ("positions", "message"),
    [
        (np.zeros((5, 21, 3)), "shape"),
        (np.zeros((1, 22, 3)), "at least 2"),
        (np.full((5, 22, 3), np.nan), "not finite"),
    ],
)
def test_a_bad_clip_is_refused_with_a_reason(positions: np.ndarray, message: str) -> None:
    with pytest.raises(MotionError, match=message):
        encode_features(positions)


def test_features_of_a_wrong_width_are_refused() -> None:
    with pytest.raises(MotionError, match="263"):
        recover_positions(np.zeros((4, 251)))


def test_axes_go_to_rep_103_and_back(clip: np.ndarray) -> None:
    motion = Motion.from_y_up(clip)
    assert np.array_equal(motion.to_y_up(), clip)
    assert np.array_equal(motion.positions[..., 2], clip[..., 1])
    assert np.array_equal(motion.positions[..., 0], clip[..., 2])


def test_mirroring_joints_twice_changes_nothing() -> None:
    assert np.array_equal(MIRROR[MIRROR], np.arange(N_JOINTS))

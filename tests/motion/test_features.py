import numpy as np
import pytest

from motiongpt.errors import MotionError
from motiongpt.motion import layout
from motiongpt.motion.features import (
    PositionRecovery,
    canonicalize,
    encode_features,
    heading_turn,
    recover_positions,
    unify_skeleton,
)
from motiongpt.motion.kit import kit_to_humanml3d
from motiongpt.motion.layout import Layout, layout_of
from motiongpt.motion.motion import Motion
from motiongpt.motion.rotation import matrix_about_y, matrix_between
from motiongpt.motion.skeleton import HUMANML3D, KIT_ML, SKELETONS, Skeleton, skeleton_with
from tests.motion import original
from tests.motion.clips import bone_lengths, circling_clip

BOTH = pytest.mark.parametrize("skeleton", SKELETONS.values(), ids=SKELETONS)


@BOTH
def test_features_agree_with_the_original_processing(skeleton: Skeleton) -> None:
    clip, lengths = circling_clip(150, skeleton), bone_lengths(skeleton)
    placed = original.place(clip, lengths, skeleton)
    ours = canonicalize(unify_skeleton(clip, lengths, skeleton), skeleton)
    assert np.abs(ours - placed).max() * skeleton.unit < 1e-9
    expected = original.features(placed, skeleton)
    published = encode_features(placed, skeleton, published_turns=True)
    assert np.abs(published - expected).max() < 1e-6
    assert set(np.unique(published[:, Layout(skeleton.n_joints).foot_contacts])) <= {0.0, 1.0}
    # More than a full turn: the yaw velocity differs where it passes 180 degrees.
    differs = np.abs(encode_features(placed, skeleton) - expected) > 1e-6
    assert not differs[:, 1:].any()
    assert 1 <= differs[:, 0].sum() <= 4


@BOTH
def test_positions_are_recovered_from_features(skeleton: Skeleton) -> None:
    placed = canonicalize(circling_clip(200, skeleton), skeleton)
    recovered = recover_positions(encode_features(placed, skeleton))
    assert np.abs(recovered - placed[:-1]).max() * skeleton.unit < 1e-9


def test_recovery_in_pieces_equals_recovery_at_once() -> None:
    features = encode_features(canonicalize(circling_clip(61)))
    recovery = PositionRecovery(263)
    pieces = [recovery.push(features[i : i + 7]) for i in range(0, 60, 7)]
    assert np.abs(np.concatenate(pieces) - recover_positions(features)).max() < 1e-12


def test_widths_are_those_of_the_datasets() -> None:
    assert (layout.N_FEATURES, layout_of(251).n_joints) == (263, 21)
    for skeleton in SKELETONS.values():
        at = Layout(skeleton.n_joints)
        covered = np.concatenate([np.r_[group] for group in at.groups])
        assert np.array_equal(covered, np.arange(at.n_features))
    with pytest.raises(MotionError, match=r"263 \(humanml3d\), 251 \(kit-ml\)"):
        layout_of(260)
    with pytest.raises(MotionError, match=r"22 \(humanml3d\), 21 \(kit-ml\)"):
        skeleton_with(24)


@BOTH
def test_a_clip_is_put_on_the_floor_at_the_origin_facing_forward(skeleton: Skeleton) -> None:
    placed = canonicalize(circling_clip(60, skeleton), skeleton)
    assert placed[..., 1].min() == pytest.approx(0)
    assert np.allclose(placed[0, 0, [0, 2]], 0)
    (left_hip, right_hip), (left, right) = skeleton.hips, skeleton.shoulders
    start = placed[0]
    facing = np.cross([0, 1, 0], start[right_hip] - start[left_hip] + start[right] - start[left])
    assert facing[2] > 0
    assert facing[0] / facing[2] == pytest.approx(0, abs=1e-12)


@BOTH
def test_the_common_skeleton_changes_lengths_but_no_direction(skeleton: Skeleton) -> None:
    clip, lengths = circling_clip(30, skeleton), bone_lengths(skeleton)
    unified = unify_skeleton(clip, lengths, skeleton)
    before, after = (p[:, 1:] - p[:, skeleton.parents[1:]] for p in (clip, unified))
    assert np.allclose(np.linalg.norm(after, axis=-1), lengths[1:])
    cosine = (before * after).sum(-1) / np.linalg.norm(before, axis=-1) / lengths[1:]
    assert np.allclose(cosine, 1)


def test_stored_rotations_rebuild_the_root_bones() -> None:
    clip = canonicalize(circling_clip())
    rotations = encode_features(clip)[:, Layout(22).rotations_6d].reshape(-1, 21, 6)
    x, y = np.split(rotations, 2, axis=-1)
    R = np.stack([x, y, np.cross(x, y)], axis=-1)
    turn = matrix_about_y(heading_turn(clip)[:-1])
    for joint in (1, 2, 3):
        bone = clip[:-1, joint] - clip[:-1, 0]
        rest = HUMANML3D.rest_directions[joint]
        direction = np.einsum("tij,tjk,k->ti", turn, R[:, joint - 1], rest)
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
        (np.zeros((5, 21, 3)), r"\(5, 21, 3\); allowed: \(T, 22, 3\)"),
        (np.zeros((1, 22, 3)), "at least 2"),
        (np.full((5, 22, 3), np.nan), "frame 0, joint 'pelvis' is not finite"),
    ],
)
def test_a_bad_clip_is_refused_with_a_reason(positions: np.ndarray, message: str) -> None:
    with pytest.raises(MotionError, match=message):
        encode_features(positions)


def test_a_bone_of_no_length_is_named() -> None:
    clip = circling_clip(10)
    clip[3, 20] = clip[3, 18]
    with pytest.raises(MotionError, match="frame 3: the bone that ends in 'left_wrist'"):
        unify_skeleton(clip, bone_lengths(HUMANML3D))


@pytest.mark.parametrize("features", [np.zeros((4, 260)), np.zeros((0, 263)), np.zeros(263)])
def test_features_of_a_wrong_shape_are_refused(features: np.ndarray) -> None:
    with pytest.raises(MotionError, match="allowed"):
        recover_positions(features)


def test_axes_go_to_rep_103_and_back() -> None:
    clip = circling_clip()
    motion = Motion.from_y_up(clip)
    assert np.array_equal(motion.to_y_up(), clip)
    assert np.array_equal(motion.positions[..., 2], clip[..., 1])
    assert np.array_equal(motion.positions[..., 0], clip[..., 2])


@BOTH
def test_mirroring_joints_twice_changes_nothing(skeleton: Skeleton) -> None:
    assert np.array_equal(skeleton.mirror[skeleton.mirror], np.arange(skeleton.n_joints))
    left = skeleton.index["left_wrist"]
    assert skeleton.mirror[left] == skeleton.index["right_wrist"]


def test_kit_ml_joints_become_22_in_metres() -> None:
    clip = circling_clip(5, KIT_ML)
    human = kit_to_humanml3d(clip)
    for name in ("left_wrist", "right_foot", "head"):
        ours, theirs = human[:, HUMANML3D.index[name]], clip[:, KIT_ML.index[name]]
        assert np.allclose(1000 * ours, theirs)
    with pytest.raises(MotionError, match="allowed"):
        kit_to_humanml3d(np.zeros((5, 22, 3)))

import pickle
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from motiongpt.errors import MotionError
from motiongpt.motion.skeleton import PARENTS
from motiongpt.motion.sources.amass import (
    Y_UP_FROM_AMASS,
    pose_joints,
    read_amass,
    read_body_model,
    read_body_models,
)

N_VERTICES, N_MODEL_JOINTS, N_SHAPES = 40, 52, 16


def model_arrays(seed: int = 0) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    regressor = rng.uniform(size=(N_MODEL_JOINTS, N_VERTICES))
    tree = np.zeros((2, N_MODEL_JOINTS), dtype=np.uint32)
    tree[0, :22] = PARENTS.astype(np.uint32)  # the root's is 4294967295, as in the real files
    return {
        "v_template": rng.normal(size=(N_VERTICES, 3)),
        "shapedirs": rng.normal(size=(N_VERTICES, 3, N_SHAPES)),
        "J_regressor": regressor / regressor.sum(axis=1, keepdims=True),
        "kintree_table": tree,
    }


def clip_arrays(n_frames: int = 6, seed: int = 1) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    return {
        "poses": rng.normal(size=(n_frames, 156)),
        "trans": rng.normal(size=(n_frames, 3)),
        "betas": rng.normal(size=16),
        "gender": np.array("female"),
        "mocap_framerate": np.array(120.0),
    }


def _save(path: Path, arrays: dict[str, np.ndarray]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(path, **arrays)  # type: ignore[arg-type]
    return path


def test_joints_equal_those_of_an_independent_formulation(tmp_path: Path) -> None:
    model, clip = model_arrays(), clip_arrays()
    body = read_body_model(_save(tmp_path / "model.npz", model))
    positions, fps = read_amass(_save(tmp_path / "a.npz", clip), {"neutral": body})
    assert fps == 120
    assert positions.shape == (6, 22, 3)
    shaped = model["v_template"] + model["shapedirs"][..., :10] @ clip["betas"][:10]
    rest = model["J_regressor"][:22] @ shaped
    for t in range(6):
        world = [np.eye(4)] * 22
        for joint in range(22):
            local = np.eye(4)
            local[:3, :3] = Rotation.from_rotvec(clip["poses"][t, 3 * joint :][:3]).as_matrix()
            parent = PARENTS[joint]
            local[:3, 3] = rest[joint] - (rest[parent] if parent >= 0 else 0)
            world[joint] = (world[parent] if parent >= 0 else np.eye(4)) @ local
            x, y, z = world[joint][:3, 3] + clip["trans"][t]
            assert np.allclose(positions[t, joint], [-x, z, y])


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_bones_keep_their_lengths_in_every_pose(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rest = rng.normal(size=(22, 3))
    positions = pose_joints(rest, rng.normal(size=(3, 22, 3)) * 3, rng.normal(size=(3, 3)))
    lengths = np.linalg.norm(positions[:, 1:] - positions[:, PARENTS[1:]], axis=-1)
    assert np.allclose(lengths, np.linalg.norm(rest[1:] - rest[PARENTS[1:]], axis=-1))


def test_the_change_of_axes_is_a_rotation_that_makes_z_y() -> None:
    assert np.linalg.det(Y_UP_FROM_AMASS) == pytest.approx(1)
    assert (Y_UP_FROM_AMASS @ [0, 0, 1]).tolist() == [0, 1, 0]


def test_the_model_of_the_clips_gender_is_taken_from_a_folder(tmp_path: Path) -> None:
    _save(tmp_path / "models" / "male" / "model.npz", model_arrays(2))
    _save(tmp_path / "models" / "SMPLX_FEMALE.npz", model_arrays(3))
    models = read_body_models(tmp_path / "models")
    assert list(models) == ["female", "male"]
    clip = clip_arrays() | {"gender": np.array(b"male")}
    of_male, _ = read_amass(_save(tmp_path / "a.npz", clip), models)
    alone = {"neutral": read_body_model(tmp_path / "models" / "male" / "model.npz")}
    assert np.allclose(of_male, read_amass(tmp_path / "a.npz", alone)[0])
    del clip["gender"]
    other, _ = read_amass(_save(tmp_path / "b.npz", clip), models)
    assert not np.allclose(other, of_male)


def test_a_folder_without_models_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MotionError, match="no .npz named after neutral, female, male"):
        read_body_models(tmp_path)


def test_newer_clips_of_smpl_x_and_clips_without_shape_are_read(tmp_path: Path) -> None:
    clip = clip_arrays()
    clip["mocap_frame_rate"] = clip.pop("mocap_framerate")
    clip["poses"] = np.concatenate([clip["poses"], np.zeros((6, 9))], axis=1)
    del clip["betas"]
    body = read_body_model(_save(tmp_path / "model.npz", model_arrays()))
    assert read_amass(_save(tmp_path / "a.npz", clip), {"neutral": body})[0].shape == (6, 22, 3)


NAN = np.full((6, 3), np.nan)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"poses": None}, "no poses; is it a clip of AMASS"),
        ({"mocap_framerate": None}, "no mocap_framerate or mocap_frame_rate"),
        ({"poses": np.zeros((6, 63))}, r"poses \(6, 63\), trans \(6, 3\); allowed: \(T, 66"),
        ({"trans": np.zeros((5, 3))}, r"trans \(5, 3\)"),
        ({"trans": NAN}, "trans has a value that is no number below 1e.09"),
        ({"betas": np.array(["a"])}, "betas has a value"),
        ({"mocap_framerate": np.array(0.0)}, "6 frames at 0 a second; allowed"),
        ({"mocap_framerate": np.array(1e6)}, r"at 1e\+06 a second"),
        ({"mocap_framerate": np.ones(3)}, "6 frames at 0 a second"),
        ({"poses": np.zeros((0, 66)), "trans": np.zeros((0, 3))}, "0 frames at 120"),
        ({"poses": np.array([{}], dtype=object)}, "'poses' of it is a pickle; pickles are never"),
    ],
)
def test_a_wrong_clip_is_refused(
    tmp_path: Path, change: dict[str, np.ndarray | None], message: str
) -> None:
    arrays = {k: v for k, v in (clip_arrays() | change).items() if v is not None}
    body = read_body_model(_save(tmp_path / "model.npz", model_arrays()))
    with pytest.raises(MotionError, match=message) as caught:
        read_amass(_save(tmp_path / "clip.npz", arrays), {"neutral": body})
    assert "clip.npz" in str(caught.value)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"shapedirs": None}, "no shapedirs; a body model has v_template, shapedirs"),
        ({"J_regressor": np.ones((21, N_VERTICES))}, r"J_regressor \(21, 40\); allowed: \(V, 3\)"),
        ({"J_regressor": np.ones((22, 3))}, r"\(22, 3\)"),
        ({"v_template": np.ones((N_VERTICES, 2))}, r"v_template \(40, 2\)"),
        ({"v_template": np.full((N_VERTICES, 3), np.inf)}, "not finite"),
        ({"kintree_table": np.zeros((2, 52))}, "kintree_table is not SMPL's"),
        ({"J_regressor": np.array({}, dtype=object)}, "'J_regressor' of it is a pickle.*toarray"),
    ],
)
def test_a_wrong_body_model_is_refused(
    tmp_path: Path, change: dict[str, np.ndarray | None], message: str
) -> None:
    arrays = {k: v for k, v in (model_arrays() | change).items() if v is not None}
    with pytest.raises(MotionError, match=message) as caught:
        read_body_model(_save(tmp_path / "model.npz", arrays))
    assert "model.npz" in str(caught.value)


def test_pickles_arrays_and_truncated_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.npz"
    path.write_bytes(pickle.dumps({"v_template": 1}))
    with pytest.raises(MotionError, match="it is a pickle; pickles are never loaded, .*savez"):
        read_body_model(path)
    with path.open("wb") as file:
        np.save(file, np.zeros(3))
    with pytest.raises(MotionError, match="is a single array"):
        read_body_model(path)
    whole = _save(tmp_path / "whole.npz", model_arrays()).read_bytes()
    for content in (b"", b"text", whole[:-40], whole[: len(whole) // 2]):
        path.write_bytes(content)
        with pytest.raises(MotionError, match="no readable .npz"):
            read_body_model(path)
    corrupt = bytearray(whole)
    corrupt[300:400] = bytes(100)
    path.write_bytes(bytes(corrupt))
    with pytest.raises(MotionError, match="no readable .npz"):
        read_body_model(path)
    with pytest.raises(MotionError, match="no readable .npz"):
        read_body_model(tmp_path / "none.npz")

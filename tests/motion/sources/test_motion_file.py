from pathlib import Path

import numpy as np
import pytest

from motiongpt.errors import MotionError
from motiongpt.motion.prepare import clip_features
from motiongpt.motion.skeleton import JOINT_INDEX, MIRROR, PARENTS
from motiongpt.motion.sources import import_motion, read_map, shipped_maps
from tests.motion.sources.skeletons import TREES, bvh_text, write_source


@pytest.mark.parametrize("order", ["ZXY", "ZYX"])
@pytest.mark.parametrize("source", TREES)
def test_a_raised_left_arm_stays_left_and_up_in_every_source(
    tmp_path: Path, source: str, order: str
) -> None:
    positions = import_motion(write_source(tmp_path, source, order=order))
    assert positions.shape == (40, 22, 3)  # 60 frames at 30 a second
    joint = {name: positions[0, index] for name, index in JOINT_INDEX.items()}
    assert joint["left_wrist"][1] > joint["head"][1] + 0.1
    assert joint["left_wrist"][0] > 0 > joint["right_wrist"][0]
    assert joint["left_foot"][2] > joint["left_ankle"][2] + 0.1
    assert joint["left_hip"] - joint["right_hip"] == pytest.approx([0.18, 0, 0], abs=2e-3)
    assert joint["pelvis"] == pytest.approx([0, 0.95, 0], abs=2e-3)
    assert joint["left_ankle"][1] == pytest.approx(0.06, abs=2e-3)
    way = positions[-1] - positions[0]
    assert np.allclose(way, [0, 0, 39 / 20 * 0.02 * 30], atol=5e-3)


@pytest.mark.parametrize("source", TREES)
def test_the_rest_pose_is_symmetric_and_has_features(tmp_path: Path, source: str) -> None:
    tree, scale, _ = TREES[source]
    path = tmp_path / "rest.bvh"
    path.write_text(bvh_text(tree, scale=scale))
    positions = import_motion(path)
    assert np.allclose(positions[:, MIRROR] * [-1, 1, 1], positions, atol=1e-3)
    bones = np.linalg.norm(positions[0, 1:] - positions[0, PARENTS[1:]], axis=-1)
    assert bones.min() > 0.02
    assert np.isfinite(clip_features(positions, np.array([0, *bones]))).all()


def test_the_thorax_that_cmus_conversions_leave_out_is_put_back(tmp_path: Path) -> None:
    positions = import_motion(write_source(tmp_path, "cmu"))
    shoulder = positions[0, JOINT_INDEX["left_shoulder"], 1]
    assert shoulder == pytest.approx(0.95 + 0.24 + 0.05 + 0.12, abs=2e-3)


def test_a_map_of_the_users_own_turns_z_up_to_y_up(tmp_path: Path) -> None:
    tree, _, arm = TREES["lafan1"]
    turned = [(name, parent, (x, -z, y)) for name, parent, (x, y, z) in tree]
    path = tmp_path / "blender.bvh"
    raised = {arm: np.tile([0.0, -80.0, 0.0], (60, 1))}
    path.write_text(bvh_text(turned, raised, order="XYZ", step=(0, -2, 0)))
    own = tmp_path / "own.yaml"
    text = shipped_maps()["lafan1"].read_text()
    own.write_text(text.replace("up: +y", "up: +z").replace("forward: +z", "forward: -y"))
    assert read_map(own).axes.tolist() == [[1, 0, 0], [0, 0, 1], [0, -1, 0]]
    expected = import_motion(write_source(tmp_path, "lafan1"))
    assert np.allclose(import_motion(path, str(own)), expected, atol=1e-5)
    with pytest.raises(MotionError, match="blender.bvh: never upright .*another 'up'"):
        import_motion(path)


def test_a_t_pose_frame_before_the_motion_is_left_out(tmp_path: Path) -> None:
    tree, scale, arm = TREES["cmu"]
    raised = np.tile([80.0, 0.0, 0.0], (121, 1))
    raised[0] = 0
    path = tmp_path / "a.bvh"
    path.write_text(bvh_text(tree, {arm: raised}, n_frames=121, fps=120, scale=scale))
    positions = import_motion(path)
    assert positions.shape == (20, 22, 3)
    assert positions[0, JOINT_INDEX["left_wrist"], 1] > positions[0, JOINT_INDEX["head"], 1]


def test_a_file_that_cannot_be_used_is_named_with_the_reason(tmp_path: Path) -> None:
    cases = {
        "short.bvh": (write_source(tmp_path, "lafan1", "short.bvh", n_frames=20), "too short: 13"),
        "tiny.bvh": (write_source(tmp_path, "lafan1", "tiny.bvh", scale=0.1), "wrong units"),
        "big.bvh": (write_source(tmp_path, "mixamo", "big.bvh", scale=30.0), "units: auto"),
        "a.npz": (tmp_path / "a.npz", "give one with --body-model"),
        "a.fbx": (tmp_path / "a.fbx", "allowed are .bvh, .npz, .c3d"),
    }
    for name, (path, message) in cases.items():
        with pytest.raises(MotionError, match=message) as caught:
            import_motion(path)
        assert name in str(caught.value)

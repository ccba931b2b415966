import json
from pathlib import Path

import numpy as np
import pytest

from motiongpt.errors import MotionError
from motiongpt.motion.augment import mirror_positions, mirror_text, warp_time
from motiongpt.motion.features import REST_DIRECTIONS
from motiongpt.motion.prepare import prepare
from motiongpt.motion.skeleton import JOINT_NAMES, N_JOINTS, PARENTS


def _walking(n_frames: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    t = np.arange(n_frames) / 20
    pose = np.zeros((n_frames, N_JOINTS, 3))
    for joint in range(1, N_JOINTS):
        swing = 0.2 * np.sin(4 * t[:, None] + rng.uniform(0, 6, 3))
        pose[:, joint] = pose[:, PARENTS[joint]] + 0.3 * REST_DIRECTIONS[joint] + 0.3 * swing
    return pose + np.stack([0 * t, 0 * t + 1, t], axis=-1)[:, None]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "joints").mkdir()
    clips = {"a": _walking(40, 0), "b": _walking(60, 1), "c": _walking(10, 2)}
    clips["d"] = np.full((40, 22, 3), np.nan)
    clips["e"] = _walking(50, 3)
    for name, clip in clips.items():
        np.save(tmp_path / "joints" / f"{name}.npy", clip.astype(np.float32))
    (tmp_path / "train.txt").write_text("a\nb\nc\nd\n")
    (tmp_path / "val.txt").write_text("e\n")
    joints = [{"name": name, "offset": [0, 0.3, 0]} for name in JOINT_NAMES]
    (tmp_path / "skeleton.json").write_text(json.dumps({"joints": joints}))
    return tmp_path


def test_good_clips_are_prepared_and_bad_ones_rejected_with_a_reason(folder: Path) -> None:
    seen = []
    result = prepare(folder, folder / "out", on_progress=lambda *done: seen.append(done))
    assert result.ready == {"train": ("a", "b"), "val": ("e",)}
    assert set(result.rejected) == {"c", "d"}
    assert "10 frames" in result.rejected["c"]
    assert "not finite" in result.rejected["d"]
    assert seen[-1] == (5, 5)
    assert np.load(folder / "out" / "features" / "Mb.npy").shape == (59, 263)


def test_what_is_prepared_already_is_kept(folder: Path) -> None:
    first = prepare(folder, folder / "out")
    (folder / "joints" / "a.npy").unlink()
    again = prepare(folder, folder / "out")
    assert again.ready == first.ready
    assert np.array_equal(again.statistics.std, first.statistics.std)


def test_a_folder_of_another_layout_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MotionError, match="skeleton"):
        prepare(tmp_path, tmp_path / "out")


def test_mirroring_swaps_sides_of_joints_and_words() -> None:
    clip = _walking(5, 0)
    mirrored = mirror_positions(clip)
    assert np.array_equal(mirrored[:, 20], clip[:, 21] * [-1, 1, 1])
    assert np.array_equal(mirror_positions(mirrored), clip)
    assert mirror_text("Left hand up, turn right") == "Right hand up, turn left"
    assert mirror_text("leftover rights") == "leftover rights"


def test_time_warp_keeps_the_path_and_changes_the_length() -> None:
    t = np.arange(41.0)[:, None, None] * np.ones((1, 22, 3))
    fast = warp_time(t, 1.25)
    assert len(fast) == 33
    assert np.allclose(fast[:, 0, 0], 1.25 * np.arange(33))
    assert np.array_equal(warp_time(t, 1.0), t)

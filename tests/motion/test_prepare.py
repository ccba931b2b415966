import json
import os
from pathlib import Path

import numpy as np
import pytest

from motiongpt.errors import MotionError
from motiongpt.motion.augment import mirror_positions, mirror_text, warp_time
from motiongpt.motion.features import canonicalize, encode_features
from motiongpt.motion.prepare import prepare
from motiongpt.motion.skeleton import HUMANML3D, KIT_ML, Skeleton
from motiongpt.motion.statistics import Statistics
from tests.motion.clips import circling_clip


def _splits(folder: Path, train: str, val: str) -> None:
    (folder / "train.txt").write_text(train.replace(" ", "\n") + "\n")
    (folder / "val.txt").write_text(val.replace(" ", "\n") + "\n")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Raw positions; of the five clips c is too short, d has NaN."""
    (tmp_path / "joints").mkdir()
    clips = {"a": circling_clip(40, seed=0), "b": circling_clip(60, seed=1)}
    clips["c"] = circling_clip(10)
    clips["d"] = np.full((40, 22, 3), np.nan)
    clips["e"] = circling_clip(50, seed=3)
    for name, clip in clips.items():
        np.save(tmp_path / "joints" / f"{name}.npy", clip.astype(np.float32))
    _splits(tmp_path, "a b c d", "e")
    joints = [{"name": name, "offset": [0, 0.3, 0]} for name in HUMANML3D.joint_names]
    (tmp_path / "skeleton.json").write_text(json.dumps({"joints": joints}))
    return tmp_path


@pytest.mark.parametrize("workers", [1, 2])
def test_good_clips_are_prepared_and_bad_ones_rejected_with_a_reason(
    folder: Path, workers: int
) -> None:
    seen = []
    result = prepare(
        folder, folder / "out", workers=workers, on_progress=lambda *done: seen.append(done)
    )
    assert result.ready == {"train": ("a", "b"), "val": ("e",)}
    assert set(result.rejected) == {"c", "d"}
    assert "10 frames" in result.rejected["c"]
    assert "d.npy: frame 0 has a value that is not finite" in result.rejected["d"]
    assert seen[-1] == (5, 5)
    assert np.load(folder / "out" / "features" / "Mb.npy").shape == (59, 263)
    assert result.names("train") == ("a", "b", "Ma", "Mb")
    features = [np.load(folder / "out" / "features" / f"{n}.npy") for n in result.names("train")]
    assert np.allclose(Statistics.of(features).std, result.statistics.std)
    assert np.allclose(np.load(folder / "out" / "Std.npy"), result.statistics.std, atol=1e-6)


def _times(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mtime_ns for path in (folder / "out/features").iterdir()}


def test_only_new_and_changed_clips_are_prepared_again(folder: Path) -> None:
    first = prepare(folder, folder / "out")
    before = _times(folder)
    again = prepare(folder, folder / "out")
    assert again.ready == first.ready
    assert np.array_equal(again.statistics.std, first.statistics.std)
    assert _times(folder) == before
    changed = folder / "joints" / "a.npy"
    os.utime(changed, ns=(max(before.values()) + 10**9,) * 2)
    prepare(folder, folder / "out")
    assert {name for name, at in _times(folder).items() if at != before[name]} == {
        "a.npy",
        "Ma.npy",
    }


def test_features_made_with_other_options_are_not_mixed(folder: Path) -> None:
    prepare(folder, folder / "out")
    with pytest.raises(MotionError, match="published_turns"):
        prepare(folder, folder / "out", published_turns=True)
    (folder / "out" / "prepared.json").unlink()
    with pytest.raises(MotionError, match="older format"):
        prepare(folder, folder / "out")


def test_a_source_can_be_left_out(folder: Path) -> None:
    assert prepare(folder, folder / "out", exclude=("a", "d")).ready["train"] == ("b",)


def test_the_datasets_own_mirror_images_are_not_mirrored_again(folder: Path) -> None:
    np.save(folder / "joints" / "Ma.npy", mirror_positions(circling_clip(40)))
    _splits(folder, "a Ma b", "e")
    result = prepare(folder, folder / "out")
    assert not result.mirrored
    assert result.names("train") == ("a", "Ma", "b")
    assert not (folder / "out" / "features" / "Mb.npy").exists()


def test_smplh_joints_are_cut_to_22(folder: Path) -> None:
    clip = circling_clip(40)
    hands = np.concatenate([clip, np.zeros((40, 30, 3))], axis=1)
    expected = prepare(folder, folder / "one").statistics.mean
    np.save(folder / "joints" / "a.npy", hands.astype(np.float32))
    assert np.allclose(prepare(folder, folder / "two").statistics.mean, expected)


@pytest.mark.parametrize("skeleton", [HUMANML3D, KIT_ML], ids=lambda s: s.name)
def test_features_that_are_there_are_used_with_their_own_statistics(
    tmp_path: Path, skeleton: Skeleton
) -> None:
    (tmp_path / "new_joint_vecs").mkdir()
    clips = {}
    for seed, name in enumerate(("1", "M1", "2")):
        clip = canonicalize(circling_clip(40, skeleton, seed), skeleton)
        clips[name] = encode_features(clip, skeleton).astype(np.float32)
        np.save(tmp_path / "new_joint_vecs" / f"{name}.npy", clips[name])
    np.save(tmp_path / "new_joint_vecs" / "3.npy", np.zeros((40, 250)))
    _splits(tmp_path, "1 M1 3 4", "2")
    width = clips["1"].shape[1]
    Statistics(np.full(width, 0.25), np.full(width, 0.5)).write(tmp_path)
    result = prepare(tmp_path, tmp_path / "out")
    assert result.ready == {"train": ("1", "M1"), "val": ("2",)}
    assert f"shape (40, 250); allowed: (T, {width})" in result.rejected["3"]
    assert "4.npy: no readable" in result.rejected["4"]
    assert (result.statistics.mean == 0.25).all() and (result.statistics.std == 0.5).all()
    assert result.own_statistics and not result.mirrored
    for name, features in clips.items():
        assert np.array_equal(np.load(tmp_path / "out" / "features" / f"{name}.npy"), features)


def test_statistics_of_another_width_are_refused(folder: Path) -> None:
    Statistics(np.zeros(251), np.ones(251)).write(folder)
    with pytest.raises(MotionError, match="251 features, the clips are of 263"):
        prepare(folder, folder / "out")


@pytest.mark.parametrize("skeleton", [HUMANML3D, KIT_ML], ids=lambda s: s.name)
def test_without_a_skeleton_file_the_originals_example_gives_it(
    tmp_path: Path, skeleton: Skeleton
) -> None:
    (tmp_path / "joints").mkdir()
    example = "000021" if skeleton is HUMANML3D else "03950"
    for seed, name in enumerate((example, "b")):
        clip = circling_clip(40, skeleton, seed)
        clip[1] = clip[0]  # a moment of contact
        np.save(tmp_path / "joints" / f"{name}.npy", clip)
    _splits(tmp_path, example, "b")
    result = prepare(tmp_path, tmp_path / "out")
    assert result.statistics.n_features == (263 if skeleton is HUMANML3D else 251)
    (tmp_path / "joints" / f"{example}.npy").unlink()
    with pytest.raises(MotionError, match="000021 or 03950"):
        prepare(tmp_path, tmp_path / "out")


def test_a_folder_of_another_layout_is_refused(tmp_path: Path) -> None:
    _splits(tmp_path, "a", "b")
    with pytest.raises(MotionError, match="neither new_joint_vecs/ .* nor joints/"):
        prepare(tmp_path, tmp_path / "out")


def test_mirroring_swaps_sides_of_joints_and_words() -> None:
    clip = circling_clip(5)
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

import json
from pathlib import Path

import numpy as np
import pytest

from motiongpt.errors import MotionError
from motiongpt.motion.dataset import (
    Caption,
    read_bone_lengths,
    read_captions,
    read_joints,
    read_labels,
    read_split,
)
from motiongpt.motion.skeleton import HUMANML3D, JOINT_NAMES
from motiongpt.motion.statistics import Statistics


def test_captions_keep_their_times_and_their_hashes(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("a man waves#a/DET man/NOUN#1.5#3.0\nrank #1 bows#x/Y#nan#nan\n\n")
    assert read_captions(path) == (Caption("a man waves", 1.5, 3.0), Caption("rank #1 bows"))


def test_a_malformed_caption_names_file_and_line(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("a man waves#x#0.0#0.0\na man bows\n")
    with pytest.raises(MotionError, match="a.txt, line 2"):
        read_captions(path)


def test_a_missing_split_lists_those_there_are(tmp_path: Path) -> None:
    (tmp_path / "train.txt").write_text("000001\n\n000002\n")
    assert read_split(tmp_path, "train") == ("000001", "000002")
    with pytest.raises(MotionError, match="splits: train"):
        read_split(tmp_path, "test")


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.zeros((4, 21, 3)), "shape"),
        (np.full((4, 22, 3), np.inf), "frame 0"),
        (np.array([{}], dtype=object), "no readable"),
    ],
)
def test_a_bad_clip_names_its_file(tmp_path: Path, array: np.ndarray, message: str) -> None:
    path = tmp_path / "clip.npy"
    np.save(path, array)
    with pytest.raises(MotionError, match=message) as caught:
        read_joints(path)
    assert "clip.npy" in str(caught.value)


def test_bone_lengths_are_the_norms_of_the_offsets(tmp_path: Path) -> None:
    path = tmp_path / "skeleton.json"
    joints = [{"name": name, "offset": [0.0, 0.3, 0.4]} for name in JOINT_NAMES]
    path.write_text(json.dumps({"joints": joints}))
    lengths, skeleton = read_bone_lengths(path)
    assert np.allclose(lengths, 0.5)
    assert skeleton is HUMANML3D
    path.write_text(json.dumps({"joints": joints[:-1]}))
    with pytest.raises(MotionError, match="allowed"):
        read_bone_lengths(path)


def test_statistics_of_all_clips_equal_those_of_one_long_clip() -> None:
    clips = np.random.default_rng(0).normal(2, 3, (2, 50, 263))
    both, one = Statistics.of(clips), Statistics.of([clips.reshape(100, 263)])
    assert np.allclose(both.mean, clips.reshape(100, 263).mean(axis=0))
    assert np.allclose(both.std, one.std)
    assert np.allclose(both.denormalize(both.normalize(clips)), clips)


def test_statistics_are_written_and_read_back(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    statistics = Statistics(rng.normal(size=251), rng.uniform(1, 2, 251))
    statistics.write(tmp_path)
    again = Statistics.read(tmp_path)
    assert np.allclose(again.mean, statistics.mean) and np.allclose(again.std, statistics.std)
    np.save(tmp_path / "Std.npy", np.ones(263))
    with pytest.raises(MotionError, match="Mean.npy, Std.npy: mean has 251 values and std 263"):
        Statistics.read(tmp_path)
    (tmp_path / "Std.npy").unlink()
    with pytest.raises(MotionError, match="Std.npy: no readable"):
        Statistics.read(tmp_path)


def test_statistics_of_nothing_and_of_a_constant_are_refused() -> None:
    with pytest.raises(MotionError, match="at least one clip"):
        Statistics.of([])
    with pytest.raises(MotionError, match="not positive"):
        Statistics.of([np.ones((10, 263))])


def test_labels_are_read_by_field(tmp_path: Path) -> None:
    labels = {"a": {"content": "walk", "style": "old"}, "b": {"content": "bow", "style": "sad"}}
    (tmp_path / "labels.json").write_text(json.dumps(labels))
    assert read_labels(tmp_path, "style", "content") == {"a": ("old", "walk"), "b": ("sad", "bow")}
    with pytest.raises(MotionError, match="no labels with 'content' and 'actor'"):
        read_labels(tmp_path, "content", "actor")

from pathlib import Path

import numpy as np
import pytest

from motiongpt.errors import MotionError
from motiongpt.motion.dataset import Caption, read_bone_lengths, read_joints, read_split
from motiongpt.motion.skeleton import PARENTS
from motiongpt.motion.sources.raw_layout import (
    append_to_split,
    joints_path,
    write_captions,
    write_joints,
    write_skeleton,
)

POSITIONS = np.random.default_rng(0).normal(size=(5, 22, 3))


def test_positions_are_read_back_as_they_were_written(tmp_path: Path) -> None:
    write_joints(tmp_path, "a.b", POSITIONS)
    path = joints_path(tmp_path, "a.b")
    assert np.load(path).dtype == np.float32
    assert np.allclose(read_joints(path), POSITIONS, atol=1e-6)
    assert [p.name for p in (tmp_path / "joints").iterdir()] == ["a.b.npy"]


def test_the_skeleton_has_the_clips_bone_lengths_and_is_written_once(tmp_path: Path) -> None:
    one = np.repeat(POSITIONS[:1], 3, axis=0)
    write_skeleton(tmp_path, one)
    lengths = np.linalg.norm(one[0, 1:] - one[0, PARENTS[1:]], axis=-1)
    found, _ = read_bone_lengths(tmp_path / "skeleton.json")
    assert np.allclose(found, [0, *lengths], atol=1e-4)
    before = (tmp_path / "skeleton.json").read_bytes()
    write_skeleton(tmp_path, 2 * one)
    assert (tmp_path / "skeleton.json").read_bytes() == before


def test_captions_that_are_there_stay_and_none_make_no_file(tmp_path: Path) -> None:
    assert not write_captions(tmp_path, "a", ())
    assert not (tmp_path / "texts" / "a.txt").exists()
    assert write_captions(tmp_path, "a", (Caption("he walks"),))
    assert write_captions(tmp_path, "a", (Caption("she runs"),))
    assert (tmp_path / "texts" / "a.txt").read_text().startswith("he walks#")
    assert write_captions(tmp_path, "a", ())


def test_an_id_is_added_to_one_split_only(tmp_path: Path) -> None:
    (tmp_path / "val.txt").write_text("v")
    append_to_split(tmp_path, "train", ["a", "v", "b"])
    append_to_split(tmp_path, "train", ["b", "c"])
    append_to_split(tmp_path, "val", ["a", "w"])
    assert read_split(tmp_path, "train") == ("a", "b", "c")
    assert read_split(tmp_path, "val") == ("v", "w")
    (tmp_path / "val.txt").write_bytes(b"\xff\xff")
    with pytest.raises(MotionError, match="unreadable split"):
        append_to_split(tmp_path, "train", ["d"])

import json
from pathlib import Path

import numpy as np
import pytest

from motiongpt.errors import MotionError
from motiongpt.retarget import Mode, load_robot
from motiongpt.simulate.gestures import find_gestures, play_gestures
from tests.retarget.figures import gesture


def _dataset(folder: Path) -> Path:
    contents = {"a": "raise-up-left-hand", "b": "bow", "c": "run", "d": "raise-up-left-hand"}
    (folder / "labels.json").write_text(
        json.dumps({clip_id: {"content": content} for clip_id, content in contents.items()})
    )
    (folder / "val.txt").write_text("a\nc\n")
    (folder / "train.txt").write_text("b\nd\n")
    (folder / "joints").mkdir()
    np.save(folder / "joints" / "a.npy", gesture(20).to_y_up())
    return folder


def test_gestures_are_those_of_the_validation_clips_before_training_clips(tmp_path: Path) -> None:
    found = find_gestures(_dataset(tmp_path))
    assert [(c.clip_id, c.gesture, c.split) for c in found] == [
        ("a", "raise", "val"),
        ("b", "bow", "train"),
    ]


def test_the_report_counts_who_stands(tmp_path: Path) -> None:
    folder = _dataset(tmp_path)
    report = play_gestures(
        folder, find_gestures(folder)[:1], load_robot(), Mode.UPPER_BODY_BALANCED, 300.0
    )
    assert report.standing_share == 1.0
    weak = play_gestures(
        folder, find_gestures(folder)[:1], load_robot(), Mode.UPPER_BODY_BALANCED, 20.0
    )
    assert weak.standing_share == 0.0
    assert weak.table().row_count == 1


def test_a_dataset_without_labels_or_gestures_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(MotionError, match="missing or no labels with 'content'"):
        find_gestures(tmp_path)
    folder = _dataset(tmp_path)
    (folder / "labels.json").write_text(json.dumps({"a": {"content": "run"}}))
    with pytest.raises(MotionError, match="no clip's content begins with raise, wave"):
        find_gestures(folder)

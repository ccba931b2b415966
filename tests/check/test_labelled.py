import json
from pathlib import Path

import numpy as np
import pytest

from motiongpt.check.judge import Action
from motiongpt.check.labelled import judge_labelled
from motiongpt.errors import MotionError
from tests.check.test_check import moving


def _labelled(folder: Path, content: str, n: int = 4) -> Path:
    (folder / "joints").mkdir()
    for i in range(n):
        np.save(folder / "joints" / f"clip{i}.npy", moving(1.0).to_y_up())
    labels = {f"clip{i}": {"content": content} for i in range(n)}
    (folder / "labels.json").write_text(json.dumps(labels))
    return folder


def test_clips_are_judged_against_their_labels(tmp_path: Path) -> None:
    report = judge_labelled(_labelled(tmp_path, "walk"))
    assert report.n_total == report.n_right == 4
    assert len(judge_labelled(tmp_path, each=2).results) == 2


def test_a_wrong_label_is_found(tmp_path: Path) -> None:
    report = judge_labelled(_labelled(tmp_path, "bow"))
    assert report.n_right == 0
    assert report.results[0].action is Action.WALK


def test_missing_labels_and_labels_that_are_not_checked_are_named(tmp_path: Path) -> None:
    with pytest.raises(MotionError, match="labels.json: missing or no labels"):
        judge_labelled(tmp_path)
    with pytest.raises(MotionError, match="no clip with a label that is checked"):
        judge_labelled(_labelled(tmp_path, "slash"))

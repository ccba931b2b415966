import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from motiongpt.check.styles import (
    STYLES,
    StyleClassifier,
    StyleReport,
    check_styles,
    describe_walk,
    read_walks,
)
from motiongpt.errors import MotionError
from motiongpt.motion.features import canonicalize, encode_features
from motiongpt.motion.motion import Motion
from tests.motion.clips import circling_clip

SEEDS = {"active": 1, "elderly": 2, "normal": 3}
"""Figures of other builds and sways stand for the styles."""


def _positions(style: str, n: int) -> np.ndarray:
    return canonicalize(circling_clip(n, seed=SEEDS[style]))


def _classifier() -> StyleClassifier:
    pairs = [(encode_features(_positions(s, n)), s) for s in SEEDS for n in (60, 75, 90, 105)]
    clips, styles = zip(*pairs, strict=True)
    return StyleClassifier.fit(clips, styles)


def test_the_classifier_names_clips_it_has_not_seen() -> None:
    classifier = _classifier()
    for style in SEEDS:
        assert classifier.name(encode_features(_positions(style, 83))) == style


def test_a_walk_is_described_by_mean_and_spread_of_its_positions() -> None:
    features = encode_features(_positions("active", 61))
    assert describe_walk(features).shape == (134,)
    doubled = np.concatenate([features[8:-5]] * 2)
    padded = np.concatenate([features[:8], doubled, features[-5:]])
    np.testing.assert_allclose(describe_walk(padded), describe_walk(features), atol=1e-12)


def test_the_report_counts_what_was_seen_for_what_was_asked() -> None:
    def generate(text: str, seed: int) -> Motion:
        style = "elderly" if "old" in text or "elderly" in text else "active"
        return Motion.from_y_up(_positions(style, 40 + seed))

    report = check_styles(generate, _classifier(), range(2))
    assert report.seen["elderly"] == {"elderly": 8}
    assert report.seen["active"] == {"active": 8}
    assert report.seen["normal"] == {"active": 4}  # asked without a word of style: two texts
    assert report.accuracy == pytest.approx(2 / len(STYLES))


def test_a_motion_of_one_token_is_described_too() -> None:
    short = Motion.from_y_up(_positions("active", 61)[:4])
    report = check_styles(lambda text, seed: short, _classifier(), range(1))
    assert sum(c.total() for c in report.seen.values()) == 26


def test_each_style_weighs_the_same() -> None:
    report = StyleReport({"active": Counter(active=9, normal=1), "normal": Counter(active=2)})
    assert report.accuracy == pytest.approx(0.45)


def test_walks_without_labels_are_an_error(two_clips: Path, tmp_path: Path) -> None:
    with pytest.raises(MotionError, match="labels.json: missing or no labels with 'content'"):
        read_walks(tmp_path, "train")
    (tmp_path / "labels.json").write_text(json.dumps({"x": {"content": "bow", "style": "old"}}))
    (tmp_path / "train.txt").write_text("x\n")
    with pytest.raises(MotionError, match="no labelled walk in the split 'train'"):
        read_walks(tmp_path, "train")


def test_labelled_walks_are_read(two_clips: Path) -> None:
    labels = {"walk": {"content": "walk", "style": "normal"}}
    (two_clips / "labels.json").write_text(json.dumps(labels))
    clips, styles = read_walks(two_clips, "train")
    assert styles == ["normal"]
    assert clips[0].shape == (59, 263)

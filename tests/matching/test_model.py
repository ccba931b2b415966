from pathlib import Path

import numpy as np
import pytest

from motiongpt.errors import ModelFileError, MotionError
from motiongpt.matching.model import (
    CONFIG_FILE,
    WEIGHTS_FILE,
    Calibration,
    MatchingModel,
    seen_features,
)
from motiongpt.motion.features import canonicalize
from motiongpt.motion.layout import Layout
from motiongpt.motion.motion import Motion
from tests.matching.conftest import TEXTS, walk
from tests.motion.clips import circling_clip


def _motion(seed: int = 0, n: int = 61) -> Motion:
    return Motion.from_y_up(canonicalize(circling_clip(n, seed=seed)))


def test_rotations_are_not_read(model: MatchingModel) -> None:
    clip = walk()
    other = clip.copy()
    other[:, Layout(22).rotations_6d] = 7
    assert len(seen_features(263)) == 137
    assert np.array_equal(model.encode_features([clip]), model.encode_features([other]))


def test_motions_are_embedded_the_same_alone_and_together(model: MatchingModel) -> None:
    clips = [walk(n, seed=n) for n in (30, 150, 61, 250)]
    together = model.encode_features(clips)
    for clip, vector in zip(clips, together, strict=True):
        assert np.allclose(model.encode_features([clip])[0], vector, atol=1e-5)


def test_a_motion_scores_as_its_features_do(model: MatchingModel) -> None:
    motions = [_motion(seed) for seed in range(3)]
    scores = model.score("a person walks left", motions)
    expected = model.encode_features([walk(seed=s) for s in range(3)])
    expected = expected @ model.encode_text(["a person walks left"])[0]
    assert scores.shape == (3,)
    assert np.allclose(scores, expected, atol=1e-5)
    assert (np.abs(scores) <= 1 + 1e-6).all()


def test_where_a_motion_stands_does_not_change_its_score(model: MatchingModel) -> None:
    motion = _motion()
    turned = motion.positions[..., [1, 0, 2]] * [-1, 1, 1] + [3, -2, 0]  # a quarter turn left
    scores = model.score("bow", [motion, Motion(turned)])
    assert scores[0] == pytest.approx(scores[1], abs=1e-5)


def test_confidence_grows_with_the_cosine(model: MatchingModel) -> None:
    calibration = Calibration(slope=8.0, offset=-2.0)
    chances = [calibration.chance(c) for c in (-1.0, 0.0, 0.25, 1.0)]
    assert chances == sorted(chances)
    assert chances[2] == 0.5
    assert Calibration(1e9).chance(-1.0) == pytest.approx(0, abs=1e-9)
    assert 0 < model.confidence(TEXTS[0], _motion()) < 1


def test_no_text_and_no_motion_give_no_rows(model: MatchingModel) -> None:
    assert model.encode_text([]).shape == (0, 16)
    assert model.encode_features([]).shape == (0, 16)


def test_a_saved_model_is_the_same_to_half_precision(model: MatchingModel, tmp_path: Path) -> None:
    model.save(tmp_path)
    again = MatchingModel.load(tmp_path)
    assert np.allclose(again.encode_text(TEXTS), model.encode_text(TEXTS), atol=5e-3)
    assert np.allclose(again.encode_features([walk()]), model.encode_features([walk()]), atol=5e-3)
    assert again.calibration == model.calibration


@pytest.mark.parametrize(
    ("clip", "message"),
    [
        (np.zeros((3, 263)), "a clip of 3 frames is not matched; at least 4 needed"),
        (np.zeros((20, 251)), r"shape \(20, 251\); 137 of them are to be read"),
    ],
)
def test_clips_that_cannot_be_read_are_refused(
    model: MatchingModel, clip: np.ndarray, message: str
) -> None:
    with pytest.raises(MotionError, match=message):
        model.encode_features([clip])


def test_a_motion_at_another_rate_is_refused(model: MatchingModel) -> None:
    with pytest.raises(MotionError, match="30.0 frames a second; allowed: 20"):
        model.score("bow", [Motion(np.zeros((40, 22, 3)), fps=30.0)])


def test_files_that_are_missing_or_truncated_are_named(
    model: MatchingModel, tmp_path: Path
) -> None:
    with pytest.raises(ModelFileError, match=f"{CONFIG_FILE}: missing or no matching model"):
        MatchingModel.load(tmp_path)
    model.save(tmp_path)
    weights = (tmp_path / WEIGHTS_FILE).read_bytes()
    (tmp_path / WEIGHTS_FILE).write_bytes(weights[: len(weights) // 2])
    with pytest.raises(ModelFileError, match=f"{WEIGHTS_FILE}: missing, truncated"):
        MatchingModel.load(tmp_path)

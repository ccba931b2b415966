"""The matching model that ships."""

import os
from pathlib import Path

import numpy as np
import pytest

from motiongpt.matching.model import MatchingModel
from motiongpt.matching.pairs import load_pairs
from motiongpt.matching.validation import validate
from motiongpt.model_folder import find_model
from motiongpt.motion.prepare import prepare
from motiongpt.pipeline import MotionGPT

TEXTS = (
    "raise your left hand",
    "raise your right hand",
    "wave your left hand",
    "wave your right hand",
    "walk forward",
    "run forward",
    "turn left",
    "turn right",
)
"""What the shipped model does as told; see tests/check."""

DATA = Path(os.environ.get("MOTIONGPT_DATA", Path(__file__).parents[3] / "shared" / "data"))


@pytest.fixture(scope="module")
def matching() -> MatchingModel:
    return MatchingModel.load(find_model("default").matching)


def test_it_is_small() -> None:
    folder = find_model("default").matching
    assert sum(path.stat().st_size for path in folder.iterdir()) < 12.5e6


def test_each_sentence_fits_its_own_motion_best(matching: MatchingModel) -> None:
    model = MotionGPT.load()
    motions = [model.generate(text).motion for text in TEXTS]
    scores = np.stack([matching.score(text, motions) for text in TEXTS])
    assert scores.argmax(axis=1).tolist() == list(range(len(TEXTS)))
    sure = [matching.confidence(text, m) for text, m in zip(TEXTS, motions, strict=True)]
    assert np.median(sure) > 0.8 and min(sure) > 0.3


def test_a_sentence_far_from_a_motion_has_little_confidence(matching: MatchingModel) -> None:
    motion = MotionGPT.load().generate("walk forward").motion
    for text in ("lie down on the ground", "wave both hands", "a person kicks"):
        assert matching.confidence(text, motion) < 0.5


@pytest.mark.skipif(not (DATA / "val.txt").is_file(), reason=f"no real clips at {DATA}")
def test_real_clips_find_their_captions(matching: MatchingModel, tmp_path: Path) -> None:
    data = prepare(DATA, tmp_path, splits=("val",))
    found = validate(matching, load_pairs(DATA, tmp_path, data, "val", 196))
    assert found["r1"] > 0.55 and found["r3"] > 0.85
    assert found["sides"] > 0.95

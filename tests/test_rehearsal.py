from dataclasses import replace
from pathlib import Path

import pytest

from motiongpt.errors import CommandError, ModelFileError
from motiongpt.matching.model import Calibration
from motiongpt.motion.crouches import DOWN
from motiongpt.motion.prepare import prepare
from motiongpt.pipeline import MotionGPT
from motiongpt.rehearsal import rehearse, trained_sentences
from tests.matching.conftest import make_model
from tests.test_pipeline import folder  # noqa: F401

SAID = (
    "A person dances forward.",
    "a person moves their left hand",
    "a person moves their left hand",
    "a person waves their left hand",
    "walk forward, then wave your hand",
    "marche en avant",
)


@pytest.fixture
def model(folder: Path) -> MotionGPT:  # noqa: F811
    return replace(MotionGPT.load(folder), matching=make_model())


def test_single_steps_that_are_done_well_are_kept(model: MotionGPT) -> None:
    sure = replace(model, matching=replace(model.matching, calibration=Calibration(0.0, 1.0)))
    seen: list[tuple[int, int]] = []
    kept = rehearse(sure, SAID, lambda *done: seen.append(done))
    assert set(kept.sentences) == {"a person dances forward", "a person moves their left hand"}
    assert seen[-1] == (3, 3)  # untrained, it does not wave
    assert kept.texts.shape == kept.motions.shape == (2, 16)


def test_a_model_that_does_nothing_well_has_no_repertoire(model: MotionGPT) -> None:
    unsure = replace(model, matching=replace(model.matching, calibration=Calibration(0.0, -1.0)))
    with pytest.raises(ModelFileError, match="of 3 sentences the model does none well"):
        rehearse(unsure, SAID)


def test_a_command_is_told_in_words_of_the_repertoire(model: MotionGPT) -> None:
    sure = replace(model, matching=replace(model.matching, calibration=Calibration(0.0, 1.0)))
    known = replace(sure, repertoire=rehearse(sure, SAID))
    understood = known.understand("A person waves the left hand, then walks forward.")
    assert understood.text == "a person waves the left hand, then walks forward"
    assert understood.told[0] == "a person moves their left hand"
    assert len(understood.told) == 2 and set(understood.told) <= set(known.repertoire.sentences)
    assert -1 <= understood.nearness <= 1
    assert understood.is_near(understood.nearness)
    assert not understood.is_near(understood.nearness + 0.01)
    result = known.generate("wave the left hand", duration=2.0)
    assert result.text == "wave the left hand"
    assert result.told == ("a person moves their left hand",)
    assert (
        known.generate(known.understand("wave the left hand"), duration=2.0).tokens
        == result.tokens
    )
    own = sure.generate("a person moves their left hand", duration=2.0)
    assert result.tokens == own.tokens


def test_without_a_repertoire_the_words_stay(model: MotionGPT) -> None:
    understood = model.understand("Wave your hand, then walk forward.")
    assert understood.told == ("wave your hand", "walk forward")
    assert understood.nearness is None and understood.is_near(1.0)
    with pytest.raises(CommandError, match="unknown words"):
        model.understand("marche en avant")


def test_what_was_said_in_training_is_what_is_rehearsed(two_clips: Path, tmp_path: Path) -> None:
    data = prepare(two_clips, tmp_path, splits=("train",))
    said = set(trained_sentences(two_clips, tmp_path, data, 10))
    assert {"a person waves their left hand", "a person waves their right hand", *DOWN} <= said
    assert any("walks forward" in text and "hand" in text for text in said)

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from motiongpt.check.wide import WIDE
from motiongpt.lm.command import split_words
from motiongpt.lm.paraphrase import SUBJECTS, paraphrase, paraphrase_words

CAPTIONS = (
    "a person walks forward",
    "walk and make a left turn",
    "the figure walks ahead, then turns to the right and keeps walking",
    "run straight ahead",
    "a person walks backward",
    "raise your left hand",
    "a person raises their right hand up high",
    "raise both hands",
    "wave your right hand",
    "someone waves with both hands",
    "a person bows politely",
    "jump",
    "squat down",
    "walk forward as if exhausted",
    "walk forward and wave with your left hand",
)


def _said(text: str, n: int = 300) -> set[str]:
    rng = np.random.default_rng(0)
    return {paraphrase(text, rng, 1.0) for _ in range(n)}


def test_a_caption_gets_other_subjects_and_becomes_a_command_and_a_request() -> None:
    said = _said("someone kicks a wall", 4000)
    assert {f"{subject} kicks a wall" for subject in SUBJECTS} <= said
    assert {"kick a wall", "please kick a wall", "the robot is kicking a wall"} <= said


@pytest.mark.parametrize("caption", CAPTIONS)
def test_many_words_for_one_caption(caption: str) -> None:
    assert len(_said(caption)) > 60


@pytest.mark.parametrize("caption", CAPTIONS)
def test_the_sides_stay(caption: str) -> None:
    sides = set(re.findall("left|right", caption))
    for said in _said(caption):
        said = said.replace("no strength left", "")
        assert set(re.findall(r"\b(?:left|right)\b", said)) == sides, said


@pytest.mark.parametrize("caption", CAPTIONS)
def test_nothing_of_the_templates_is_left(caption: str) -> None:
    for said in _said(caption):
        assert re.fullmatch(r"[a-z', ]+", said), said
        assert "  " not in said


@pytest.mark.parametrize("caption", CAPTIONS)
def test_no_command_of_the_check_is_ever_said(caption: str) -> None:
    assert not _said(caption, 2000) & {command.text for command in WIDE}


@pytest.mark.parametrize(
    "text",
    ["a person walking on", "the cat sits", "", "a person runs. he falls. he stands up again"],
)
def test_what_is_not_understood_stays(text: str) -> None:
    assert _said(text, 50) == {text}


def test_with_share_0_everything_stays() -> None:
    rng = np.random.default_rng(0)
    assert {paraphrase("a person walks", rng, 0.0) for _ in range(50)} == {"a person walks"}


def test_all_words_of_paraphrases_are_known() -> None:
    known = set(paraphrase_words())
    for caption in CAPTIONS:
        for said in _said(caption, 100):
            assert set(split_words(said)) <= known | set(split_words(caption)), said


@given(st.text(max_size=60), st.integers(0, 100))
def test_any_text_can_be_paraphrased(text: str, seed: int) -> None:
    assert isinstance(paraphrase(text.lower(), np.random.default_rng(seed)), str)

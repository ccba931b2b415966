import numpy as np
import pytest

from motiongpt.lm.paraphrase import SUBJECTS, base_form, paraphrase


@pytest.mark.parametrize(
    ("verb", "base"),
    [("bows", "bow"), ("raises", "raise"), ("carries", "carry"), ("punches", "punch"),
     ("goes", "go"), ("crosses", "cross"), ("dies", "die")],
)  # fmt: skip
def test_the_base_form_of_a_verb(verb: str, base: str) -> None:
    assert base_form(verb) == base


def test_a_caption_gets_other_subjects_and_becomes_a_command() -> None:
    rng = np.random.default_rng(0)
    said = {paraphrase("someone bows politely", rng) for _ in range(400)}
    assert said == {f"{subject} bows politely" for subject in SUBJECTS} | {"bow politely"}


@pytest.mark.parametrize("text", ["walk forward", "a person walking on", "the cat sits", ""])
def test_what_has_no_known_subject_or_verb_stays(text: str) -> None:
    rng = np.random.default_rng(0)
    assert {paraphrase(text, rng) for _ in range(50)} == {text}


def test_an_auxiliary_does_not_become_a_command() -> None:
    rng = np.random.default_rng(0)
    said = {paraphrase("a person is walking", rng, 0.0, 1.0) for _ in range(20)}
    assert said == {"a person is walking"}

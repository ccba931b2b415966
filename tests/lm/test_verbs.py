import pytest

from motiongpt.lm.verbs import VERBS, gerund, mark_verbs, third_person, unmark_verbs


@pytest.mark.parametrize(
    ("verb", "form"),
    [("bow", "bows"), ("raise", "raises"), ("carry", "carries"), ("punch", "punches"),
     ("go", "goes"), ("cross", "crosses"), ("die", "dies"), ("have", "has"), ("play", "plays")],
)  # fmt: skip
def test_the_third_person_of_a_verb(verb: str, form: str) -> None:
    assert third_person(verb) == form


@pytest.mark.parametrize("verb", VERBS)
def test_the_third_person_is_led_back_to_the_base_form(verb: str) -> None:
    assert mark_verbs(third_person(verb), third=True) == f"~{verb}"


@pytest.mark.parametrize(
    ("verb", "form"),
    [("bow", "bowing"), ("run", "running"), ("wave", "waving"), ("lie", "lying"),
     ("swing", "swinging"), ("step", "stepping"), ("carry", "carrying")],
)  # fmt: skip
def test_the_gerund_of_a_verb(verb: str, form: str) -> None:
    assert gerund(verb) == form


@pytest.mark.parametrize(
    ("clause", "third", "marked"),
    [
        ("walks ahead, then turns left", True, "~walk ahead, then ~turn left"),
        ("walk ahead and wave", False, "~walk ahead and ~wave"),
        ("is running and waving", True, "~run and ~wave"),
        ("takes two steps and stops", True, "~take two steps and ~stop"),
        ("is tired", True, None),
        ("walk", True, None),
        ("walks", False, None),
        ("dreams of sheep", True, None),
        ("", False, None),
    ],
)
def test_verbs_are_marked(clause: str, third: bool, marked: str | None) -> None:
    assert mark_verbs(clause, third) == marked


def test_marked_verbs_are_written_in_the_wanted_form() -> None:
    marked = "~carry it and ~run"
    assert unmark_verbs(marked, "base") == "carry it and run"
    assert unmark_verbs(marked, "third") == "carries it and runs"
    assert unmark_verbs(marked, "gerund") == "carrying it and running"

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motiongpt.errors import CommandError
from motiongpt.lm.command import MAX_CHARACTERS, clean_command

WORDS = frozenset("walk forward and wave your right hand a person waves with the".split())


def test_a_command_becomes_a_caption() -> None:
    assert clean_command("  Walk forward,\n and WAVE. ", WORDS) == "walk forward, and wave"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "empty"),
        (" \t\n", "empty"),
        ("12 ... !", "empty"),
        ("walk " * 20_000, "100000 characters"),
        ("walk\x00forward", "U\\+0000 at position 4"),
        ("walk \u202eforward", "U\\+202E"),
        ("geh nach vorne und winke", "unknown words geh, nach"),
        ("\u524d\u306b\u6b69\u3044\u3066", "unknown words"),
    ],
)
def test_an_unusable_command_is_refused_with_the_reason(text: str, message: str) -> None:
    with pytest.raises(CommandError, match=message):
        clean_command(text, WORDS)


def test_an_unknown_word_among_known_ones_is_accepted() -> None:
    assert clean_command("wave your right hand enthusiastically", WORDS)


@given(st.text())
def test_any_text_is_cleaned_or_refused(text: str) -> None:
    try:
        cleaned = clean_command(text)
    except CommandError as error:
        assert str(error)
    else:
        assert 0 < len(cleaned) <= 3 * MAX_CHARACTERS
        assert cleaned == cleaned.lower()

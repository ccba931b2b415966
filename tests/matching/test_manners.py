import pytest

from motiongpt.matching.manners import is_lost, name_manners


@pytest.mark.parametrize(
    ("text", "manners"),
    [
        ("walk sadly", {"sad"}),
        ("stroll like a lively young person", {"active", "young"}),
        ("a weary old man shuffles ahead", {"elderly", "exhausted"}),
        ("with no strength left", {"exhausted"}),
        ("wave your right hand", set()),
        ("hold the lead", set()),
        ("as fast as you can", {"fast"}),
    ],
)
def test_a_manner_is_known_by_its_words(text: str, manners: set[str]) -> None:
    assert name_manners(text) == manners


@pytest.mark.parametrize(
    ("said", "kept", "told", "lost"),
    [
        ("sad", "sad", "", True),
        ("sad", "", "", False),
        ("sad", "", "old", True),
        ("", "sad", "old", False),
        ("sad", "sad", "sad", False),
        ("sad old", "sad", "sad", False),
        ("sad old", "sad", "old", True),
    ],
)
def test_a_manner_is_lost_if_it_is_exchanged(said: str, kept: str, told: str, lost: bool) -> None:
    assert is_lost(*(frozenset(words.split()) for words in (said, kept, told))) is lost

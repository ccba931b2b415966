import pytest

from motiongpt.lm.spelling import correct_spelling

WANTED = {"turn": 9, "left": 9, "wave": 5, "waves": 2, "your": 9, "hand": 9, "walk": 7, "run": 4}
KNOWN = {*WANTED, "please", "turban", "lift"}


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("trun lefft", "turn left"),
        ("wlak, plaese", "walk, plaese"),
        ("wve yuor hnad!", "wve your hand!"),
        ("wwave", "wave"),
        ("tuurn and lefr", "turn and left"),
        ("lift your hand", "lift your hand"),
        ("turn 90 degrees", "turn 90 degrees"),
        ("wav", "wav"),
        ("wavr", "wave"),
        ("turban", "turban"),
        ("left-hand", "left-hand"),
        ("wavs", "wave"),
        ("geh nach vorne", "geh nach vorne"),
    ],
)
def test_a_word_that_is_one_slip_from_a_wanted_one_becomes_that(said: str, meant: str) -> None:
    assert correct_spelling(said, KNOWN, WANTED) == meant

import re

from motiongpt.lm.command import clean_command
from motiongpt.lm.sides import settle_sides
from motiongpt.matching.sayings import NO_MOVEMENT, OTHER_MOVEMENT, read_sayings
from motiongpt.motion.augment import mirror_text

SAYINGS = read_sayings()


def _sides(text: str) -> set[str]:
    return set(re.findall(r"\b(?:left|right)\b", text))


def test_there_are_many_sayings_and_each_is_there_once() -> None:
    assert len(SAYINGS) > 2000
    assert len({saying.text for saying in SAYINGS}) == len(SAYINGS)
    assert sum(saying.plain == NO_MOVEMENT for saying in SAYINGS) > 400


def test_they_are_written_as_commands_are_read() -> None:
    for saying in SAYINGS:
        assert settle_sides(clean_command(saying.text)) == saying.text


def test_a_saying_names_the_side_that_is_meant_and_no_other() -> None:
    for saying in SAYINGS:
        if saying.plain not in (NO_MOVEMENT, OTHER_MOVEMENT):
            assert _sides(saying.text) == _sides(saying.plain), saying


def test_the_mirror_image_of_a_saying_is_one() -> None:
    plain = {saying.text: saying.plain for saying in SAYINGS}
    for saying in SAYINGS:
        if saying.plain not in (NO_MOVEMENT, OTHER_MOVEMENT):
            assert plain[mirror_text(saying.text)] == mirror_text(saying.plain)

from motiongpt.check.commands import COMMANDS
from motiongpt.check.far import FAR
from motiongpt.check.first_time import OTHER_MOVEMENTS
from motiongpt.check.held_out import HELD_OUT, HELD_OUT_FAR, HELD_OUT_OTHER
from motiongpt.check.judge import Action
from motiongpt.check.unseen import UNSEEN
from motiongpt.check.wide import SIDES, WIDE
from motiongpt.lm.command import clean_command, split_words
from motiongpt.lm.sides import settle_sides
from motiongpt.matching.sayings import read_sayings

ALL = (*HELD_OUT, *HELD_OUT_FAR, *HELD_OUT_OTHER)


def test_no_held_out_text_is_in_another_set() -> None:
    held_out = [command.text.lower().strip(" .!?") for command in ALL]
    others = (*COMMANDS, *WIDE, *SIDES, *UNSEEN, *FAR, *OTHER_MOVEMENTS)
    assert not set(held_out) & {command.text.lower().strip(" .!?") for command in others}
    assert len(set(held_out)) == len(held_out) == 158 + 58 + 57


def test_no_held_out_text_is_a_saying() -> None:
    sayings = {tuple(split_words(saying.text)) for saying in read_sayings()}
    for command in ALL:
        assert tuple(split_words(settle_sides(clean_command(command.text)))) not in sayings


def test_every_action_that_is_checked_is_held_out_too() -> None:
    asked = {command.action for command in HELD_OUT}
    assert asked == {command.action for command in UNSEEN}
    assert {command.action for command in (*HELD_OUT_FAR, *HELD_OUT_OTHER)} == {Action.REFUSED}

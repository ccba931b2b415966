import os
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from motiongpt.check.commands import Bounds, Command
from motiongpt.check.judge import Action, other_side
from motiongpt.check.report import run_check
from motiongpt.check.wide import SIDES, WIDE
from motiongpt.motion.dataset import read_captions, read_split
from motiongpt.motion.kinematics import measure
from motiongpt.motion.motion import Motion
from motiongpt.motion.skeleton import MIRROR
from tests.check.test_check import DATA
from tests.retarget.figures import gesture, moving


def test_there_are_more_than_sixty_commands_of_every_action() -> None:
    counts = Counter(command.action for command in WIDE)
    assert len(WIDE) >= 60 and len({command.text for command in WIDE}) == len(WIDE)
    assert set(counts) == set(Action) - {Action.OTHER, Action.REFUSED}
    assert all(counts[action] == counts[other_side(action) or action] for action in counts)


def test_there_are_two_hundred_commands_of_left_and_right() -> None:
    assert len({command.text for command in SIDES}) == 200
    for command, mirrored in zip(SIDES[:100], SIDES[100:], strict=True):
        assert command.text.replace("left", "right") == mirrored.text
        assert other_side(command.action) is mirrored.action


@pytest.mark.skipif(not (DATA / "train.txt").is_file(), reason=f"no captions at {DATA}")
def test_no_command_is_a_caption_of_a_training_clip() -> None:
    folder = Path(os.environ.get("MOTIONGPT_DATA", DATA))
    said = {
        caption.text.lower().rstrip(". ")
        for clip_id in read_split(folder, "train")
        for caption in read_captions(folder / "texts" / f"{clip_id}.txt")
    }
    assert said
    assert not [command.text for command in WIDE if command.text in said]


@pytest.mark.parametrize(
    ("bounds", "held"),
    [
        (Bounds(), True),
        (Bounds(forward=(3.0, 5.0), speed=(0.8, 1.2)), True),
        (Bounds(forward=(5.0, 9.0)), False),
        (Bounds(speed=(2.0, 3.0)), False),
        (Bounds(turn=(-10.0, 10.0), bend=(0.0, 5.0), pelvis=(0.0, 0.1)), True),
        (Bounds(hands=(-1.0, 1.0)), False),
        (Bounds(swings=(1, 9)), False),
        (Bounds(up=()), True),
        (Bounds(up=("left",)), False),
    ],
)
def test_bounds_are_held_or_not(bounds: Bounds, held: bool) -> None:
    assert bounds.hold(measure(moving(1.0))) is held


def test_a_raised_hand_is_measured_over_the_head() -> None:
    seen = measure(gesture())
    rise = max(seen.left.rise, seen.right.rise)
    assert Bounds(hands=(rise - 0.01, rise + 0.01)).hold(seen)
    assert not Bounds(hands=(rise + 0.01, 2.0)).hold(seen)


def test_right_means_the_action_within_its_bounds() -> None:
    commands = (
        Command("walk", Action.WALK),
        Command("walk fast", Action.WALK, Bounds(speed=(1.4, 2.0))),
        Command("run", Action.RUN),
    )
    report = run_check(lambda text, seed: moving(1.0), commands=commands)
    assert [result.right for result in report.results] == [True, False, False]


def test_a_refused_command_is_not_right() -> None:
    report = run_check(lambda text, seed: None, commands=WIDE[:3])
    assert report.n_right == 0
    assert {result.action for result in report.results} == {Action.REFUSED}
    assert report.results[0].description == "refused"


def test_left_and_right_swapped_are_counted_as_confused() -> None:
    wrong = Motion(gesture().positions[:, MIRROR] * np.array([1, -1, 1]))
    commands = (Command("raise right", Action.RAISE_RIGHT), Command("walk", Action.WALK))
    report = run_check(lambda text, seed: wrong, commands=commands)
    assert report.n_confused == 1


def test_the_confusion_table_has_a_row_and_a_column_for_what_was_asked_and_seen() -> None:
    commands = (Command("raise", Action.RAISE_RIGHT), Command("walk", Action.WALK))
    table = run_check(lambda text, seed: gesture(), commands=commands).confusion()
    assert table.row_count == 2
    assert [column.header for column in table.columns] == ["seen as:", "1", "2", "as asked"]

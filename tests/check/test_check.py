import os
from pathlib import Path

import numpy as np
import pytest

from motiongpt.check.commands import COMMANDS
from motiongpt.check.judge import Action, judge
from motiongpt.check.labelled import judge_labelled
from motiongpt.check.report import run_check
from motiongpt.motion.kinematics import ROW_LENGTH, Kinematics, count_swings, measure
from motiongpt.motion.motion import Motion
from tests.motion.clips import squatting_clip
from tests.retarget.figures import gesture, hopping, mirrored, moving, standing

DATA = Path(os.environ.get("MOTIONGPT_DATA", Path(__file__).parents[3] / "shared" / "data"))


@pytest.mark.parametrize(
    ("motion", "action"),
    [
        (moving(1.0), Action.WALK),
        (moving(3.0), Action.RUN),
        (moving(-0.8), Action.WALK_BACKWARD),
        (moving(1.0, 1.5), Action.TURN_LEFT),
        (moving(1.0, -1.5), Action.TURN_RIGHT),
        (moving(0.0, 2.0), Action.TURN_LEFT),
        (moving(0.0), Action.OTHER),
        (hopping(0.25), Action.JUMP),
        (Motion.from_y_up(squatting_clip(depth=0.4)), Action.CROUCH),
        (Motion.from_y_up(squatting_clip()[20:50]), Action.CROUCH),
        (hopping(0.05), Action.OTHER),
        (gesture(), Action.RAISE_RIGHT),
        (mirrored(gesture()), Action.RAISE_LEFT),
    ],
)
def test_a_figure_made_from_a_formula_is_judged_right(motion: Motion, action: Action) -> None:
    assert judge(measure(motion)) is action


def test_a_measurement_goes_through_a_row_of_numbers() -> None:
    seen = measure(gesture())
    assert len(seen.to_row()) == ROW_LENGTH
    assert Kinematics.from_row(seen.to_row()) == seen


def test_swings_are_counted_and_trembling_is_not() -> None:
    t = np.linspace(0, 4 * 2 * np.pi, 200)
    assert count_swings(0.1 * np.sin(t)) in (7, 8)
    assert count_swings(0.02 * np.sin(t)) == 0
    assert count_swings(np.linspace(0, 1, 20)) == 0


def test_a_turn_beyond_a_half_circle_is_not_taken_for_the_other_way() -> None:
    assert measure(moving(0.5, 4.0)).turn == pytest.approx(4.0, abs=0.3)


def test_a_slide_to_the_left_is_sideways_and_not_forward() -> None:
    p = standing(60)
    p[..., 1] += np.linspace(0, 2, 60)[:, None]
    seen = measure(Motion(p))
    assert seen.sideways == pytest.approx(2, abs=0.1)
    assert seen.forward == pytest.approx(0, abs=0.1)


def test_the_report_counts_what_is_right() -> None:
    report = run_check(lambda text, seed: gesture(), seeds=(0, 1))
    assert report.n_total == 2 * len(COMMANDS)
    assert report.n_right == 2
    assert report.table().row_count == len(COMMANDS) + 1


def test_the_twelve_commands_ask_for_twelve_actions() -> None:
    assert len({command.action for command in COMMANDS}) == 12


@pytest.mark.skipif(not (DATA / "labels.json").is_file(), reason=f"no real clips at {DATA}")
def test_real_clips_are_judged_as_they_are_labelled() -> None:
    report = judge_labelled(DATA, each=8)
    assert report.n_total >= 90
    assert report.n_confused <= 1  # five of the turning clips are labelled with the wrong side
    assert report.n_right / report.n_total >= 0.9

from dataclasses import replace

import numpy as np
import pytest

from motiongpt.check.judge import Action, judge
from motiongpt.matching.learn_sayings import learn_sayings
from motiongpt.matching.sayings import NO_MOVEMENT, NOTHING, Saying
from motiongpt.pipeline import MotionGPT

SAID = (
    Saying("take a left", "turn left"),
    Saying("salaam", "take a bow"),
    Saying("play some music", NO_MOVEMENT),
    Saying("fold the laundry", "fold the laundry"),
)


@pytest.fixture(scope="module")
def model() -> MotionGPT:
    return MotionGPT.load()


def test_a_saying_is_told_as_the_sentence_of_its_plain_command(model: MotionGPT) -> None:
    bare = replace(model.repertoire, sayings=None)
    known = learn_sayings(bare, model.matching, model.meaning, SAID)
    assert known.sayings.texts == ("take a left", "salaam", "play some music")
    turn, bow, nothing = known.sayings.told
    assert judge(known.seen[turn]) is Action.TURN_LEFT
    assert judge(known.seen[bow]) is Action.BOW
    assert nothing == NOTHING
    assert known.sayings.meanings.shape == (3, model.meaning.dim)
    assert np.allclose(known.meanings, model.meaning.encode(known.sentences))


def test_without_any_that_it_knows_a_repertoire_has_none(model: MotionGPT) -> None:
    assert learn_sayings(model.repertoire, model.matching, model.meaning, SAID[3:]).sayings is None

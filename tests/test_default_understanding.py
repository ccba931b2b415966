"""What the shipped model makes of commands that people say: which sentence is told, and what is
seen when it is."""

import numpy as np
import pytest

from motiongpt.check.judge import Action, judge
from motiongpt.errors import CommandError
from motiongpt.matching.sayings import NO_MOVEMENT, OTHER_MOVEMENT, read_sayings
from motiongpt.pipeline import MotionGPT
from motiongpt_ros.parameters import MotionSettings

LEAST = MotionSettings().min_confidence


@pytest.fixture(scope="module")
def model() -> MotionGPT:
    return MotionGPT.load()


def _seen(model: MotionGPT, text: str) -> Action:
    """What the motion of the one sentence is that is told; refused if it is not near enough."""
    understood = model.understand(text)
    (told,) = understood.told
    if not understood.is_near(LEAST):
        return Action.REFUSED
    return judge(model.repertoire.seen[model.repertoire.sentences.index(told)])


@pytest.mark.parametrize(
    ("text", "action"),
    [
        ("turn left right now", Action.TURN_LEFT),
        ("turn right now", Action.TURN_RIGHT),
        ("hang a left here, mate", Action.TURN_LEFT),
        ("a quarter turn clockwise", Action.TURN_RIGHT),
        ("turn to starboard", Action.TURN_RIGHT),
        ("trun lefft", Action.TURN_LEFT),
        ("turn rigth", Action.TURN_RIGHT),
        ("wave your left hand right now", Action.WAVE_LEFT),
        ("wave to the crowd on the left with your right hand", Action.WAVE_RIGHT),
        ("raise your right hand to the man on your left", Action.RAISE_RIGHT),
        ("raise your rite hand", Action.RAISE_RIGHT),
        ("R hand up", Action.RAISE_RIGHT),
        ("walk right up to me", Action.WALK),
        ("right, walk forward", Action.WALK),
        ("come right over here", Action.WALK),
        ("run right past me", Action.RUN),
        ("jump right now", Action.JUMP),
        ("all right, take a bow", Action.BOW),
        ("hunker down", Action.CROUCH),
        ("stick 'em up", Action.RAISE_BOTH),
        ("leg it!", Action.RUN),
        ("back off", Action.WALK_BACKWARD),
        ("order a pizza", Action.REFUSED),
        ("walk me through the tax form", Action.REFUSED),
        ("raise your left leg", Action.REFUSED),
        ("fold your arms", Action.REFUSED),
    ],
)
def test_what_people_say_is_done(model: MotionGPT, text: str, action: Action) -> None:
    assert _seen(model, text) is action


@pytest.mark.parametrize(
    ("text", "action"),
    [
        ("Okay great. Now walk forward. Thank you.", Action.WALK),
        ("Perfect! Turn left.", Action.TURN_LEFT),
        ("Right. Turn left.", Action.TURN_LEFT),
        ("Come on! Jump!", Action.JUMP),
        ("Good job. Bow.", Action.BOW),
        ("Bow. Go ahead, please.", Action.BOW),
        ("Hi robot! Wave your right hand, please. Thanks!", Action.WAVE_RIGHT),
        ("Someone is at the door. Walk forward.", Action.WALK),
        ("Walk forward. Be careful.", Action.WALK),
    ],
)
def test_a_remark_is_told_to_nobody(model: MotionGPT, text: str, action: Action) -> None:
    assert _seen(model, text) is action


def test_a_movement_that_is_not_known_is_no_remark(model: MotionGPT) -> None:
    understood = model.understand("Sit down on the floor. Turn left.")
    assert len(understood.told) == 2 and not understood.is_near(LEAST)


def test_a_remark_alone_is_refused(model: MotionGPT) -> None:
    for text in ("Perfect!", "Thank you.", "Good job. Thank you.", "It is hot today."):
        assert not model.understand(text).is_near(LEAST)


def test_what_is_told_for_a_saying_is_what_it_means(model: MotionGPT) -> None:
    """All sayings whose movement the judge can tell are told as such, and the others refused."""
    asked = {
        "walk forward": Action.WALK,
        "walk backward": Action.WALK_BACKWARD,
        "run forward": Action.RUN,
        "jump": Action.JUMP,
        "squat down": Action.CROUCH,
        "take a bow": Action.BOW,
        "turn left": Action.TURN_LEFT,
        "turn right": Action.TURN_RIGHT,
        "wave your left hand": Action.WAVE_LEFT,
        "wave your right hand": Action.WAVE_RIGHT,
        "wave both hands": Action.WAVE_BOTH,
        "raise your left hand": Action.RAISE_LEFT,
        "raise your right hand": Action.RAISE_RIGHT,
        "raise both hands": Action.RAISE_BOTH,
    }
    done = []
    for saying in read_sayings()[::5]:
        if saying.plain in asked and len(model.understand(saying.text).told) == 1:
            done.append(_seen(model, saying.text) is asked[saying.plain])
    assert len(done) > 300 and np.mean(done) > 0.95
    for plain in (NO_MOVEMENT, OTHER_MOVEMENT):
        texts = [saying.text for saying in read_sayings() if saying.plain == plain][::5]
        assert np.mean([_refused(model, text) for text in texts]) > 0.95


def _refused(model: MotionGPT, text: str) -> bool:
    try:
        return not model.understand(text).is_near(LEAST)
    except CommandError:
        return True

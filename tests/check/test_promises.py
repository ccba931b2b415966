import numpy as np
import pytest

from motiongpt.check.promises import find_broken, find_promises
from motiongpt.motion.kinematics import measure
from motiongpt.motion.motion import Motion
from motiongpt.motion.skeleton import JOINT_INDEX as J
from tests.motion.clips import squatting_clip
from tests.retarget.figures import gesture, hopping, mirrored, moving, standing


def _waving(n: int = 80) -> Motion:
    """The right hand over the head, from side to side."""
    p = standing(n)
    swing = 0.1 * np.sin(np.linspace(0, 8 * np.pi, n))
    p[:, J["right_elbow"]] = p[:, J["right_shoulder"]] + [0, -0.2, 0.15]
    p[:, J["right_wrist"]] = p[:, J["right_shoulder"]] + [0, -0.2, 0.4]
    p[:, J["right_wrist"], 1] += swing
    return Motion(p)


STANDING = Motion(standing(60))
WALK, RUN, BACK = moving(1.0), moving(3.0), moving(-0.8)
LEFT, RIGHT = moving(1.0, 1.5), moving(1.0, -1.5)
SQUAT = Motion.from_y_up(squatting_clip(depth=0.4))


@pytest.mark.parametrize(
    ("sentence", "kept_by", "broken_by", "name"),
    [
        ("walk straight ahead", WALK, LEFT, "to keep its heading"),
        ("a person walks forward", WALK, STANDING, "to go forward"),
        ("Stroll slowly", WALK, RUN, "not to run"),
        ("the person runs", RUN, WALK, "to run"),
        ("race for the door", RUN, WALK, "to run"),
        ("go ahead as fast as you can", RUN, WALK, "to be fast"),
        ("quickly move forward", RUN, WALK, "to be fast"),
        ("step back", BACK, WALK, "to go backward"),
        ("he is moving slowly backwards", BACK, STANDING, "to go backward"),
        ("turn left", LEFT, RIGHT, "to turn left"),
        ("someone turns right", RIGHT, WALK, "to turn right"),
        ("pivot on the spot to your right", RIGHT, LEFT, "to turn right"),
        ("high jump", hopping(0.25), STANDING, "to jump"),
        ("do a squat", SQUAT, STANDING, "to go down"),
        ("raise a hand", gesture(), STANDING, "to raise a hand"),
        ("lift your right hand", gesture(), mirrored(gesture()), "the right hand only"),
        ("wave your right hand", _waving(), gesture(), "to wave"),
        ("wave your left hand", mirrored(_waving()), _waving(), "the left hand only"),
        ("say goodbye", _waving(), STANDING, "to wave"),
        ("take a bow", None, STANDING, "to bow"),
    ],
)
def test_a_promise_is_kept_or_broken(
    sentence: str, kept_by: Motion | None, broken_by: Motion, name: str
) -> None:
    assert find_promises(sentence)
    assert name in find_broken(sentence, measure(broken_by))
    if kept_by is not None:
        assert find_broken(sentence, measure(kept_by)) == ()


@pytest.mark.parametrize(
    "sentence",
    ["dance", "a man kicks with the left leg", "swing a sword", "clap", "rotate your right hand"],
)
def test_other_words_promise_nothing(sentence: str) -> None:
    assert not find_promises(sentence)
    assert find_broken(sentence, measure(LEFT)) == ()


@pytest.mark.parametrize(
    ("sentence", "motion"),
    [
        ("walk in a circle", LEFT),
        ("walk back and forth", LEFT),
        ("walk forward and turn left", LEFT),
        ("walk forward and then take a left", LEFT),
        ("keep walking but bear right", RIGHT),
        ("run backwards", BACK),
        ("run and raise your right hand", RUN),
        ("go forward slowly, not fast", WALK),
    ],
)
def test_words_that_excuse_something_are_heeded(sentence: str, motion: Motion) -> None:
    assert not set(find_broken(sentence, measure(motion))) & {
        "to keep its heading",
        "to go backward",
        "to run",
        "to be fast",
    }

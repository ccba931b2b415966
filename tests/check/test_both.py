from motiongpt.check.both import BOTH
from motiongpt.check.judge import Action
from motiongpt.motion.kinematics import measure
from tests.retarget.figures import gesture


def test_each_gait_goes_with_each_gesture_in_two_forms() -> None:
    assert len({command.text for command in BOTH}) == len(BOTH) == 48
    assert {command.action for command in BOTH} == {Action.WALK, Action.RUN}
    text = "walk forward and wave with your right hand"
    [command] = [command for command in BOTH if command.text == text]
    assert command.bounds.up == ("right",) and command.bounds.swings is not None


def test_the_hands_that_were_named_must_rise_and_no_other() -> None:
    raised = measure(gesture())  # the right hand
    held = {command.bounds.up for command in BOTH if command.bounds.hold(raised)}
    assert held == {("right",)}

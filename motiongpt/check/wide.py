"""More commands, in words that the training captions do not use, and 200 of left and right.

Numbers that bound the styles come from real clips: tired and old people walk at 0.8 to 1.3 m/s,
active ones at 1.4 to 1.7; a turn by the label "90 degrees" measures 78 to 101.
"""

from motiongpt.check.commands import Bounds, Command
from motiongpt.check.judge import Action

_FAR = Bounds(forward=(1.5, 20.0))
_SLOW = Bounds(forward=(1.0, 20.0), speed=(0.2, 1.3))
_FAST_WALK = Bounds(forward=(1.5, 20.0), speed=(1.3, 2.2))
_FAST = Bounds(speed=(2.3, 6.0))
_QUARTER = (55.0, 140.0)
_LEFT, _RIGHT = Bounds(turn=_QUARTER), Bounds(turn=(-_QUARTER[1], -_QUARTER[0]))
_HIGH = Bounds(hands=(0.0, 1.0))
_SWING = Bounds(swings=(4, 200))
_BENT = Bounds(bend=(18.0, 120.0))

WIDE = (
    Command("march straight ahead", Action.WALK, _FAR),
    Command("please go forward on foot, at an easy pace", Action.WALK, _FAR),
    Command("keep walking onward in front of you", Action.WALK, _FAR),
    Command("the robot should wander ahead for several paces", Action.WALK, _FAR),
    Command("trudge forward on foot, completely worn out", Action.WALK, _SLOW),
    Command("go ahead at the pace of a frail old man", Action.WALK, _SLOW),
    Command("creep forward slowly step by step", Action.WALK, _SLOW),
    Command("walk onward quickly, full of vigor", Action.WALK, _FAST_WALK),
    Command("sprint straight on at full speed", Action.RUN, _FAST),
    Command("race forward as rapidly as you can", Action.RUN, _FAST),
    Command("the robot hurries ahead at a run", Action.RUN),
    Command("please start running and do not turn", Action.RUN),
    Command("run onward vigorously", Action.RUN, _FAST),
    Command("go jogging ahead gently", Action.RUN),
    Command("run along like a tired jogger", Action.RUN),
    Command("back up several paces", Action.WALK_BACKWARD),
    Command("reverse away on foot, facing the front", Action.WALK_BACKWARD),
    Command("please step back and keep going back", Action.WALK_BACKWARD),
    Command("the robot retreats, walking in reverse", Action.WALK_BACKWARD),
    Command("move backward slowly without turning around", Action.WALK_BACKWARD),
    Command("walk on, then rotate to the left", Action.TURN_LEFT, _LEFT),
    Command("pivot left while walking", Action.TURN_LEFT, _LEFT),
    Command("take the corner to your left on foot", Action.TURN_LEFT, _LEFT),
    Command("please head forward and swing round to the left side", Action.TURN_LEFT, _LEFT),
    Command("the robot curves off to its left, worn out", Action.TURN_LEFT, _LEFT),
    Command("change your direction to the left as you go", Action.TURN_LEFT, _LEFT),
    Command("walk on, then rotate to the right", Action.TURN_RIGHT, _RIGHT),
    Command("pivot right while walking", Action.TURN_RIGHT, _RIGHT),
    Command("take the corner to your right on foot", Action.TURN_RIGHT, _RIGHT),
    Command("please head forward and swing round to the right side", Action.TURN_RIGHT, _RIGHT),
    Command("the robot curves off to its right, worn out", Action.TURN_RIGHT, _RIGHT),
    Command("change your direction to the right as you go", Action.TURN_RIGHT, _RIGHT),
    Command("reach overhead with the left hand", Action.RAISE_LEFT),
    Command("stick your left arm straight up", Action.RAISE_LEFT, _HIGH),
    Command("please hold your left hand up, gently", Action.RAISE_LEFT),
    Command("the robot brings its left hand upwards past the head", Action.RAISE_LEFT),
    Command("get your left hand up in the air like an old man", Action.RAISE_LEFT),
    Command("reach overhead with the right hand", Action.RAISE_RIGHT),
    Command("stick your right arm straight up", Action.RAISE_RIGHT, _HIGH),
    Command("please hold your right hand up, gently", Action.RAISE_RIGHT),
    Command("the robot brings its right hand upwards past the head", Action.RAISE_RIGHT),
    Command("get your right hand up in the air like an old man", Action.RAISE_RIGHT),
    Command("reach overhead with both hands at once", Action.RAISE_BOTH),
    Command("stick both of your arms straight up", Action.RAISE_BOTH, _HIGH),
    Command("please hold your two hands up high", Action.RAISE_BOTH),
    Command("the robot brings both hands upwards past the head", Action.RAISE_BOTH),
    Command("hands up, as if worn out", Action.RAISE_BOTH),
    Command("say hello by waving your left hand", Action.WAVE_LEFT, _SWING),
    Command("swing your left hand to and fro in greeting", Action.WAVE_LEFT),
    Command("please signal to the crowd with a waving left arm", Action.WAVE_LEFT),
    Command("the robot is waving hi with its left hand", Action.WAVE_LEFT, _SWING),
    Command("give a tired wave with the left hand", Action.WAVE_LEFT),
    Command("say hello by waving your right hand", Action.WAVE_RIGHT, _SWING),
    Command("swing your right hand to and fro in greeting", Action.WAVE_RIGHT),
    Command("please signal to the crowd with a waving right arm", Action.WAVE_RIGHT),
    Command("the robot is waving hi with its right hand", Action.WAVE_RIGHT, _SWING),
    Command("give a tired wave with the right hand", Action.WAVE_RIGHT),
    Command("say hello by waving both your hands", Action.WAVE_BOTH, _SWING),
    Command("swing your two hands to and fro above the head", Action.WAVE_BOTH),
    Command("please signal to the crowd with both arms waving", Action.WAVE_BOTH),
    Command("the robot is waving hi with both hands", Action.WAVE_BOTH, _SWING),
    Command("give a tired wave with both hands", Action.WAVE_BOTH),
    Command("bend down at the waist in a bow", Action.BOW, _BENT),
    Command("please bow deeply", Action.BOW, _BENT),
    Command("the robot greets the crowd with a bow", Action.BOW),
    Command("lower your upper body in a polite bow", Action.BOW),
    Command("bow to the people gracefully", Action.BOW),
    Command("hop up off the floor", Action.JUMP),
    Command("please jump up as high as you are able", Action.JUMP, Bounds(pelvis=(0.2, 1.5))),
    Command("the robot springs forward in a single jump", Action.JUMP),
    Command("squat down low, then stand upright", Action.CROUCH),
    Command("please crouch near the floor", Action.CROUCH),
)
"""Paraphrases, imperatives and styles; none is a caption of the training clips."""

_SIDED = (
    ("wave your {side} hand", Action.WAVE_LEFT),
    ("wave with the {side} hand", Action.WAVE_LEFT),
    ("a person waves their {side} hand", Action.WAVE_LEFT),
    ("the robot greets someone by waving its {side} arm", Action.WAVE_LEFT),
    ("say goodbye with your {side} hand", Action.WAVE_LEFT),
    ("raise your {side} hand", Action.RAISE_LEFT),
    ("lift the {side} arm above the head", Action.RAISE_LEFT),
    ("a person raises the {side} hand", Action.RAISE_LEFT),
    ("put your {side} hand up", Action.RAISE_LEFT),
    ("someone holds the {side} arm up high", Action.RAISE_LEFT),
    ("turn {side}", Action.TURN_LEFT),
    ("turn to the {side} while walking", Action.TURN_LEFT),
    ("a person walks forward and turns {side}", Action.TURN_LEFT),
    ("walk and make a {side} turn", Action.TURN_LEFT),
    ("go ahead, then turn to your {side}", Action.TURN_LEFT),
    ("walk ahead and turn ninety degrees to the {side}", Action.TURN_LEFT),
    ("the figure walks and then turns {side}", Action.TURN_LEFT),
    ("please turn {side} and keep walking", Action.TURN_LEFT),
    ("show me your {side} hand up in the air", Action.RAISE_LEFT),
    ("greet people with a wave of your {side} hand", Action.WAVE_LEFT),
)
_STYLES = ("", " slowly", " energetically", " as if exhausted", " like an old person")


def _sided(left: bool) -> tuple[Command, ...]:
    side = "left" if left else "right"
    return tuple(
        Command(text.format(side=side) + style, _on(action, left))
        for text, action in _SIDED
        for style in _STYLES
    )


def _on(action: Action, left: bool) -> Action:
    return action if left else Action(action.value.replace("left", "right"))


SIDES = (*_sided(True), *_sided(False))
"""A hundred commands of the left side, and the same of the right."""

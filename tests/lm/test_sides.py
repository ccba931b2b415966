import pytest

from motiongpt.lm.sides import name_same_limb, settle_sides

CHANGED = {
    "walk right up to me": "walk up to me",
    "jump right now": "jump now",
    "right, walk forward": "walk forward",
    "right then, walk backwards": "walk backwards",
    "right. turn left": "turn left",
    "right then, off you go, walk on": "off you go, walk on",
    "right, turn left": "turn left",
    "ok, right, raise your hand": "raise your hand",
    "all right, take a bow": "take a bow",
    "walk forward, right?": "walk forward",
    "go right ahead": "go ahead",
    "turn right around": "turn around",
    "turn left right now": "turn left now",
    "wave your left hand right now": "wave your left hand now",
    "raise both hands right up": "raise both hands up",
    "turn left at the right moment": "turn left at the moment",
    "the last one left, please bow": "the last one, please bow",
    "wave your left hand at the people on the right": "wave your left hand",
    "raise your right hand to the man on your left": "raise your right hand",
    "wave to the crowd on the left with your right hand": "wave with your right hand",
    "with your left arm, wave to those on my right side": "with your left arm, wave",
    "turn left, away from the right wall": "turn left, away",
    "wave left-handed": "wave left hand",
    "wave ur l hand": "wave ur left hand",
    "turn r": "turn right",
    "lift your left and right hands together": "lift both hands together",
    "raise your left hand and your right arm": "raise both hands",
    "use both left and right hands": "use both hands",
    "pivot clockwise a quarter of a circle": "pivot to the right a quarter of a circle",
    "lift the port arm": "lift the left arm",
    "turn 90 degrees clockwise": "turn 90 degrees to the right",
    "spin anticlockwise": "spin to the left",
    "turn to starboard": "turn to the right",
    "turn towards nine o'clock": "turn towards the left",
}

KEPT = """walk forward|turn right now|turn right here|hang a right here|left turn
turn in place, right
walk in a circle clockwise|swing your arms clockwise|raise your right up|turn right over there
walk forward and turn right and wave your left hand|wave your left hand and turn to the right
turn to the right and wave your left hand|lift your right hand, then turn left|turn right then left
a person waves with the right hand and turns to the left|step to the left and raise your right hand
turn left with your right hand up|walk with your left hand up to the right|right here
look to the right and raise the left hand|shift your weight from the left foot to the right foot
turn left. then turn right now|face the window on your left|make a right at the next corner
right, turn|right turn|move it from left to right in front of you|get that right hand up
a step front-right before a stop
you must to turn at right now""".replace("\n", "|").split("|")


@pytest.mark.parametrize("command", CHANGED)
def test_words_that_mean_no_side_of_the_movement_are_taken_out(command: str) -> None:
    assert settle_sides(command) == CHANGED[command]


@pytest.mark.parametrize("command", KEPT)
def test_what_names_the_side_of_the_movement_stays(command: str) -> None:
    assert settle_sides(command) == command


@pytest.mark.parametrize("command", [*CHANGED, *KEPT])
def test_what_is_settled_stays_as_it_is(command: str) -> None:
    settled = settle_sides(command)
    assert settle_sides(settled) == settled


@pytest.mark.parametrize(
    ("before", "after", "meant"),
    [
        ("raise your left hand", "wave it", "wave the left hand"),
        ("get that right arm up", "swing it around fast", "swing the right arm around fast"),
        ("raise your left hand", "wave your right hand", "wave your right hand"),
        ("raise your left hand and your right hand", "wave it", "wave it"),
        ("walk", "wave it", "wave it"),
        ("raise your left hand", "bow", "bow"),
    ],
)
def test_it_is_the_hand_that_was_named(before: str, after: str, meant: str) -> None:
    assert name_same_limb(before, after) == meant


def test_a_text_of_nothing_else_is_left_as_it_is() -> None:
    assert settle_sides("all right") == "all right"

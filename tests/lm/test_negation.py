import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motiongpt.errors import CommandError, StandStillError
from motiongpt.lm.command import MAX_CHARACTERS
from motiongpt.lm.negation import asks_only_to_stop, begins_with_stop, wanted_steps
from motiongpt.lm.steps import split_steps


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("please start running and do not turn", "please start running"),
        ("don't walk, wave your right hand", "wave your right hand"),
        ("DON’T WALK, wave your right hand", "wave your right hand"),
        ("don't walk. wave your right hand.", "wave your right hand"),
        ("don't walk but wave", "wave"),
        ("do not stay still, wave", "wave"),
        ("don't just stand there, wave", "wave"),
        ("walk without turning", "walk"),
        ("without moving your feet, wave", "wave"),
        ("wave without moving your arms and head", "wave"),
        ("wave your hand without moving your feet and bow", "wave your hand, bow"),
        ("walk instead of running", "walk"),
        ("walk rather than run", "walk"),
        ("instead of walking, wave", "wave"),
        ("walk forward, but not too fast", "walk forward"),
        ("walk forward - do not turn", "walk forward"),
        ("turn left, not right", "turn left"),
        ("turn left not right", "turn left"),
        ("raise your left hand but not your right", "raise your left hand"),
        ("walk and don't turn or bow", "walk"),
        ("walk and no waving", "walk"),
        ("no waving, just walk", "walk"),
        ("walk, avoid turning", "walk"),
        ("walk like nobody is watching", "walk"),
        ("be careful not to fall, walk forward", "walk forward"),
        ("walk so that you do not fall", "walk"),
        ("a person stands, waves and does not walk", "waves"),
        ("stop walking and wave your right hand", "wave your right hand"),
        ("stop walking, then turn left", "turn left"),
        ("stop, then wave", "wave"),
        ("stop and wave", "wave"),
        ("a person stops and waves", "a person waves"),
        ("stop, now turn left", "turn left"),
        ("wait, then bow", "bow"),
        ("no, wave your left hand", "wave your left hand"),
        ("walk. No, turn left.", "turn left"),
        ("walk forward, then stop", "walk forward"),
        ("quit walking and sit down", "sit down"),
    ],
)
def test_what_is_not_to_be_done_is_taken_out(text: str, wanted: str) -> None:
    assert " / ".join(wanted_steps(split_steps(text))) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("don't forget to wave", "wave"),
        ("do not hesitate to bow", "bow"),
        ("don't stop waving your hand", "waving your hand"),
        ("never stop waving", "waving"),
        ("why don't you wave", "wave"),
        ("won't you wave your left hand", "wave your left hand"),
        ("if you don't mind, wave", "wave"),
        ("why not bow", "bow"),
    ],
)
def test_a_not_that_asks_for_a_movement_does_not_lose_it(text: str, wanted: str) -> None:
    assert wanted_steps(split_steps(text)) == (wanted,)


@pytest.mark.parametrize(
    "text",
    """walk forward and stop|walk to a stop|walk forward without confidence|keep walking|stand up
    wave your left hand with no strength left|start walk stop|hold your arms up|walk in place
    a person stands still and waves|stand on one leg|wave again|a man stands and raises both arms
    turn right|right|stay low|look around|the person turns left at the stop|walk to the left and
    turn around, now""".replace("\n    ", "|").split("|"),
)
def test_other_commands_stay_as_they_are(text: str) -> None:
    assert wanted_steps((text,)) == (text,)
    assert not begins_with_stop(text)


@pytest.mark.parametrize(
    "text",
    """do not walk|don’t walk|never run|do not raise your left hand|don't move your left arm
    no waving|no more waving|no left turn|don't stop|don't freeze|don't walk and wave
    try not to walk|don't walk, run or jump|never run, jump or turn
    refrain from walking|avoid turning|do anything but walk|nobody asked you to walk
    you don't have to walk|a person does not walk|don't walk, there is a wall""".replace(
        "\n    ", "|"
    ).split("|"),
)
def test_a_command_that_only_says_what_not_to_do_is_refused(text: str) -> None:
    with pytest.raises(CommandError, match="only says what not to do; say what to do") as refused:
        wanted_steps(split_steps(text))
    assert not isinstance(refused.value, StandStillError)
    assert not begins_with_stop(text)


@pytest.mark.parametrize(
    "text",
    """stop|robot, stop|please, stop.|stop. now.|stop!stop!|no, stop|don't walk, stop
    stop, you idiot|stop, that hurts|stop. you are hurting me|do not walk, just stand still
    stand without moving|a person stands and does not move|stay still and don't move|never mind
    walk forward, no, stop|wave your right hand. No, never mind!|stop, or I will unplug you
    freeze|wait|no""".replace("\n    ", "|").split("|"),
)
def test_a_command_that_asks_to_be_still_asks_for_no_motion(text: str) -> None:
    with pytest.raises(StandStillError, match="asks to stand still"):
        wanted_steps(split_steps(text))
    assert asks_only_to_stop(text) and begins_with_stop(text)


@pytest.mark.parametrize(
    "text",
    ["stop, then wave", "wait, then bow", "stop and wave", "no, wave your left hand"]
    + ["stop walking and wave", "don't move, now wave", "stop" + " and walk" * 100_000],
)
def test_a_command_may_begin_with_stop_and_go_on(text: str) -> None:
    assert begins_with_stop(text) and not asks_only_to_stop(text)


@given(st.text(max_size=MAX_CHARACTERS))
def test_no_text_breaks_it(text: str) -> None:
    begins_with_stop(text)
    asks_only_to_stop(text)


WORDS = "stop no not never do without and or , . instead of rather than walking wave don't but"


@given(st.lists(st.sampled_from(WORDS.split()), min_size=1, max_size=80))
def test_whatever_is_said_it_is_read_in_no_time(words: list[str]) -> None:
    text, began = " ".join(words)[:MAX_CHARACTERS], time.process_time()
    begins_with_stop(text)
    try:
        assert all(wanted_steps(split_steps(text)))
    except CommandError:
        pass
    assert time.process_time() - began < 0.2

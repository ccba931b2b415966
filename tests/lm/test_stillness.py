import pytest

from motiongpt.lm.stillness import asks_to_be_still, plain_text, takes_back

STILL = """stop|STOP!|stop!!!|please stop now|stop stop stop|halt|Halt.|freeze|freeze!|stand still
hold still|stay where you are|stay still|stay|stay put|don't move|don’t move!|dont move|do not move
DO NOT MOVE|don't you dare move|you must not move|I don't want you to move|stop moving
stop walking|stop waving your arms|stop walking and waving|stop it|stop that right now
stop what you are doing|stop in front of the table|stop before you hit the wall|stop right there
stop at once!|stop the robot|stop or I will unplug you|wait|wait a moment|wait for me to walk
hold on|hold it|hold your position|no|no no no|no stop|no no wait|cancel|cancel that|abort
hey robot stop please|ok stop|I said stop|I want you to stop|could you please stop walking
for god's sake stop|quit waving|that's enough|that’s enough|enough walking|cut it out
emergency stop|e-stop|the person stops|a person stands still|the person is standing in place
freeze and don't move a muscle|don't do anything|do nothing|never mind|no more|no movement
nobody move|be still|keep still|keep your arms still|stand there|come to a stop|pause|turn off
hang on|that will do|don't|don't do that|don't go|don't take another step|not now|no further
stay still until the music ends|be quiet|stpo|sotp!|please stp|hlat
freez!|stoooop|stoppp!|nooo|ｓｔｏｐ|st\u200bop""".replace("\n", "|").split("|")

MOVING = """walk forward and stop|walk to a stop|a person stops and waves|a person stops to wave
stop and wave|stop walking and wave your right hand|start walk stop|run stop run|hold your arms up
hold your hand out|hold on to the rail|stand up|stand on one leg|stay low|walk in place
stand still with your arms raised|a person stands still and waves|stay in place and wave
keep walking|keep doing that|keep your balance|sit still|turn off the path|right|go
bring your hands to a stop|the person turns left at the stop|don't stop|never stop|don't freeze
do not walk|don't move your left arm|do not stay still|wave without stopping|no waving
quit walking and sit down|stoop down|hang on the bar|hold up your left hand|don't go left
don't do a handstand|do not take a step back""".replace("\n", "|").split("|")


@pytest.mark.parametrize("clause", STILL)
def test_a_clause_asks_to_be_still(clause: str) -> None:
    assert asks_to_be_still(plain_text(clause))


@pytest.mark.parametrize("clause", MOVING)
def test_other_clauses_do_not(clause: str) -> None:
    assert not asks_to_be_still(plain_text(clause))


def test_what_was_said_before_is_taken_back() -> None:
    assert takes_back("no wait") and takes_back("never mind") and takes_back("cancel that")
    assert not takes_back("wait") and not takes_back("no waving")

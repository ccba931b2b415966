"""The twelve commands that every model of ours must obey."""

from dataclasses import dataclass

from motiongpt.check.judge import Action


@dataclass(frozen=True)
class Command:
    """A sentence and the action it asks for.

    Attributes:
        text: what is said.
        action: what must be seen.
    """

    text: str
    action: Action


COMMANDS = (
    Command("walk forward", Action.WALK),
    Command("a person walks forward and turns left", Action.TURN_LEFT),
    Command("walk and turn right", Action.TURN_RIGHT),
    Command("run forward", Action.RUN),
    Command("a person walks backward", Action.WALK_BACKWARD),
    Command("raise your left hand", Action.RAISE_LEFT),
    Command("a person raises the right hand", Action.RAISE_RIGHT),
    Command("raise both hands", Action.RAISE_BOTH),
    Command("wave your left hand", Action.WAVE_LEFT),
    Command("a person waves with the right hand", Action.WAVE_RIGHT),
    Command("wave both hands", Action.WAVE_BOTH),
    Command("take a bow", Action.BOW),
)

"""Commands, what must be seen, and the twelve that every model of ours must obey."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from motiongpt.check.judge import HAND_UP, Action, count_raised_swings
from motiongpt.motion.kinematics import Hand, Kinematics

Range = tuple[float, float]


@dataclass(frozen=True)
class Bounds:
    """What a motion must measure besides being the right action; None asks nothing.

    Attributes:
        turn: signed turn in [deg], left positive.
        forward: way along the facing in [m].
        speed: fast walking speed in [m/s].
        bend: trunk bend in [deg].
        hands: how far the asked hands rise above the head joint in [m].
        swings: how often an asked hand turns back.
        pelvis: how far the pelvis rises over straight legs in [m].
        up: sides of the hands that rise, and no others.
    """

    turn: Range | None = None
    forward: Range | None = None
    speed: Range | None = None
    bend: Range | None = None
    hands: Range | None = None
    swings: Range | None = None
    pelvis: Range | None = None
    up: tuple[str, ...] | None = None

    def hold(self, seen: Kinematics) -> bool:
        """Whether a measured motion is inside all of them."""
        risen = [side for side in ("left", "right") if getattr(seen, side).rise > HAND_UP]
        if self.up is not None and tuple(risen) != self.up:
            return False
        up: list[Hand] = [getattr(seen, side) for side in risen]
        values = (
            (self.turn, math.degrees(seen.turn)),
            (self.forward, seen.forward),
            (self.speed, seen.speed),
            (self.bend, math.degrees(seen.bend)),
            (self.hands, max((hand.rise for hand in up), default=-math.inf)),
            (self.swings, count_raised_swings(seen)),
            (self.pelvis, seen.rise),
        )
        return all(range is None or range[0] <= value <= range[1] for range, value in values)


@dataclass(frozen=True)
class Command:
    """A sentence and what it asks for.

    Attributes:
        text: what is said.
        action: what must be seen.
        bounds: how it must be done.
    """

    text: str
    action: Action
    bounds: Bounds = Bounds()


def asked(texts: Mapping[Action, Sequence[str]]) -> tuple[Command, ...]:
    """Commands of which the action alone counts, in the order given."""
    return tuple(Command(text, action) for action, said in texts.items() for text in said)


def to_refuse(*texts: str) -> tuple[Command, ...]:
    """Requests that are done right by refusing them."""
    return tuple(Command(text, Action.REFUSED) for text in texts)


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

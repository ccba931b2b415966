"""Commands of two actions at once: the hands do something while the legs go somewhere."""

from dataclasses import dataclass

from motiongpt.check.commands import Bounds, Command
from motiongpt.check.judge import Action

_WAVES = (3.0, 500.0)


@dataclass(frozen=True)
class _Gesture:
    """What hands do.

    Attributes:
        command: as a command.
        meanwhile: as it is said after "while".
        up: sides of the hands that rise.
        waves: whether they swing.
    """

    command: str
    meanwhile: str
    up: tuple[str, ...]
    waves: bool


_GAITS = (
    ("walk forward", "a person walks forward", Action.WALK),
    ("run forward", "someone runs forward", Action.RUN),
    ("walk slowly", "a person walks slowly", Action.WALK),
    ("jog", "a man jogs", Action.RUN),
)
_GESTURES = (
    _Gesture("wave with your right hand", "waving with their right hand", ("right",), True),
    _Gesture("wave your left hand", "waving the left hand", ("left",), True),
    _Gesture("wave both hands", "waving with both hands", ("left", "right"), True),
    _Gesture("raise both hands", "raising both hands", ("left", "right"), False),
    _Gesture("raise your left hand", "lifting the left arm", ("left",), False),
    _Gesture("raise your right hand", "raising the right hand", ("right",), False),
)

BOTH = tuple(
    Command(text, action, Bounds(up=gesture.up, swings=_WAVES if gesture.waves else None))
    for command, caption, action in _GAITS
    for gesture in _GESTURES
    for text in (f"{command} and {gesture.command}", f"{caption} while {gesture.meanwhile}")
)
"""48 commands and captions; what is seen must be the gait, and the hands that were named."""

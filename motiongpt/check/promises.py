"""What the words of a sentence promise, so that a motion that does otherwise is found.

Only plain words of walking, turning, jumping, squatting, bowing and of raised and waving hands
promise anything; of other sentences nothing is asked.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from motiongpt.check.judge import (
    BACKWARD,
    BOW,
    CROUCH,
    HAND_UP,
    JUMP,
    RUN_SPEED,
    TRAVEL,
    TURN,
    WAVE_SWINGS,
)
from motiongpt.motion.kinematics import Kinematics

WALK_SPEED = 0.9 * RUN_SPEED
"""A walk that is slower than this in [m/s] is not taken for running when done again."""


def _words(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{pattern})\b", re.IGNORECASE)


_SIDE = _words(r"left|right")
_TURNING = _words(
    r"turn\w*|spin\w*|rotat\w*|pivot\w*|circ\w*|around|round|corner|curv\w*|veer\w*|swerv\w*|arc\w*"
    r"|zig\w*|diagonal\w*|clockwise|counter\w*|loop\w*|angle|sideways|twist\w*|side to side"
    r"|back and forth|facing|danc\w*|waltz\w*|degrees|bend\w* (?:left|right)|\d+"
)
_NAMED_TURN = _words(r"turns? (?:\w+ degrees to the )?(?:left|right)")
_FORWARD = _words(r"forwards?|ahead|straight|onwards?")
_BACKWARD = _words(
    r"(?:walk|step|mov|go|run|back|retreat)\w*(?: \w+){0,3} (?:back|backwards?)"
    r"|backs? (?:up|away)|retreat\w*|in reverse"
)
_RUNNING = _words(r"runs?|running|jog\w*|sprint\w*|dash\w*")
_WALKING = _words(r"walk\w*|stroll\w*|march\w*|wander\w*|steps?|mov\w+ (?:forwards?|ahead)")
_QUICK = _words(
    r"quick\w*|brisk\w*|fast|active\w*|energ\w*|energy|livel\w*|young|youth\w*|happ\w*|swift\w*|pace"
)
_JUMPING = _words(r"jump\w*|hop|hops|hopping|leap\w*")
_SQUATTING = _words(r"squat\w*|crouch\w*")
_BOWING = _words(r"bows?|bowing")
_WAVING = _words(r"wav(?:e|es|ing|ed)|goodbye|bye|farewell|greet\w*")
_RAISING = _words(r"(?:rais|lift|put|throw)\w*(?: \w+){0,4} (?:hands?|arms?)|hands? up")


@dataclass(frozen=True)
class Promise:
    """Something that words promise.

    Attributes:
        name: what it is.
        words: a sentence with them promises it,
        unless: if it has none of these.
        kept: whether a measured motion has it.
    """

    name: str
    words: re.Pattern[str]
    kept: Callable[[Kinematics], bool]
    unless: re.Pattern[str] | None = None

    def made_by(self, sentence: str) -> bool:
        """Whether a sentence promises it."""
        excused = self.unless is not None and self.unless.search(sentence)
        return not excused and self.words.search(sentence) is not None


def _any_of(*patterns: re.Pattern[str]) -> re.Pattern[str]:
    return re.compile("|".join(pattern.pattern for pattern in patterns), re.IGNORECASE)


_PLAIN = _any_of(
    *(_BACKWARD, _RUNNING, _WALKING, _JUMPING, _SQUATTING, _BOWING, _WAVING, _RAISING)
)


def _raised(seen: Kinematics) -> tuple[bool, bool]:
    return seen.left.rise > HAND_UP, seen.right.rise > HAND_UP


def _swings(seen: Kinematics) -> int:
    hands = zip((seen.left, seen.right), _raised(seen), strict=True)
    return max((hand.swings for hand, up in hands if up), default=0)


PROMISES = (
    Promise("to keep its heading", _PLAIN, lambda seen: abs(seen.turn) < TURN, _TURNING),
    Promise(
        "to go backward",
        _BACKWARD,
        lambda seen: seen.forward < BACKWARD,
        _any_of(_FORWARD, _words("forth")),
    ),
    Promise("to run", _RUNNING, lambda seen: seen.speed > RUN_SPEED, _BACKWARD),
    Promise(
        "not to run",
        _WALKING,
        lambda seen: seen.speed < WALK_SPEED,
        _any_of(_BACKWARD, _RUNNING, _JUMPING, _QUICK),
    ),
    Promise(
        "to go forward",
        re.compile(f"(?=.*{_WALKING.pattern}).*{_FORWARD.pattern}", re.IGNORECASE),
        lambda seen: seen.forward > TRAVEL,
        _any_of(_BACKWARD, _TURNING),
    ),
    Promise("to jump", _JUMPING, lambda seen: seen.rise > JUMP),
    Promise("to go down", _SQUATTING, lambda seen: seen.drop > CROUCH),
    Promise("to bow", _BOWING, lambda seen: seen.bend > BOW),
    Promise("to wave", _WAVING, lambda seen: _swings(seen) >= WAVE_SWINGS, _BOWING),
    Promise("to raise a hand", _RAISING, lambda seen: any(_raised(seen))),
)
"""What is asked of every sentence with such words."""


def promises_anything(sentence: str) -> bool:
    """Whether anything is asked of the motion of a sentence."""
    return any(pattern.search(sentence) for pattern in (_PLAIN, _NAMED_TURN))


def find_broken(sentence: str, seen: Kinematics) -> tuple[str, ...]:
    """Names of what a sentence promises and its motion does not do.

    Args:
        sentence: one step of a command, or a caption.
        seen: the measured motion.
    """
    broken = [p.name for p in PROMISES if p.made_by(sentence) and not p.kept(seen)]
    sides = {side.lower() for side in _SIDE.findall(sentence)}
    if len(sides) == 1 and not _keeps_side(sentence, sides.pop(), seen):
        broken.append("that side")
    return tuple(broken)


def _keeps_side(sentence: str, side: str, seen: Kinematics) -> bool:
    """Whether a hand or a turn of the side that is named is on that side, and on no other."""
    left = side == "left"
    gesture = _RAISING.search(sentence) or _WAVING.search(sentence)
    if gesture and not _TURNING.search(sentence):
        return _raised(seen) == (left, not left)
    if _NAMED_TURN.search(sentence) and not gesture:
        return (seen.turn if left else -seen.turn) > TURN
    return True

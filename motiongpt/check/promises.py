"""What the words of a sentence promise, so that a motion that does otherwise is found.

Only plain words of walking, turning, jumping, squatting, bowing and of raised and waving hands
promise anything; of other sentences nothing is asked.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from motiongpt.check.judge import (
    BACKWARD,
    BOW,
    CROUCH,
    JUMP,
    RUN_SPEED,
    TRAVEL,
    TURN,
    WAVE_SWINGS,
    count_raised_swings,
    find_raised,
)
from motiongpt.motion.kinematics import Kinematics

WALK_SPEED = 0.9 * RUN_SPEED
"""A walk that is slower than this in [m/s] is not taken for running when done again."""

FAST_WALK = 1.3
"""Whoever is asked to go fast goes faster than this in [m/s]; a plain walk has some 1.2."""


def _words(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{pattern})\b", re.IGNORECASE)


_SIDE = _words(r"left|right")
_TURNING = _words(
    r"turn\w*|spin\w*|rotat\w*|pivot\w*|circ\w*|around|round|corner|curv\w*|veer\w*|swerv\w*|arc\w*"
    r"|zig\w*|diagonal\w*|clockwise|counter\w*|loop\w*|angle|sideways|twist\w*|side to side"
    r"|back and forth|facing|danc\w*|waltz\w*|degrees|bend\w* (?:left|right)|\d+"
)
_TO_SIDE = _words(
    r"(?:takes?|taking|hang|bear|make|go|goes|going|head|cut|swing|to)(?: a| the| your)?"
    r" (?:left|right)"
    r"(?! (?:hand|arm|foot|leg|knee)s?)"
)
_NAMED_TURN = _words(
    r"(?:turn|pivot|rotat|spin)\w*(?: \w+){0,6} (?:left|right)(?! (?:hand|arm|foot|leg|knee)s?\b)"
)
_FORWARD = _words(r"forwards?|ahead|straight|onwards?")
_BACKWARD = _words(
    r"(?:walk|step|mov|go|run|back|retreat)\w*(?: \w+){0,3} (?:back|backwards?)"
    r"|backs? (?:up|away)|retreat\w*|in reverse"
)
_RUNNING = _words(
    r"runs?|running|jog\w*|sprint\w*|dash\w*|rac(?:e|es|ing)|gallop\w*|hurtl\w*|bolts?|bolting"
)
_FAST = _words(r"fast(?:er)?|quick\w*|rapid\w*|swift\w*|full speed|top speed|hurr(?:y|ies)")
_GOING = _words(r"go(?:es|ing)?|forwards?|ahead|walk\w*|mov(?:e|es|ing)|march\w*|strid\w*")
_WALKING = _words(
    r"walk\w*|stroll\w*|march\w*|wander\w*|steps?|mov\w+ (?:forwards?|ahead)|go\w* forwards?"
)
_QUICK = _words(
    r"quick\w*|brisk\w*|fast|active\w*|energ\w*|energy|livel\w*|young|youth\w*|happ\w*|swift\w*"
)
_SLOWLY = _words(r"slow\w*|not|less")
_WITH_HANDS = _words(r"rais\w*|wav\w*|lift\w*|hands?|arms?")
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
        made_by: whether a sentence promises it.
        kept: whether a measured motion has it.
    """

    name: str
    made_by: Callable[[str], bool]
    kept: Callable[[Kinematics], bool]


def _any_of(*patterns: re.Pattern[str]) -> re.Pattern[str]:
    return re.compile("|".join(pattern.pattern for pattern in patterns), re.IGNORECASE)


_PLAIN = _any_of(
    *(_BACKWARD, _RUNNING, _WALKING, _JUMPING, _SQUATTING, _BOWING, _WAVING, _RAISING)
)
_TURNS = _any_of(_TURNING, _TO_SIDE)
_GOES_FAST = re.compile(f"(?=.*{_FAST.pattern}).*{_GOING.pattern}", re.IGNORECASE)
_WALKS_FORWARD = re.compile(f"(?=.*{_WALKING.pattern}).*{_FORWARD.pattern}", re.IGNORECASE)


def _said(
    *words: re.Pattern[str], unless: Iterable[re.Pattern[str]] = ()
) -> Callable[[str], bool]:
    """Whether a sentence has one of some words, and none of others."""
    asks, excuses = _any_of(*words), _any_of(*unless) if unless else None

    def is_said(sentence: str) -> bool:
        return bool(asks.search(sentence)) and not (excuses and excuses.search(sentence))

    return is_said


def _only_side(sentence: str) -> str | None:
    """The side that a sentence names, if it is one."""
    sides = {side.lower() for side in _SIDE.findall(sentence)}
    return sides.pop() if len(sides) == 1 else None


def _sided(side: str) -> tuple[Promise, Promise]:
    """What it means to raise or wave a hand of one side, and to turn to it."""
    left = side == "left"
    gesture, turn = _said(_RAISING, _WAVING, unless=(_TURNS,)), _said(_NAMED_TURN)
    no_gesture = _said(_PLAIN, _NAMED_TURN, unless=(_RAISING, _WAVING))
    return (
        Promise(
            f"the {side} hand only",
            lambda sentence: _only_side(sentence) == side and gesture(sentence),
            lambda seen: find_raised(seen) == (left, not left),
        ),
        Promise(
            f"to turn {side}",
            lambda sentence: (
                _only_side(sentence) == side and turn(sentence) and no_gesture(sentence)
            ),
            lambda seen: (seen.turn if left else -seen.turn) > TURN,
        ),
    )


PROMISES = (
    Promise(
        "to keep its heading",
        _said(_PLAIN, unless=(_TURNS,)),
        lambda seen: abs(seen.turn) < TURN,
    ),
    Promise(
        "to go backward",
        _said(_BACKWARD, unless=(_FORWARD, _words("forth"))),
        lambda seen: seen.forward < BACKWARD,
    ),
    Promise("to run", _said(_RUNNING, unless=(_BACKWARD,)), lambda seen: seen.speed > RUN_SPEED),
    Promise(
        "not to run",
        _said(_WALKING, unless=(_BACKWARD, _RUNNING, _JUMPING, _QUICK)),
        lambda seen: seen.speed < WALK_SPEED,
    ),
    Promise(
        "to be fast",
        _said(
            _GOES_FAST,
            unless=(_BACKWARD, _TURNS, _JUMPING, _SQUATTING, _BOWING, _SLOWLY, _WITH_HANDS),
        ),
        lambda seen: seen.speed > FAST_WALK,
    ),
    Promise(
        "to go forward",
        _said(_WALKS_FORWARD, unless=(_BACKWARD, _TURNS)),
        lambda seen: seen.forward > TRAVEL,
    ),
    Promise("to jump", _said(_JUMPING), lambda seen: seen.rise > JUMP),
    Promise("to go down", _said(_SQUATTING), lambda seen: seen.drop > CROUCH),
    Promise("to bow", _said(_BOWING), lambda seen: seen.bend > BOW),
    Promise(
        "to wave",
        _said(_WAVING, unless=(_BOWING,)),
        lambda seen: count_raised_swings(seen) >= WAVE_SWINGS,
    ),
    Promise("to raise a hand", _said(_RAISING), lambda seen: any(find_raised(seen))),
    *_sided("left"),
    *_sided("right"),
)
"""What is asked of every sentence with such words."""


def find_promises(sentence: str) -> list[int]:
    """Which of the promises a sentence makes: indices."""
    return [i for i, promise in enumerate(PROMISES) if promise.made_by(sentence)]


def find_broken(sentence: str, seen: Kinematics) -> tuple[str, ...]:
    """Names of what a sentence promises and its motion does not do.

    Args:
        sentence: one step of a command, or a caption.
        seen: the measured motion.
    """
    made = (PROMISES[i] for i in find_promises(sentence))
    return tuple(promise.name for promise in made if not promise.kept(seen))

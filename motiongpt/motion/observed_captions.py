"""Captions from kinematics, of what a clip shows and its own captions leave out."""

import math

import numpy as np

from motiongpt.motion.dataset import Caption
from motiongpt.motion.kinematics import Hand, Kinematics, measure
from motiongpt.motion.motion import Motion

SPAN, HOP = 4.8, 2.4
"""Length of the parts that are looked at, and from one to the next, in [s]."""

LONG = 12.0
"""A clip longer than this in [s] is described in parts whatever its captions say."""

_UNCLEAR = ("danc", "salsa", "ballet", "jete", "punch", "box", "slash", "sword", "ball", "dribbl")
"""Clips that say one of these are left alone: their turns and hands mean something else."""

_ALREADY = {
    "turn": ("turn", "circle", "curve", "rotate", "spin", "pivot"),
    "back": ("back",),
    "aside": ("side",),
    "run": ("run", "jog", "sprint", "dash"),
    "walk": ("walk", "stroll", "step", "move", "stride", "march", "wander", "jog", "run"),
    "jump": ("jump", "hop", "leap", "spring"),
    "crouch": ("crouch", "squat", "duck", "sit", "kneel", "low", "pick", "crawl"),
    "bow": ("bow", "bend", "pick", "lean"),
    "hand": ("hand", "arm", "wave", "rais", "lift", "throw"),
}
"""What captions say who have it already, by what is seen."""


def observe(seen: Kinematics) -> tuple[str, str] | None:
    """Say in a command what a part of a motion clearly is.

    Args:
        seen: what was measured of some seconds.

    Returns:
        The kind of movement, a key of the table of what captions say, and the command; None if it
        is nothing that is known, or not clear.
    """
    side = "left" if seen.turn > 0 else "right"
    turned = abs(math.degrees(seen.turn))
    if turned > 60:
        return "turn", _turning(seen, side, turned)
    if turned > 35:
        return None
    if seen.forward < -0.8 and abs(seen.sideways) < 0.7:
        return "back", "walk backward"
    if abs(seen.sideways) > 0.8 and abs(seen.forward) < 0.6:
        return "aside", f"step sideways to the {'left' if seen.sideways > 0 else 'right'}"
    if seen.forward > 1.2:
        return _travelling(seen)
    if abs(seen.forward) > 0.6 or abs(seen.sideways) > 0.6:
        return None
    return _standing(seen)


def _turning(seen: Kinematics, side: str, turned: float) -> str:
    amount = f"turn {side}" if turned < 135 else f"turn around to the {side}"
    if seen.forward < 0.7:
        return f"{amount} on the spot"
    gait = "run" if seen.speed > 2.0 else "walk"
    return f"{gait} forward and {amount}"


def _travelling(seen: Kinematics) -> tuple[str, str] | None:
    hands = _hands(seen)
    if seen.rise > 0.2:
        return "jump", "jump forward"
    if seen.speed > 2.2:
        return "run", "run forward"
    if seen.speed > 1.6:
        return None
    pace = " slowly" if seen.speed < 0.7 else ""
    if hands:
        return "hand", f"walk forward{pace} and {hands}"
    return "walk", f"walk forward{pace}"


def _standing(seen: Kinematics) -> tuple[str, str] | None:
    if seen.rise > 0.18:
        return "jump", "jump"
    if seen.drop > 0.35:
        return "crouch", "crouch down"
    if seen.bend > math.radians(30):
        return "bow", "bend forward"
    hands = _hands(seen)
    return ("hand", hands) if hands else None


def _hands(seen: Kinematics) -> str:
    up = [side for side, hand in (("left", seen.left), ("right", seen.right)) if _is_up(hand)]
    if not up:
        return ""
    whose = "both hands" if len(up) == 2 else f"your {up[0]} hand"
    hands = [getattr(seen, side) for side in up]
    waves = max(hand.swings for hand in hands) >= 5
    return f"wave with {whose}" if waves else f"raise {whose}"


def _is_up(hand: Hand) -> bool:
    return hand.rise > 0.0 and hand.raised > 0.15


def observed_captions(
    positions: np.ndarray, captions: tuple[Caption, ...], fps: float = 20.0
) -> tuple[Caption, ...]:
    """Describe the parts of a clip, as far as its captions do not.

    Args:
        positions: shape (T, 22, 3), in [m], x left, y up, z forward.
        captions: what is said of it.
        fps: frames a second.

    Returns:
        Commands with the times of their parts.
    """
    said = " ".join(caption.text.lower() for caption in captions)
    if any(word in said for word in _UNCLEAR):
        return ()
    span, hop, n = int(SPAN * fps), int(HOP * fps), len(positions)
    found = []
    for first in range(0, max(n - span // 2, 1), hop):
        part = positions[first : first + span]
        if len(part) < fps:
            continue
        seen = observe(measure(Motion.from_y_up(part, fps)))
        if seen is None:
            continue
        kind, text = seen
        if n <= LONG * fps and any(word in said for word in _ALREADY[kind]):
            continue
        found.append(Caption(text, first / fps, (first + len(part)) / fps))
    return tuple(found)

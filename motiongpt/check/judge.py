"""Which action a measured motion is."""

import math
from enum import Enum

from motiongpt.motion.kinematics import Hand, Kinematics

TRAVEL, BACKWARD = 1.0, -0.6
"""A body that goes this far along its facing in [m] walks; this far against it, backward."""

TURN = math.radians(50)
"""A body that turns this far in [rad] turns."""

RUN_SPEED = 1.6
"""Faster than this in [m/s] is running."""

HAND_UP = -0.2
"""A wrist higher than this over the head joint in [m] is raised."""

WAVE_SWINGS = 3
"""A raised wrist that turns back this often waves."""

BOW = math.radians(14)
"""A trunk that bends forward this far in [rad] bows."""

DEEP_BOW = math.radians(23)
"""A trunk that bends this far in [rad] bows, wherever the hands are."""


JUMP = 0.15
"""A pelvis that rises this far above its median in [m] jumps; a run takes it up by 0.1."""

CROUCH = 0.25
"""A pelvis that sinks this far below its median in [m] crouches; a bow takes it down by 0.1."""


class Action(str, Enum):
    """What the check can tell apart."""

    WALK = "walk"
    RUN = "run"
    WALK_BACKWARD = "walk backward"
    TURN_LEFT = "turn left"
    TURN_RIGHT = "turn right"
    RAISE_LEFT = "raise left hand"
    RAISE_RIGHT = "raise right hand"
    RAISE_BOTH = "raise both hands"
    WAVE_LEFT = "wave left hand"
    WAVE_RIGHT = "wave right hand"
    WAVE_BOTH = "wave both hands"
    BOW = "bow"
    JUMP = "jump"
    CROUCH = "crouch"
    OTHER = "something else"
    REFUSED = "refused"


_RAISES = {
    (True, False): Action.RAISE_LEFT,
    (False, True): Action.RAISE_RIGHT,
    (True, True): Action.RAISE_BOTH,
}
_WAVES = {
    (True, False): Action.WAVE_LEFT,
    (False, True): Action.WAVE_RIGHT,
    (True, True): Action.WAVE_BOTH,
}


def judge(seen: Kinematics) -> Action:
    """Name the action that a motion is."""
    if seen.turn > TURN:
        return Action.TURN_LEFT
    if seen.turn < -TURN:
        return Action.TURN_RIGHT
    if seen.forward < BACKWARD:
        return Action.WALK_BACKWARD
    if seen.forward > TRAVEL:
        return _judge_travel(seen)
    if seen.rise > JUMP:
        return Action.JUMP
    if seen.drop > CROUCH:
        return Action.CROUCH
    if seen.bend > DEEP_BOW:
        return Action.BOW
    raised = find_raised(seen)
    if any(raised):
        waves = count_raised_swings(seen) >= WAVE_SWINGS
        return (_WAVES if waves else _RAISES)[raised]
    return Action.BOW if seen.bend > BOW else Action.OTHER


def _judge_travel(seen: Kinematics) -> Action:
    """Name the way a body goes forward."""
    if seen.speed > RUN_SPEED:
        return Action.RUN
    return Action.JUMP if seen.rise > JUMP else Action.WALK


def _is_up(hand: Hand) -> bool:
    return hand.rise > HAND_UP


def find_raised(seen: Kinematics) -> tuple[bool, bool]:
    """Whether the left and the right hand rise."""
    return _is_up(seen.left), _is_up(seen.right)


def count_raised_swings(seen: Kinematics) -> int:
    """How often that hand turns back, of those that rise, which does so most often."""
    return max((hand.swings for hand in (seen.left, seen.right) if _is_up(hand)), default=0)


def other_side(action: Action) -> Action | None:
    """The same action on the other side; None where an action has no side."""
    swapped = action.value.replace("left", "#").replace("right", "left").replace("#", "right")
    return Action(swapped) if swapped != action.value else None


def describe(seen: Kinematics) -> str:
    """The measured numbers that the judgement rests on, in a line."""
    hands = ", ".join(
        f"{side} hand {hand.rise:+.2f} m over head, {hand.swings} swings"
        for side, hand in (("left", seen.left), ("right", seen.right))
        if _is_up(hand)
    )
    parts = [
        f"turn {math.degrees(seen.turn):+.0f} deg",
        f"forward {seen.forward:+.1f} m",
        f"{seen.speed:.1f} m/s",
        f"bend {math.degrees(seen.bend):.0f} deg",
    ]
    if seen.rise > JUMP or seen.drop > CROUCH:
        parts.append(f"pelvis {seen.rise:+.2f} m, -{seen.drop:.2f} m")
    return ", ".join(parts + ([hands] if hands else []))

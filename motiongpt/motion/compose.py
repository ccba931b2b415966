"""Two actions in one clip: one after the other, or arms of one on the body of the other."""

import re

import numpy as np

from motiongpt.motion.features import facing_turn
from motiongpt.motion.rotation import rotate_about_y
from motiongpt.motion.skeleton import JOINT_INDEX

BLEND_FRAMES = 8
"""Frames in which one action becomes the next."""

_ARMS = {
    side: [JOINT_INDEX[f"{side}_{name}"] for name in ("shoulder", "elbow", "wrist")]
    for side in ("left", "right")
}
_SUBJECT = re.compile(
    r"^(?:(?:a|the|one|this) (?:person|man|woman|human|figure|guy|someone|stick figure)|someone"
    r"|somebody|he|she|they) (?:is )?(?=\w)"
)


def predicate(caption: str) -> str | None:
    """The caption without its subject ("a person waves" -> "waves"); None for an imperative."""
    match = _SUBJECT.match(caption)
    return caption[match.end() :] if match else None


def join_captions(first: str, second: str, link: str) -> str | None:
    """Say both in one sentence.

    Args:
        first: a caption.
        second: a caption of the same mood.
        link: such as " and then ".

    Returns:
        One caption, or None if one is an imperative and the other is not.
    """
    one, other = predicate(first), predicate(second)
    if (one is None) != (other is None):
        return None
    return first.rstrip(". ") + link + (second if other is None else other)


def join_in_time(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Play one clip after the other, where and as the first one ends.

    Args:
        first: positions (T1, 22, 3) in [m], y up, common skeleton, on the floor.
        second: positions (T2, 22, 3), likewise; T1 and T2 more than `BLEND_FRAMES`.

    Returns:
        Positions (T1 + T2 - BLEND_FRAMES, 22, 3).
    """
    n = BLEND_FRAMES
    turn = facing_turn(second)[0] - facing_turn(first)[-n]
    second = rotate_about_y(second, turn)
    shift = (first[-n, 0] - second[0, 0]) * [1.0, 0.0, 1.0]
    second = second + shift
    share = np.linspace(0, 1, n + 2)[1:-1, None, None]
    share = share * share * (3 - 2 * share)
    blend = (1 - share) * first[-n:] + share * second[:n]
    return np.concatenate([first[:-n], blend, second[n:]])


def put_arms_on(body: np.ndarray, arms: np.ndarray, sides: tuple[str, ...]) -> np.ndarray:
    """Give a clip the arm motion of another.

    Args:
        body: positions (T, 22, 3) in [m], y up, common skeleton.
        arms: positions (T', 22, 3), likewise.
        sides: arms to take: "left", "right" or both.

    Returns:
        Positions (min(T, T'), 22, 3).
    """
    n = min(len(body), len(arms))
    result = body[:n].copy()
    turn = facing_turn(arms[:n]) - facing_turn(body[:n])
    for side in sides:
        collar = JOINT_INDEX[f"{side}_collar"]
        relative = arms[:n, _ARMS[side]] - arms[:n, collar, None]
        result[:, _ARMS[side]] = result[:, collar, None] + rotate_about_y(relative, turn[:, None])
    return result

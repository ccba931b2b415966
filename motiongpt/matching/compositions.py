"""Clips of two actions, with a caption that names both."""

import numpy as np

from motiongpt.errors import MotionError
from motiongpt.motion.augment import mirror_positions, mirror_text
from motiongpt.motion.compose import BLEND_FRAMES, join_captions, join_in_time, put_arms_on
from motiongpt.motion.features import canonicalize, encode_features, recover_positions

Said = tuple[str, ...]

LINKS: Said = (" and then ", ", then ", " and ")
"""How captions of actions that follow each other are joined."""

TOGETHER: Said = (" while also ", " and at the same time ")
"""How captions of actions at the same time are joined."""

_GESTURES = ("wave", "waving", "waves", "raise", "raises", "lift", "lifts")
_LEGS = ("walk", "run", "jog", "step", "kick", "leg", "foot", "feet", "jump", "turn")


def compose(
    first: tuple[Said, np.ndarray],
    second: tuple[Said, np.ndarray],
    rng: np.random.Generator,
    max_frames: int,
) -> tuple[tuple[Said, np.ndarray], ...]:
    """Combine two clips: the arms of the second on the first one's way, or one after the other.

    Args:
        first: captions and features (T, 263).
        second: likewise.
        rng: draws captions and their link.
        max_frames: longest result.

    Returns:
        Captions and features of the result and of its mirror image; nothing if the two cannot be
        combined.
    """
    one, other = (recover_positions(features) for _, features in (first, second))
    if min(len(one), len(other)) <= 2 * BLEND_FRAMES:
        return ()
    arms = _arms_of(second[0])
    if arms and np.linalg.norm(one[-1, 0] - one[0, 0]) > 0.8 and rng.random() < 0.7:
        positions, links = put_arms_on(one, other, arms), TOGETHER
    else:
        positions, links = join_in_time(one, other), LINKS
    texts = {_join(first[0], second[0], links, rng) for _ in range(2)}
    said = tuple(sorted(text for text in texts if text is not None))
    if not said or len(positions) > max_frames:
        return ()
    try:
        result = encode_features(canonicalize(positions))
        image = encode_features(canonicalize(mirror_positions(positions)))
    except MotionError:
        return ()
    return (said, result), (tuple(map(mirror_text, said)), image)


def _join(first: Said, second: Said, links: Said, rng: np.random.Generator) -> str | None:
    one, other = (said[rng.integers(len(said))] for said in (first, second))
    return join_captions(one, other, links[int(rng.integers(len(links)))])


def _arms_of(said: Said) -> tuple[str, ...]:
    """The arms that a gesture of hands alone moves, by its captions."""
    words = set(" ".join(said).lower().split())
    if not words & set(_GESTURES) or any(word.startswith(_LEGS) for word in words):
        return ()
    if "both" in words:
        return ("left", "right")
    return tuple(side for side in ("left", "right") if side in words)

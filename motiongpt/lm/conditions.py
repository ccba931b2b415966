"""Conditions to train on: what of a motion is given with its caption, drawn anew each time."""

import numpy as np

from motiongpt.lm.corpus import Drawn
from motiongpt.lm.prompts import Given, KeyToken

INITIAL_SHARE, LAST_SHARE, KEYS_SHARE, LENGTH_SHARE = 0.3, 0.2, 0.2, 0.4
"""How often each condition is given; a motion that goes on from another always says from what."""

HELD_SHARE = 0.5
"""How often a pose that is also there held still is given as that, as a user gives a pose."""

MAX_INITIAL, MAX_LAST, MAX_KEYS = 8, 3, 5


def draw_given(drawn: Drawn, rng: np.random.Generator) -> tuple[Given, dict[int, int]]:
    """Draw conditions.

    Args:
        drawn: a part of a motion.
        rng: source of randomness.

    Returns:
        What is given, and the code indices by place that decoding will force into the answer.
    """
    n = len(drawn.tokens)
    n_tokens = n if rng.random() < LENGTH_SHARE else None
    initial = _draw_initial(drawn, rng)
    last = _draw_last(drawn, n - len(initial), rng)
    keys: tuple[KeyToken, ...] = ()
    if rng.random() < KEYS_SHARE:
        keys = _draw_keys(drawn, range(len(initial), n - len(last)), rng)
    given = Given(initial, last, keys, n_tokens)
    forced = dict(enumerate(initial))
    forced |= {key.place: key.index for key in keys if key.place is not None}
    if n_tokens is not None:
        forced |= {n - len(last) + place: index for place, index in enumerate(last)}
    return given, forced


def _draw_initial(drawn: Drawn, rng: np.random.Generator) -> tuple[int, ...]:
    if drawn.n_before:
        return drawn.tokens[: drawn.n_before]
    if rng.random() >= INITIAL_SHARE:
        return ()
    if rng.random() < HELD_SHARE and 0 in drawn.held:
        return (drawn.held[0],)
    most = min(MAX_INITIAL, len(drawn.tokens) // 2)
    return drawn.tokens[: int(rng.integers(1, max(most, 1) + 1))]


def _draw_last(drawn: Drawn, n_free: int, rng: np.random.Generator) -> tuple[int, ...]:
    if rng.random() >= LAST_SHARE or n_free < 2:
        return ()
    end = len(drawn.tokens) - 1
    if rng.random() < HELD_SHARE and end in drawn.held:
        return (drawn.held[end],)
    return drawn.tokens[-int(rng.integers(1, min(MAX_LAST, n_free - 1) + 1)) :]


def _draw_keys(drawn: Drawn, places: range, rng: np.random.Generator) -> tuple[KeyToken, ...]:
    timed = rng.random() < 0.5
    if rng.random() < HELD_SHARE:
        places_held = [place for place in places if place in drawn.held]
        return tuple(KeyToken(drawn.held[p], p if timed else None) for p in places_held)
    n_keys = min(int(rng.integers(1, MAX_KEYS + 1)), len(places))
    chosen = sorted(rng.choice(places, n_keys, replace=False)) if n_keys else []
    return tuple(KeyToken(drawn.tokens[p], int(p) if timed else None) for p in map(int, chosen))

"""Slips of the keyboard in a command: "trun lefft" is "turn left"."""

import re
from collections.abc import Iterator, Mapping, Set

SHORTEST = 4
"""A word of fewer letters is left as it is: too many others are near to it."""

_WORD = re.compile(r"[a-z]+")
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def correct_spelling(text: str, known: Set[str], wanted: Mapping[str, int]) -> str:
    """Replace words that nobody knows by wanted ones that are one slip away.

    A slip is a letter too many, too few, wrong, or two that changed places. A word that is one
    slip from several becomes the commonest.

    Args:
        text: in lower case.
        known: words that are right as they are.
        wanted: words that may be meant, with how common each is.
    """

    def correct(found: re.Match[str]) -> str:
        word = found.group()
        if len(word) < SHORTEST or word in known:
            return word
        near = {other for other in _one_slip(word) if other in wanted}
        return max(near, key=lambda other: (wanted[other], other), default=word)

    return _WORD.sub(correct, text)


def _one_slip(word: str) -> Iterator[str]:
    parts = [(word[:i], word[i:]) for i in range(len(word) + 1)]
    for before, after in parts:
        if len(after) > 1:
            yield before + after[1] + after[0] + after[2:]
        if after:
            yield before + after[1:]
            yield from (before + letter + after[1:] for letter in _LETTERS)
        yield from (before + letter + after for letter in _LETTERS)

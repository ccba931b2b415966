"""Which texts are taken as commands. Text comes from the network and is not trusted."""

import re
import unicodedata
from collections.abc import Set

from motiongpt.errors import CommandError

MAX_CHARACTERS = 500
"""Longest command; the longest caption of HumanML3D has 409 characters."""

MIN_KNOWN_SHARE = 0.6
"""Share of a command's words that the model must have met in training."""

_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")


def split_words(text: str) -> list[str]:
    """Words of a text in lower case, without digits and punctuation."""
    return _WORD.findall(text.lower())


def clean_command(text: str, known_words: Set[str] | None = None) -> str:
    """Check a command and bring it into the form of a caption.

    Args:
        text: what the user wrote.
        known_words: words that the model met in training, in lower case; None skips that check.

    Returns:
        The text in lower case with single spaces and without a final full stop.

    Raises:
        CommandError: if the text is empty, too long, has control characters, or has too few
            words that the model knows.
    """
    if len(text) > MAX_CHARACTERS:
        raise CommandError(
            f"the command has {len(text)} characters; allowed: 1 to {MAX_CHARACTERS}"
        )
    for position, character in enumerate(text):
        if unicodedata.category(character) in {"Cc", "Cf", "Cs", "Co", "Cn"} and (
            character not in "\t\n\r"
        ):
            raise CommandError(
                f"the command has the control character U+{ord(character):04X} at position "
                f"{position}; allowed: plain text"
            )
    words = split_words(text)
    if not words:
        raise CommandError("the command is empty; say what to do, such as 'walk forward'")
    if known_words is not None:
        check_words(text, known_words)
    return " ".join(text.lower().split()).rstrip(". ")


def check_words(text: str, known_words: Set[str]) -> None:
    """Check that a model knows most words of a text.

    Args:
        text: at least one word.
        known_words: words that the model met in training, in lower case.

    Raises:
        CommandError: if it does not.
    """
    words = split_words(text)
    unknown = [word for word in words if word not in known_words]
    if 1 - len(unknown) / len(words) < MIN_KNOWN_SHARE:
        some = ", ".join(dict.fromkeys(unknown[:5]))
        raise CommandError(
            f"the command is not understood: unknown words {some}; the model knows English "
            "descriptions of body motion, such as 'walk forward and wave your right hand'"
        )

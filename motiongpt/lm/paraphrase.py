"""Other words for the same: another subject, or none at all as in a command."""

import re

import numpy as np

SUBJECTS = (
    "a person",
    "the person",
    "someone",
    "a human",
    "the human",
    "a figure",
    "the figure",
    "a man",
    "the man",
    "this person",
    "the robot",
)
_SUBJECT = re.compile(rf"(?:{'|'.join(SUBJECTS)}) (?=\w+s\b)")
_THIRD_PERSON = re.compile(r"(?P<verb>\w+s)\b")
_AUXILIARIES = {"is", "was", "has", "does"}
_HISSES = ("sses", "shes", "ches", "xes", "zzes", "oes")


def base_form(verb: str) -> str:
    """The base form of a verb in the third person: "bows" to "bow", "carries" to "carry"."""
    if verb.endswith("ies") and len(verb) > 4:
        return f"{verb[:-3]}y"
    if verb.endswith(_HISSES):
        return verb[:-2]
    return verb[:-1]


def paraphrase(
    text: str, rng: np.random.Generator, subject_share: float = 0.3, command_share: float = 0.15
) -> str:
    """Say a caption in other words, sometimes.

    Args:
        text: in lower case; changed only if it begins with one of `SUBJECTS` and a verb in the
            third person.
        rng: draws what is changed.
        subject_share: how often it gets another subject.
        command_share: how often it becomes a command: "a person bows" to "bow".
    """
    subject = _SUBJECT.match(text)
    if subject is None:
        return text
    rest = text[subject.end() :]
    kind = rng.random()
    if kind < subject_share:
        return f"{SUBJECTS[rng.integers(len(SUBJECTS))]} {rest}"
    found = _THIRD_PERSON.match(rest)
    if kind < subject_share + command_share and found and found["verb"] not in _AUXILIARIES:
        return base_form(found["verb"]) + rest[found.end() :]
    return text

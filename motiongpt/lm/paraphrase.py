"""Other words for the same: another subject, a command, a request, other phrases."""

import re

import numpy as np

from motiongpt.lm.synonyms import reword, synonym_words
from motiongpt.lm.verbs import mark_verbs, unmark_verbs

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
MAX_WORDS = 24
"""Longer captions are several sentences, whose later subjects are not understood; they stay."""

_SUBJECT = re.compile(rf"(?:{'|'.join(SUBJECTS)}) (?=\w)")
_COMMANDS = (
    "{}",
    "{}",
    "{}",
    "{}",
    "please {}",
    "please {}",
    "{} please",
    "can you {}",
    "could you {}",
    "could you please {}",
    "would you {}",
    "now {}",
    "just {}",
    "you should {}",
    "i want you to {}",
    "i would like you to {}",
    "i'd like to see you {}",
    "let me see you {}",
    "try to {}",
    "robot, {}",
    "hey robot, {}",
    "hey, {}",
    "okay, {}",
    "go ahead and {}",
    "time to {}",
    "{} for me",
    "{} now",
)
_REPORTS = (
    "{subject} should {base}",
    "make the robot {base}",
    "have the robot {base}",
    "the robot has to {base}",
    "{subject} begins to {base}",
    "{subject} is {gerund}",
    "{subject} is {gerund}",
    "show someone {gerund}",
)
_OWN = re.compile(r"\b(?:your|their|his|her|its)\b")
_SIDED = re.compile(r"\bthe (?=(?:left|right) (?:hand|arm)\b)")


def paraphrase(text: str, rng: np.random.Generator, share: float = 0.75) -> str:
    """Say a caption in other words, mostly.

    Args:
        text: in lower case; changed only if it is one of `SUBJECTS` with a known verb, or begins
            with one.
        rng: draws what is changed.
        share: how often anything is changed.
    """
    if rng.random() >= share or len(text.split()) > MAX_WORDS or ". " in text:
        return text
    subject = _SUBJECT.match(text)
    marked = mark_verbs(text[subject.end() :] if subject else text, third=subject is not None)
    if marked is None:
        return text
    marked = _SIDED.sub("{p} ", _OWN.sub("{p}", marked))
    if rng.random() < 0.7:
        marked = reword(marked, rng)
    kind = rng.random()
    if kind < 0.4 and marked.startswith("~"):
        return _fill(_draw(SUBJECTS, rng), "{subject} {third}", marked, rng)
    if kind < 0.5 and marked.startswith("~"):
        return _fill(_draw(SUBJECTS, rng), _draw(_REPORTS, rng), marked, rng)
    frame = _draw(_COMMANDS, rng).replace("{}", "{base}")
    return _fill("you", frame if marked.startswith("~") else "{base}", marked, rng)


def paraphrase_words() -> list[str]:
    """All words that paraphrases may say and captions do not."""
    texts = " ".join((*SUBJECTS, *_COMMANDS, *_REPORTS, "your their its the it they walks"))
    framing = re.findall(r"[a-z']+", re.sub(r"{\w*}", " ", texts))
    return sorted({*framing, *synonym_words()})


def _fill(subject: str, frame: str, marked: str, rng: np.random.Generator) -> str:
    """Write a marked clause into a frame, its possessives as the subject needs them."""
    own = {"you": "your", "the robot": "its"}.get(subject, "their")
    own = "its" if "the robot" in frame else own
    whose = own if rng.random() < 0.6 else "the"
    said = marked.replace("{p}", whose).replace(" as you walk", f" as {_pronoun(subject, frame)}")
    forms = {form: unmark_verbs(said, form) for form in ("base", "third", "gerund")}
    return " ".join(frame.format(subject=subject, **forms).split())


def _pronoun(subject: str, frame: str) -> str:
    if subject == "you" and "the robot" not in frame:
        return "you walk"
    return "it walks" if subject == "the robot" or "the robot" in frame else "they walk"


def _draw(choices: tuple[str, ...], rng: np.random.Generator) -> str:
    return choices[rng.integers(len(choices))]

"""A long instruction as steps that are done one after the other."""

import re

_THEN = re.compile(
    r"\s*(?:[,;.!]\s*)?\b(?:and\s+)?(?:then|after\s+that|afterwards?|next(?=,)|finally)\b[\s,]*"
    r"|\s*[;.!]\s+|\s*\n\s*",
    re.IGNORECASE,
)
_SUBJECT = re.compile(
    r"^(?:(?:a|the|this) (?:person|man|woman|human|figure|robot)|someone|he|she|they) ",
    re.IGNORECASE,
)
_THIRD_PERSON = re.compile(r"^\w+(?:s|ing)\b", re.IGNORECASE)
_GAIT = re.compile(
    r"\b(?:walk|go|goes|mov|step|stride|striding|stroll|head|march|run|jog|wander|advance)",
    re.IGNORECASE,
)
_TURN = re.compile(
    r"^(?:turn|rotat|pivot|veer|swing|curv|tak|mak|fac|bear|change direction)\w*\b"
    r"(?!.*\b(?:hand|arm|leg|foot|knee)s?\b).*\b(?:left|right)\b",
    re.IGNORECASE,
)
_LOW = re.compile(r"\b(?:crouch|squat|sit|kneel|duck|bend|lie)", re.IGNORECASE)
_RISE = re.compile(r"^(?:stand|get|rise|straighten)\w*\b.*\b(?:up|upright|again)\b", re.IGNORECASE)
_ONE_MOVEMENT = ((_GAIT, _TURN), (_LOW, _RISE))
"""What models learn as one movement, though people say "then" in it."""


def split_steps(text: str) -> tuple[str, ...]:
    """Split "walk forward, then bow, then wave" at the words that say what follows.

    "and" alone joins what happens together and splits nothing; nor does a turn after walking, or
    getting up after getting down. A step without a subject gets that of the step before.

    Args:
        text: a command or caption.

    Returns:
        The steps in order; one that is the text if nothing in it says that something follows.
    """
    steps: list[str] = []
    subject = ""
    for part in _THEN.split(text):
        step = part.strip(" ,.;!")
        if not re.search(r"\w", step):
            continue
        if steps and any(
            first.search(steps[-1]) and second.match(_SUBJECT.sub("", step))
            for first, second in _ONE_MOVEMENT
        ):
            steps[-1] += f", then {step}"
            continue
        said = _SUBJECT.match(step)
        if said:
            subject = said.group(0)
        elif subject and _THIRD_PERSON.match(step):
            step = subject + step
        steps.append(step)
    return tuple(steps) or (text,)

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


def split_steps(text: str) -> tuple[str, ...]:
    """Split "walk forward, then turn left, then wave" at the words that say what follows.

    "and" alone joins what happens together and splits nothing. A step without a subject gets that
    of the step before.

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
        said = _SUBJECT.match(step)
        if said:
            subject = said.group(0)
        elif subject and _THIRD_PERSON.match(step):
            step = subject + step
        steps.append(step)
    return tuple(steps) or (text,)

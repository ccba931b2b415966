"""What of a command is to be done: without what it says not to do, and without being still."""

import re
from dataclasses import dataclass

from motiongpt.errors import CommandError, StandStillError
from motiongpt.lm.command import MAX_CHARACTERS
from motiongpt.lm.steps import split_steps
from motiongpt.lm.stillness import (
    FINITE,
    GERUNDS,
    HALT_NOW,
    asks_to_be_still,
    begins_with_verb,
    plain_text,
    says_nothing,
    strip_fillers,
    takes_back,
)

_ENDS = r"(?:stop|stopping|quit|quitting|cease|ceasing|finish)"
_POSITIVES = (
    (r"\b(?:do|does) not (?:you )?(?:ever )?(?:forget|fail|hesitate|neglect|be \w+) to\b", ""),
    (r"\bnever (?:forget|fail|hesitate|neglect) to\b", ""),
    (rf"\b(?:(?:do|does|can) not|never|without) (?:ever )?{_ENDS} (?=\w+ing\b)", ""),
    (r"\b(?:why do not|will not|would not|can not|could not) you\b", ""),
    (r"\bwhy not\b", ""),
    (r"\bif you (?:do|would) not mind\b", ""),
    (r"\bnot only\b", ""),
    (r"\b(?:do )?(?:anything|everything) (?:but|except)\b", "do not"),
)
_POSITIVE = tuple((re.compile(pattern), by) for pattern, by in _POSITIVES)
"""Phrases with a "not" that ask for a movement: "don't forget to wave"."""

_STOPS_AND = re.compile(
    r"\b(?:stop|halt|freeze|pause|cease)s? (?:and|to) (?:(?:also|just|please|then) )?(\w+)"
)

_AUXILIARY = (
    r"(?:(?:do|does|did|must|should|shall|may|can|could|will|would|is|are|am|was|were|need|"
    r"needs|have|has|ought|try|let us|let me) )?"
)
_BARE = re.compile(
    rf"\b{_AUXILIARY}(?:you )?(?:not|never(?! mind)|neither|nor)\b|\b(?:nobody|no one)\b"
    r"|^(?:and )?no(?:ne)?\b"
)
"""Forbids all that follows in its clause, also after an "and"."""

_GERUND = re.compile(
    r"\b(?:without|instead of|rather than|(?:with )?no(?: more)?|avoid|avoids|avoiding|"
    r"stop|stops|stopped|stopping|quit|quits|cease|ceases|halt|halts|refrain from|abstain from|"
    r"enough(?: of)?) (?:(?:ever|even|any|actually|all|the|that|your|\w+ly) )?\w+ing\b"
    r"|\b(?:instead of|rather than|avoid)\b"
)
"""Forbids what follows it, up to an "and" with a verb in another form."""

_RESUMES = re.compile(r"\band (?:(?:also|just|please|instead|then|rather) )*(\w+)")
_PARTS = re.compile(
    r"(\s*[,;:!?.]+(?:\s|$)\s*|\s+[-\u2013\u2014]+\s+|\s*[\u2013\u2014]\s*|"
    r"\s+(?:and )?instead(?! of)(?:\s|$)|\s*\b(?:but|then)\s)"
)
_OR = re.compile(r"\b(?:or|nor)\b")
_LOOSE = frozenset(
    """and as because but by he i if in instead is it like or rather she so that they to too when
    where while who with you""".split()
)
"""Words that are left over at the end of a clause whose rest was taken out."""

_JOINTS = frozenset("also and but instead just nor now or rather so then".split())


@dataclass(frozen=True)
class Wanted:
    """What is wanted of one step.

    Attributes:
        text: what is to be done; empty if nothing is.
        still: whether it asks to be still.
        changed: whether anything was taken out.
        alone: whether the steps before it are taken back: "walk. No, turn left."
    """

    text: str
    still: bool = False
    changed: bool = False
    alone: bool = False


def find_wanted(step: str, after_other: bool = False) -> Wanted:
    """Take out of a step what it says not to do, and words that ask to be still before the rest.

    What follows something that was taken out counts only if it begins with a verb of movement:
    "stop, that hurts" asks for nothing else.

    Args:
        step: one step of a command.
        after_other: whether something was taken out of the step before.

    Returns:
        The step as it is, if nothing is taken out.
    """
    plain = plain_text(step)
    affirmed = _affirm(plain)
    found = _read_parts(affirmed, after_other)
    if found.changed:
        return found
    return Wanted(step if affirmed == plain else affirmed.strip(" ,"))


def _affirm(step: str) -> str:
    """Say without "not" and "stop" what asks for a movement: "don't forget to", "stop and"."""
    for pattern, by in _POSITIVE:
        step = pattern.sub(by, step)
    stops = _STOPS_AND.search(step)
    if stops and stops[1] in FINITE and says_nothing(step[: stops.start()]):
        step = step[: stops.start()] + step[stops.start(1) :]
    return " ".join(step.split())


def wanted_steps(steps: tuple[str, ...]) -> tuple[str, ...]:
    """What is to be done of the steps of a command.

    Raises:
        StandStillError: if all that they ask for is to be still.
        CommandError: if they only say what not to do.
    """
    found = _read_steps(steps)
    wanted = tuple(step.text for step in found if step.text)
    if wanted:
        return wanted
    if any(step.still for step in found):
        raise StandStillError(
            "the command asks to stand still, so there is no motion to generate; say what to do, "
            "such as 'wave your right hand'"
        )
    raise CommandError(
        "the command only says what not to do; say what to do instead, such as 'wave your right "
        "hand', or 'stop'"
    )


def _read_steps(steps: tuple[str, ...]) -> list[Wanted]:
    found: list[Wanted] = []
    for step in steps:
        wanted = find_wanted(step, any(before.changed for before in found))
        if wanted.alone:
            found.clear()
        found.append(wanted)
    return found


def asks_only_to_stop(text: str) -> bool:
    """Whether a text asks to be still and for nothing else; no text is refused.

    Args:
        text: whatever a user wrote.
    """
    found = _read_steps(_raw_steps(text))
    return any(step.still for step in found) and not any(step.text for step in found)


def begins_with_stop(text: str) -> bool:
    """Whether the first thing that a text asks for is to be still, whatever follows.

    Args:
        text: whatever a user wrote.
    """
    if asks_only_to_stop(text):
        return True
    for step in _raw_steps(text):
        for part in _PARTS.split(step)[::2]:
            found = find_wanted(part)
            if found.still or _stops_first(part):
                return True
            if found.text and not says_nothing(part):
                return False
    return False


def _raw_steps(text: str) -> tuple[str, ...]:
    return split_steps(plain_text(text[: MAX_CHARACTERS + 1]))


def _stops_first(part: str) -> bool:
    """Whether it is "stop and wave", or "stop walking and wave"."""
    first, link, _ = part.partition(" and ")
    words = strip_fillers(first.split())
    return bool(link and words) and words[0] in HALT_NOW and asks_to_be_still(first)


def _read_parts(step: str, after_other: bool) -> Wanted:
    """What is wanted of the parts of a step."""
    split = _PARTS.split(step)
    parts, links = split[::2], split[1::2]
    wanted: list[str] = []
    still, changed, alone, skip = False, False, False, -1
    for number, part in enumerate(parts):
        if number <= skip:
            continue
        pieces = [part.strip()]
        if takes_back(part):
            alone = True
            wanted.clear()
        if not wanted and asks_to_be_still(part):
            still = changed = True
            skip = number + 1 if _begins_with_or(parts[number + 1 : number + 2]) else skip
            continue
        kept = _cut(part)
        if kept is not None:
            still |= any(map(asks_to_be_still, kept))
            pieces = [piece for piece in kept if not asks_to_be_still(piece)]
            skip = _end_of_list(number, parts, links)
        follows, changed = changed or after_other, changed or kept is not None
        wanted += [piece for piece in pieces if _counts(piece, follows)]
    if after_other and not wanted and not changed:
        return Wanted("", changed=True)
    if not changed:
        return Wanted(step)
    return Wanted(", ".join(map(_clean, wanted)), still, changed, alone)


def _counts(piece: str, follows: bool) -> bool:
    """Whether a piece asks for something."""
    return begins_with_verb(_clean(piece)) if follows else not says_nothing(_clean(piece))


def _begins_with_or(parts: list[str]) -> bool:
    return bool(parts) and parts[0].startswith("or ")


def _end_of_list(number: int, parts: list[str], links: list[str]) -> int:
    """The last part of "never run, jump or turn", which begins with part `number`."""
    end = number
    for later in range(number + 1, len(parts)):
        if links[later - 1].strip() != ",":
            break
        if _OR.search(parts[later]):
            end = later
    return end


def _cut(part: str) -> list[str] | None:
    """What is left of a part once what it forbids is out; None if it forbids nothing."""
    bare, gerund = _BARE.search(part), _GERUND.search(part)
    if bare is None and gerund is None:
        return None
    if gerund is not None and (bare is None or gerund.start() < bare.start()):
        kept, rest = part[: gerund.start()], part[gerund.end() :]
        for joint in _RESUMES.finditer(rest):
            if joint[1] in FINITE and joint[1] not in GERUNDS:
                again = rest[joint.start(1) :]
                return [piece for piece in (_clean(kept), *(_cut(again) or [again])) if piece]
    else:
        assert bare is not None
        kept = part[: bare.start()]
    return [piece for piece in [_clean(kept)] if piece]


def _clean(piece: str) -> str:
    """A piece without words that joined it to what was taken out."""
    words = piece.strip(" ,.;:!?").split()
    while words and words[0] in _JOINTS:
        words.pop(0)
    while words and words[-1] in _LOOSE:
        words.pop()
    return " ".join(words)

"""Which side a step asks for: only words that mean the side of a movement stay left and right.

"turn left right now" turns left, "wave your right hand to the man on your left" waves the right
hand, and "to starboard" is to the right. Models that read words and no grammar get these wrong.
"""

import re

from motiongpt.lm.stillness import begins_with_verb

_SIDE = r"(?:left|right)"
_LIMB = r"(?:hands?|arms?|palm|fist|wrist|elbow|shoulder|foot|feet|legs?|knee|heel|toes?)"
_OWN = r"(?:the|your|my|his|her|its|their|our|a|that|this)"

_END = r"(?:e|s|es|ed|ing)?"
_AROUND = rf"(?:turn|rotat|pivot|swivel|spin|fac|wheel|revolv|whirl|twirl|twist){_END}"
_INTO = rf"(?:veer|bear|swerv|swing|curv|steer|head|hang|tak|mak|cut|look){_END}"
_GO = rf"(?:go(?:es|ing)?|(?:stepp?|mov|lean|walk|stroll|runn?|jogg?|march|shuffl){_END})"
_INTENSIFIED = (
    r"(?:now|away|here|there|up|down|over|past|back|through|along|into|in|off|out|on|behind|"
    r"beside|beneath|under|next|ahead|this|after|before|above|until|till|to the (?:end|top|door|"
    r"wall|edge|front|back|middle|bottom))\b"
)
_RIGHT_NOUN = (
    r"(?:moment|time|way|pace|speed|amount|place|spot|thing|idea|kind|mood|tempo|order|height|"
    r"distance|manner|attitude|answer|word|minute|second)s?\b"
)


def _compile(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


_SPELLINGS: tuple[tuple[re.Pattern[str], str], ...] = (
    (_compile(r"\b(?:lfet|letf|elft|leftt|lefft|lleft|lrft|keft)\b"), "left"),
    (
        _compile(r"\b(?:rigth|rihgt|irght|rgiht|rigt|rght|riht|rightt|rigght|righ|roght)\b"),
        "right",
    ),
    (_compile(rf"\brite(?= {_LIMB}\b)|(?<=turn )rite\b"), "right"),
    (_compile(rf"\bl[ -](?=(?:{_LIMB}|turn)\b)|(?<=turn )l\b"), "left "),
    (_compile(rf"\br[ -](?=(?:{_LIMB}|turn)\b)|(?<=turn )r\b"), "right "),
    (_compile(rf"\b({_SIDE})[ -]?(hand|arm)(?:ed|edly)?\b"), r"\1 \2"),
    (
        _compile(
            r"\b(?:both )?(?:the |your )?(?:left (?:and|&) right|right (?:and|&) left) "
            r"(?=hand|arm)"
        ),
        "both ",
    ),
    (
        _compile(
            r"\b(?:the |your )?(?:left (?:hand|arm) and (?:the |your )?right"
            r"|right (?:hand|arm) and (?:the |your )?left) (?:hand|arm)\b"
        ),
        "both hands",
    ),
    (_compile(rf"\bport(?:[ -]?side)?(?= {_LIMB}\b)"), "left"),
    (_compile(rf"\bstarboard(?:[ -]?side)?(?= {_LIMB}\b)"), "right"),
    (_compile(r"\b(?:to|towards?) (?:the )?port(?: side)?\b|\bportside\b"), "to the left"),
    (_compile(r"\b(?:to|towards?) (?:the )?starboard(?: side)?\b"), "to the right"),
    (_compile(r"\b(?:nine|9|ten|10)(?::00)? ?o'? ?clock\b"), "the left"),
    (_compile(r"\b(?:three|3|two|2)(?::00)? ?o'? ?clock\b"), "the right"),
)
"""Other ways of writing a side."""

_CIRCLES = _compile(r"(?<!of a )\b(?:circ\w*|loop\w*|laps?|arms?|hands?|wrists?)\b")
_TURNS = _compile(rf"\b{_AROUND}\b|\b(?:quarter|ninety|90|half)\b")
_COUNTER = _compile(r"\b(?:counter|anti)[ -]?clock[ -]?wise\b")
_CLOCKWISE = _compile(r"\bclock[ -]?wise\b")

_FILLERS = (
    _compile(r"\b(?:all|that's|that is|is that|is this|is it|you're|you are) right\b[\s,?.!]*"),
    _compile(r"^(?:ok(?:ay)?,? |so,? |well,? )?right then[,.!]+\s*(?=\w)"),
    _compile(r",\s*right\s*\?+$"),
    _compile(rf"\bright (?={_RIGHT_NOUN})"),
    _compile(r"\bright (?=(?:around|round|ahead)\b)"),
    _compile(r"\b(?:do|doing|get|getting|done) (?:it|this|that) right(?=\s*(?:[,.!?]|$))"),
)
"""Where "right" is no side whatever stands before it."""

_OPENING = _compile(r"(?:ok(?:ay)?,? |so,? |well,? )?right(?:[,.!]| then,?| so,?)\s+")
"""What a speaker begins with before a verb."""

_AS_ADVERB = _compile(rf"(?<!-)\bright (?={_INTENSIFIED})")
_SIDE_BEFORE = _compile(
    rf"(?:\b{_AROUND}|\b{_INTO}|\b{_OWN}|\b(?:to|at|on|hard|sharp|further|more|body))\s+$"
)
_LEFT_OVER = _compile(
    r"\b(what(?:'s| is)|is|are|was|has|have|had|just|anything|nothing|nobody|everyone|time|"
    r"(?:last|only) (?:one|person|thing)|people) left\b(?! (?:hand|arm|side|foot|leg))"
)

_CLAUSE = _compile(r"(\s*[,;:.!?]+\s*|\s+(?:and|while|then|but|as you)\s+)")
_BOUND = _compile(rf"\b({_SIDE}) ({_LIMB})\b")
_IT = _compile(r"\bit\b")
_AT_ONCE = _compile(rf"\b{_AROUND} (?:\w+ )?(?:{_OWN} )?({_SIDE})\b(?! {_LIMB})")
_PLACE = _compile(
    r"\s*\b(?:at|to|towards?|on|from|of|for|near|by)\s+"
    rf"(?:(?:the|those|people|man|woman|crowd|someone|everyone|audience|camera|wall|door|window|"
    rf"my|your|our|his|her|me|us|them|standing|sitting|who|is|are|side|on|to|in) )*"
    rf"({_SIDE})\b(?! {_LIMB}\b)(?: (?:side|wall|door|window|corner|of \w+(?: \w+)?))*"
)
_GOES = _compile(rf"\b(?:{_AROUND}|{_INTO}|{_GO})\b")


def settle_sides(step: str) -> str:
    """Say a command so that left and right are only named where they are the side of a movement.

    Args:
        step: a command or a step of one, in lower case.

    Returns:
        The text as it is, if nothing is to be changed.
    """
    settled = _spell(step)
    opened = _OPENING.match(settled)
    if opened and _begins_anew(settled[opened.end() :]):
        settled = settled[opened.end() :]
    for filler in _FILLERS:
        settled = filler.sub("", settled)
    settled = _AS_ADVERB.sub(lambda found: _keep_side(settled, found), settled)
    settled = _LEFT_OVER.sub(r"\1", settled)
    if {"left", "right"} <= set(re.findall(_SIDE, settled)):
        settled = _drop_places(settled)
    if settled == step:
        return step
    settled = re.sub(r"\s+([,;.])", r"\1", " ".join(settled.split())).strip(" ,;")
    return settled if re.search(r"\w", settled) else step


def _begins_anew(rest: str) -> bool:
    """Whether a movement begins that is not "right, turn"."""
    turns = re.match(rf"(?:{_AROUND}|{_INTO}|go)\b", rest)
    return begins_with_verb(rest) and (turns is None or bool(re.search(rf"\b{_SIDE}\b", rest)))


def name_same_limb(before: str, after: str) -> str:
    """Say which hand "it" is: of "raise your left hand and wave it", the second part.

    Args:
        before: what is said first.
        after: what is said then.

    Returns:
        `after` as it is, if it names a side, has no "it", or it is not clear which is meant.
    """
    limbs = {(side.lower(), limb.lower()) for side, limb in _BOUND.findall(before)}
    if len(limbs) != 1 or re.search(_SIDE, after):
        return after
    side, limb = limbs.pop()
    return _IT.sub(f"the {side} {limb}", after, count=1)


def _spell(step: str) -> str:
    for pattern, by in _SPELLINGS:
        step = pattern.sub(by, step)
    if _TURNS.search(step) and not _CIRCLES.search(step):
        step = _CLOCKWISE.sub("to the right", _COUNTER.sub("to the left", step))
    return step


def _keep_side(step: str, found: re.Match[str]) -> str:
    """Before "now" and the like, "right" is a side only after "turn", "your" and the like.

    "turn right now" turns right; "turn left right now" does not.
    """
    before = _CLAUSE.split(step[: found.start()])[-1]
    if not before and not re.search(r"[a-z]+ [a-z]+", step[found.end() :]):
        return found.group()
    return found.group() if _SIDE_BEFORE.search(before) else ""


def _drop_places(step: str) -> str:
    """Take out where others are, in clauses that say which hand is meant or where to turn."""
    parts = _CLAUSE.split(step)
    return "".join(_drop_place(part, step) if i % 2 == 0 else part for i, part in enumerate(parts))


def _drop_place(clause: str, step: str) -> str:
    bound, turned = _sides_in(_BOUND, clause), _sides_in(_AT_ONCE, clause)
    if turned and not bound:
        meant = turned
    elif _GOES.search(_PLACE.sub("", clause)):
        return clause
    else:
        meant = bound or _sides_in(_BOUND, step) or _sides_in(_AT_ONCE, step)
    if len(meant) != 1:
        return clause
    return _PLACE.sub(lambda found: found.group() if found[1].lower() in meant else "", clause)


def _sides_in(pattern: re.Pattern[str], text: str) -> set[str]:
    return {found[1].lower() for found in pattern.finditer(text)}

"""In which manners something is said to be done."""

import re

_MANNERS = {
    "active": r"active\w*|energ\w*|lively|brisk\w*|vigor\w*|vigour\w*|peppy|bouncy|spring in",
    "angry": r"ang(?:ry|rily|er)|furious\w*|rage|mad(?:ly)?|irritat\w*",
    "childlike": r"child\w*|kid|toddler|baby",
    "elderly": r"elderly|old(?: \w+)?|aged|grand(?:ma|pa|mother|father|dad)|pension\w*|frail",
    "exhausted": r"exhaust\w*|tired\w*|wear(?:y|ily|iness)|fatigue\w*|worn out|sleepy|strength",
    "fast": r"fast(?:er)?|quick\w*|rapid\w*|swift\w*|speed\w*|hurr(?:y|ied|iedly|ies)",
    "feminine": r"femin\w*|wom[ae]n\w*|lad(?:y|ies|ylike)|girl\w*|elegan\w*|grac\w*",
    "giant": r"giant|heav(?:y|ily)|ogre|titan",
    "happy": r"happ\w*|joy\w*|cheer\w*|merr(?:y|ily)|glad\w*|delight\w*",
    "masculine": r"mascul\w*|manly|macho|strong|tough|muscular",
    "proud": r"proud\w*|pride|swagger\w*|thug|arrogan\w*|haught\w*|confident\w*",
    "rhythmic": r"rhythm\w*|beat|music\w*",
    "sad": r"sad\w*|sorrow\w*|gloom\w*|depress\w*|deject\w*|unhapp\w*|miserabl\w*",
    "slow": r"slow\w*|leisure\w*|unhurried\w*",
    "timid": r"timid\w*|shy\w*|without confidence|unsure|hesitan\w*|nervous\w*|cautious\w*",
    "young": r"young\w*|youth\w*|teen\w*",
}
_FINDERS = {name: re.compile(rf"\b(?:{words})\b") for name, words in _MANNERS.items()}


def name_manners(text: str) -> frozenset[str]:
    """Manners that a text, in lower case, names by their usual words."""
    return frozenset(name for name, finder in _FINDERS.items() if finder.search(text))


def is_lost(said: frozenset[str], kept: frozenset[str], told: frozenset[str]) -> bool:
    """Whether a manner would be lost, or exchanged for another.

    Args:
        said: the manners that somebody names.
        kept: those of one sentence that can be told.
        told: those of another one, to be told in its stead.
    """
    return bool(said & kept - told) or bool(said and told - said)

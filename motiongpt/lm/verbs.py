"""English verbs of motion, found in captions and put into the form that a sentence needs."""

import re
from collections.abc import Callable

VERBS = tuple(
    """advance back balance bend bounce bow box bring call carry change circle climb crawl creep
    crouch curve cross dance dash do dribble drop duck face gesture get give go grab greet guide
    have head hold hop hurry imitate jog jump keep kick kneel lean leap lie lift look lower lunge
    make march move pace perform pick pivot place play point practice pull punch push put race
    raise reach respond rest retreat return reverse rotate run rush say shake show shuffle sit
    skip slash sneak spin spring sprint squat stagger stand start step stop stretch stride stroll
    stumble swing take throw thrust touch turn twist veer walk wander wash wave""".split()
)
"""Base forms."""

_DOUBLED = set("get hop jog put run sit skip spin squat step stop".split())
_HISSES = ("ss", "sh", "ch", "x", "zz", "o")


def third_person(verb: str) -> str:
    """The third person of a verb: "bow" to "bows", "carry" to "carries"."""
    if verb == "have":
        return "has"
    if verb.endswith("y") and verb[-2] not in "aeo":
        return f"{verb[:-1]}ies"
    return f"{verb}es" if verb.endswith(_HISSES) else f"{verb}s"


def gerund(verb: str) -> str:
    """The form in -ing of a verb: "bow" to "bowing", "run" to "running"."""
    if verb == "lie":
        return "lying"
    if verb in _DOUBLED:
        return f"{verb}{verb[-1]}ing"
    return f"{verb[:-1]}ing" if verb.endswith("e") else f"{verb}ing"


_BY_FORM = {form(verb): verb for form in (third_person, gerund) for verb in VERBS}
_JOINT = r"(?:, and then |, then |, and | and then | then | and |, )"
_LATER = re.compile(rf"({_JOINT})([a-z]+)\b")


def mark_verbs(clause: str, third: bool) -> str | None:
    """Put a "~" and the base form in place of each verb of a clause without a subject.

    Args:
        clause: such as "walks ahead and waves" or "walk ahead and wave".
        third: whether the verbs are in the third person.

    Returns:
        "~walk ahead and ~wave"; None if it does not begin with a known verb.
    """
    first, _, rest = clause.partition(" ")
    if third and first == "is":
        first, _, rest = rest.partition(" ")
        if not first.endswith("ing"):
            return None
    elif third != first.endswith("s"):
        return None
    verb = _BY_FORM.get(first) if third else first
    if verb not in VERBS:
        return None

    def mark(found: re.Match[str]) -> str:
        word = found[2]
        known = _BY_FORM.get(word) if third else word
        return f"{found[1]}~{known}" if known in VERBS else found[0]

    return _LATER.sub(mark, f"~{verb} {rest}".rstrip())


_FORMS: dict[str, Callable[[str], str]] = {"base": str, "third": third_person, "gerund": gerund}
_MARKED = re.compile(r"~([a-z]+)")


def unmark_verbs(marked: str, form: str) -> str:
    """Write the verbs of a marked clause.

    Args:
        marked: what `mark_verbs` made.
        form: "base", "third" or "gerund".
    """
    return _MARKED.sub(lambda found: _FORMS[form](found[1]), marked)

"""Other phrases for the same movement: how people say it who have not read our captions.

A rule is what a phrase looks like and how else it may be said. "~" marks a verb, "{p}" stands for
"the" or a possessive, "#" for the side that was found, and "[a|b]" for one of several.
"""

import re
from dataclasses import dataclass

import numpy as np

from motiongpt.lm.verbs import gerund, third_person

_CHOICE = re.compile(r"\[([^\[\]]*)\]")
_SIDE = r"(?P<side>left|right)"
_LIMB = r"(?:hand|arm)"
_UP = r"(?: up high| up| above (?:the|{p}) head| into the air| high)?"
_DOWN = r"(?: and ~(?:take|lower) (?:it|them) (?:down|again))?"
_ON = "[forward|ahead|straight ahead|straight on|on|onwards|in a straight line]"
_GO = f"[~walk|~walk|~go|~move|~stride|~step|~head|~stroll] {_ON}"
_TO = (
    "[#|#|to the #|to the #|to {p} #|towards the #|ninety degrees to the #|# by ninety degrees|"
    "to the # side|toward {p} # side|a quarter turn to the #]"
)
_TURN = (
    f"[~turn {_TO}|~turn {_TO}|~turn {_TO}|~rotate {_TO}|~veer to the #|"
    "~swing around to the #|~curve to the #|~make a # turn|~take a # turn|~do a # turn|"
    "~change direction to the #|~turn off to the #|~take a #|~go #|~face #|~turn around the "
    "corner to the #|~head off #|~turn {p} body to the #]"
)
_AND = "[, then| and| and then|, and then]"
_WALKING = (
    "[while walking|as you walk|while moving|on the move|during the walk|while going forward]"
)
_HIGH = (
    "[up|up high|high|in the air|into the air|above {p} head|over {p} head|upward|upwards|"
    "to the sky|toward the ceiling|high up|over head height]"
)
_BOTH = (
    "[both hands|both arms|both {p} hands|both {p} arms|both of {p} hands|{p} two arms|{p} hands|"
    "{p} arms|two hands]"
)
_SWUNG = (
    "[|| over {p} head| from side to side| back and forth| in the air| to someone| at people| "
    "in greeting| hello| goodbye| around| to everyone]"
)


@dataclass(frozen=True)
class Rule:
    """How else a phrase may be said.

    Attributes:
        pattern: what the phrase looks like.
        phrases: template of what may stand in its place.
    """

    pattern: re.Pattern[str]
    phrases: str


def _rule(pattern: str, *phrases: str) -> Rule:
    return Rule(re.compile(pattern.replace("{p}", r"\{p\}")), f"[{'|'.join(phrases)}]")


_RULES = (
    _rule(
        rf"(?:~stand and )?(?:~raise {{p}} {_SIDE} {_LIMB} and ~wave it"
        rf"|~wave (?:with )?{{p}} (?P<side2>left|right) {_LIMB})"
        r"(?: over (?:the|{p}) head| from side to side)?",
        f"~wave [with |]{{p}} # [hand|hand|arm]{_SWUNG}",
        "~give [a|a friendly|a big|someone a|us a] wave with {p} # [hand|arm]",
        "~swing {p} # [hand|arm] [from side to side|back and forth] "
        "[over {p} head|up high|in the air]",
        "~greet [someone|people|everyone|us] with {p} # [hand|arm]",
        "~raise {p} # [hand|arm] and ~wave",
        "~hold {p} # [hand|arm] up and ~wave it",
        "~say [hi|goodbye|bye|hello] with {p} # hand",
        "~shake {p} # hand in the air [from side to side|in greeting]",
        "~move {p} # hand [from side to side|back and forth] [above {p} head|in the air]",
    ),
    _rule(
        r"(?:~stand and )?(?:~raise (?:both|{p}) (?:hands|arms) and ~wave them"
        r"|~wave (?:with )?(?:both|{p}) (?:hands|arms)|~stand waving both hands)"
        r"(?: over (?:the|{p}) head| from side to side)?",
        f"~wave [with |]{_BOTH}{_SWUNG}",
        f"~give [a|a big|someone a] wave with {_BOTH}",
        f"~swing {_BOTH} [from side to side|back and forth] [over {{p}} head|up high|in the air]",
        f"~greet [someone|people|everyone|us] with {_BOTH}",
        f"~raise {_BOTH} and ~wave[| them]",
        f"~say [hi|goodbye|bye|hello] with {_BOTH}",
        f"~hold {_BOTH} up and ~wave them",
    ),
    _rule(
        rf"~(?:raise|lift|put|throw|hold) {{p}} {_SIDE} {_LIMB}{_UP}{_DOWN}(?! and ~wave)",
        f"[~raise|~raise|~lift|~bring|~thrust|~put] {{p}} # [hand|hand|arm] {_HIGH}",
        "[~raise|~lift] {p} # [hand|arm]",
        "~put up {p} # [hand|arm]",
        f"[~hold|~stretch|~put|~get|~move|~have] {{p}} # [hand|hand|arm] {_HIGH}",
        "~reach [up|upward|high up|for the ceiling|to the sky|as high as possible] with "
        "{p} # [hand|arm]",
        "~reach [up|high] with {p} # [hand|arm]",
        "~hold up {p} # [hand|arm]",
        "~show {p} # hand [up high|above {p} head]",
        "~point [up|to the sky] with {p} # [hand|arm]",
    ),
    _rule(
        rf"~(?:raise|lift|put|throw|hold) (?:both|{{p}}) (?:hands|arms){_UP}{_DOWN}(?! and ~wave)",
        f"[~raise|~raise|~lift|~bring|~thrust|~put|~throw] {_BOTH} {_HIGH}",
        f"[~raise|~lift|~hold up|~put up] {_BOTH}",
        f"[~hold|~stretch|~put|~get|~move|~have] {_BOTH} {_HIGH}",
        "~reach [up|upward|high up|for the ceiling|to the sky] with [both hands|both arms]",
        "[hands|arms|both hands|both arms] [up|up high|in the air|above {p} head]",
    ),
    _rule(
        rf"(?:~walk(?: forward| ahead)?(?:, then| and) )?~(?:turn (?:to the |to {{p}} )?{_SIDE}"
        r"|make a (?P<side2>left|right) turn|turn ninety degrees to the (?P<side3>left|right))"
        r"(?: while walking| and ~keep walking)?(?! on the spot)",
        f"{_GO}{_AND} {_TURN}[|| and ~keep walking| and ~go on| and ~walk on]",
        f"{_TURN} {_WALKING}",
        f"{_TURN}",
        f"~walk{_AND} {_TURN}",
        "~walk [around a corner|in a curve|in an arc] to the #",
        f"~keep walking and {_TURN}",
    ),
    _rule(
        rf"~turn {_SIDE} on the spot",
        "~turn [#|to the #|to {p} #|towards the #] [on the spot|in place|where you stand]",
        "[~rotate|~pivot|~spin] [#|to the #|to {p} #] [on the spot|in place|while standing|]",
        "~turn {p} body to the # without walking",
        "~stand and ~turn [#|to the #]",
    ),
    _rule(
        r"~(?:walk|move|stroll) (?:straight ahead|straight forward|forward|ahead)(?: at a walk)?"
        r"(?!, then| and ~(?:turn|make))|~take several steps forward"
        r"|~walk(?=$| (?:as if|in an? \w+ way|with|like|wearily|briskly|energetically))",
        _GO,
        _GO,
        f"~take [some|a few|several|many] steps {_ON}",
        "~go [forward|ahead|straight on] on foot",
        "~go for a walk",
        "~keep walking [straight|on|forward|ahead|]",
        "~start [walking|walking forward]",
        "~wander [forward|along|about]",
        "~advance [a few steps|at a walk|on foot]",
        "~walk [in front of you|away|toward the front|along the path|over there]",
        "~pace forward",
    ),
    _rule(
        r"~(?:run|jog|sprint|dash)(?: straight ahead| forward| in a straight line| ahead)?"
        r"(?!, then| and| in place| on)",
        f"[~run|~run|~jog|~race|~sprint|~dash|~rush|~hurry] {_ON}",
        "[~run|~jog|~sprint|~dash|~run along|~run away]",
        "~start [running|jogging|sprinting]",
        "~go [running|jogging|for a run|forward at a run]",
        "~move [forward|ahead] [at a run|running]",
        "~run [in front of you|as fast as possible|quickly|fast]",
    ),
    _rule(
        r"~(?:walk|step|go|move) (?:slowly )?(?:backwards?|back)\b|~back up\b",
        "[~walk|~walk|~step|~go|~move] [backward|backwards|back|in reverse|to the rear]",
        "~back [up|away|off]",
        "~take [some|a few|several] steps [back|backward|backwards]",
        "[~reverse|~retreat][| a few steps| slowly| on foot]",
        "~keep [walking|stepping|moving] backward[|s]",
        "~walk away without turning [around|{p} back]",
    ),
    _rule(
        r"~bow\b|~take a bow\b|~make a bow\b",
        "~bow",
        "~bow [down|forward|respectfully|to someone|in respect|low|to the audience]",
        "[~take|~make|~give|~perform] a [bow|polite bow|deep bow|bow forward]",
        "~bend [forward|over|down] [in a bow|to bow|from the waist|at the hips|politely]",
        "~lean [forward|over] in a bow",
        "~lower {p} head and trunk in a bow",
        "~greet someone with a bow",
    ),
    _rule(
        r"~(?:jump|hop|leap)(?: up| into the air)?\b",
        "[~jump|~jump|~hop|~leap]",
        "[~jump|~hop|~leap|~spring] [up|into the air|off the ground|upward|high|up and down]",
        "~do a [jump|hop|leap]",
        "~make a [jump|leap]",
    ),
    _rule(
        r"~(?:crouch|squat)(?: down)?\b",
        "[~crouch|~squat|~duck|~get] [down|down low|low|to the ground]",
        "[~crouch|~squat]",
        "~do a squat",
        "~bend {p} knees [deeply|and ~get low]",
        "~lower {p} body to the ground",
    ),
)

_STYLES = (
    ("as if exhausted", "in an exhausted way", "with no strength left", "wearily", "tiredly",
     "exhaustedly", "worn out", "like a tired person", "with heavy limbs", "sluggishly",
     "as if very tired", "in a tired way", "without energy", "weakly"),
    ("like an elderly person", "in an elderly way", "slowly like an old person",
     "like an old person", "like an old man", "like an old woman", "like a senior", "feebly",
     "as if very old", "like a grandfather", "in a frail way"),
    ("with lots of energy", "in an active way", "energetically", "briskly", "actively",
     "full of energy", "vigorously", "with vigor", "with a lot of energy", "powerfully",
     "with enthusiasm", "dynamically"),
    ("with a spring in the step", "in a youthful way", "like a lively young person", "youthfully",
     "like a young person", "like a teenager", "cheerfully", "in a lively way"),
    ("in a feminine way", "elegantly like a woman", "gracefully", "like a woman", "elegantly",
     "like a lady", "in a graceful way", "with grace"),
    ("in a masculine way", "like a strong man", "like a man", "in a manly way",
     "like a tough man", "with manly strength"),
)  # fmt: skip
_STYLE_RULES = tuple(
    Rule(
        re.compile(rf"(?<= )(?:{'|'.join(sorted(style, key=len, reverse=True))})$"),
        f"[{'|'.join(style)}]",
    )
    for style in _STYLES
)


def reword(marked: str, rng: np.random.Generator) -> str:
    """Say the phrases of a marked clause otherwise.

    Args:
        marked: clause with "~" before its verbs and "{p}" for possessives.
        rng: draws what is said.

    Returns:
        A clause of the same kind; the same one if nothing of it is known.
    """
    if "<" in marked:
        return marked
    said: list[str] = []
    for rule in (*_RULES, *_STYLE_RULES):
        if found := rule.pattern.search(marked):
            side = next((s for s in found.groupdict().values() if s), "")
            # A mark in its place, so that no rule rewords what another one has said.
            marked = f"{marked[: found.start()]}<{len(said)}>{marked[found.end() :]}"
            said.append(_draw(rule.phrases, rng).replace("#", side))
    return re.sub(r"<(\d+)>", lambda mark: said[int(mark[1])], marked)


def _draw(template: str, rng: np.random.Generator) -> str:
    """Draw one of the choices of a template, the inner ones first."""
    while found := _CHOICE.search(template):
        choices = found[1].split("|")
        chosen = choices[rng.integers(len(choices))]
        template = template[: found.start()] + chosen + template[found.end() :]
    return template


def synonym_words() -> set[str]:
    """All words that rewording may say."""
    templates = " ".join(rule.phrases for rule in (*_RULES, *_STYLE_RULES))
    verbs = re.findall(r"~([a-z]+)", templates)
    forms = {form(verb) for form in (third_person, gerund) for verb in verbs}
    return forms | set(re.findall(r"[a-z]+", templates.replace("{p}", " ")))

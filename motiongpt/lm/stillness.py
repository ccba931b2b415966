"""Which clauses ask to be still: "stop", "please don't move", "a person stands still"."""

import re
import unicodedata

from motiongpt.lm.verbs import VERBS, gerund, third_person

_APOSTROPHES = str.maketrans(dict.fromkeys("\u2018\u2019\u201b\u02bc\u2032\u00b4`\uff07", "'"))
_CONTRACTIONS = (
    (re.compile(r"\b(?:can'?t|cannot)\b"), "can not"),
    (re.compile(r"\b(?:won't)\b"), "will not"),
    (
        re.compile(r"\b(do|does|did|should|must|is|are|would|could)(?:n't| ?n ?t|'nt|nt)\b"),
        r"\1 not",
    ),
    (re.compile(r"n't\b"), " not"),
    (re.compile(r"\b(that|it|he|she|there)'s\b"), r"\1 is"),
    (re.compile(r"\bgonna\b"), "going to"),
    (re.compile(r"\bst(?:o{3,}p+|op{2,})\b"), "stop"),
    (re.compile(r"\b(?:tsop|sotp|stpo|stp|sto|sstop|sttop|st op|s top)\b"), "stop"),
    (re.compile(r"\b(?:ahlt|hlat|hatl|haltt|hallt)\b"), "halt"),
    (re.compile(r"\b(?:freez|freze|feeze|frezee|freeez|freezze)\b"), "freeze"),
    (re.compile(r"\bno{2,}\b"), "no"),
)

FILLERS = frozenset(
    """a again alright also am an anyone are asked at be because been beg better buddy by can
    careful command could dear dude either ever everybody everyone everything figure for friend
    going got guys have he here hey hi human i if immediately instead is it just kindly let listen
    look lot man may me must my need now oh ok okay once or order our person please quick
    quickly really remember robot said sake she should sir so somebody someone sorry sure tell than
    thank thanks that the them then there they this to told too try uh um us very want wanted we
    well what when which while who will with woman would yeah yes you your yourself""".split()
)
"""Words that ask for nothing by themselves; of a text that has only these nothing is left."""

_NOUNS = frozenset("back balance box face guide head place point rest".split())
_NO_MOVEMENT = frozenset("do get have hold keep make rest say stand stop".split())
_MORE_VERBS = """applaud clap cheer close come dive drink fall flap flex hug limp nod open pat
    pray repeat roll rub salute scratch shrug spread squeeze tilt tiptoe wipe""".split()
_BASE = frozenset(VERBS).union(_MORE_VERBS) - _NO_MOVEMENT
GERUNDS = frozenset(map(gerund, _BASE))
FINITE = (_BASE | frozenset(map(third_person, _BASE))) - _NOUNS
"""Verbs of movement as they begin a clause, in base form and third person."""

_MAY_BEGIN = "hold keep make say stand".split()
_BEGIN = (FINITE | GERUNDS | _NOUNS | set(_MAY_BEGIN)) - {"rest"}

_HALT = frozenset(
    """stop stops stopped stopping halt halts halting freeze freezes freezing cease ceases desist
    quit quits quitting abort aborts cancel cancels pause pauses wait waits waiting""".split()
)
HALT_NOW = frozenset("stop halt freeze cease desist quit abort cancel".split())
"""Words that, as a command, end what is done now."""

_STAYS = frozenset(
    "hold holds holding remain remains remaining stand stands standing stay stays staying".split()
)
_KEEPS = frozenset("be being keep keeps keeping is are".split())
_CALM = frozenset("frozen idle immobile motionless put quiet stationary steady still".split())
_TAIL = frozenset(
    """a absolutely all an and any as at away back bit by calm calmly completely down exactly
    exact for further here in is are he she they i it like minute moment notice now on perfectly
    place please position quietly right same say second silently so spot standing straight that
    the there this to tell totally until very wait where while you your""".split()
).union(_CALM)
_BODY = frozenset(
    "arm arms body both feet foot hand hands head left leg legs right their his her".split()
)
_NOT_MOVE = re.compile(
    r"(?:(?:do|does|did|must|should|can|could|may|will|would|shall|is|are|let us) )?"
    r"(?:you )?(?:not|never) (?:you )?(?:even |ever |dare )*(?:want you |allowed )?(?:to )?"
    r"(?:move|moves|moving|budge|stir|twitch|do(?: anything| a thing)?|go(?: anywhere)?"
    r"|make a move|take (?:a|another|any|one more)(?: more)? steps?)\b(.*)"
    r"|(?:no (?:more )?(?:move|moves|moving|movements?|motions?)|no more|not (?:a|another) "
    r"(?:move|step|muscle)|do not|not (?:now|yet|so fast)|no further)\b(.*)"
)
_NOT_MOVE_TAIL = frozenset(
    """a again all an and another any anymore anything anywhere are at body even for from further
    here i inch is it just long longer more muscle or please right say second single so spot step
    tell that the there until where yet you your""".split()
)
_PHRASE = re.compile(
    r"(?:(?:that|this|it) is )?enough\b.*|(?:cut|knock) (?:it|that|this)(?: out| off)|never ?mind"
    r"|do nothing|take no action|nothing(?: more| else)?|(?:emergency|full|e) ?stop|e ?stop"
    r"|(?:shut|power) (?:down|off)|(?:turn|switch) (?:yourself )?off|time ?out|whoa+|woah+"
    r"|hang on(?: (?:a|for|now|one|please|there)\b.*)?|hold up|that will do|end|finish(?:ed)?|done"
    r"|(?:come|comes|coming) to an? (?:\w+ )?(?:stop|halt|standstill)|give it a rest"
    r"|(?:drop|forget|leave) it|(?:nobody|no one) moves?|end (?:it|this|that|now|the \w+)"
    r"|(?:no|nope|nah)(?: no| nope| nah)*"
)
_TAKES_BACK = re.compile(
    r"(?:oh |wait |sorry |actually )*(?:no|nope|never ?mind|cancel|abort|forget)\b"
)
_MOVES_ON = re.compile(r"\b(and|to) (?:(?:also|just|please|then) )?(\w+)")
_FOR_WHILE = re.compile(r" (?:while (?:i|it|they|we)|till|until) .*")
_WORD = re.compile(r"[a-z]+")


def plain_text(text: str) -> str:
    """Lower case, single spaces, one kind of apostrophe, and "do not" for "don't"."""
    plain = unicodedata.normalize("NFKC", text.translate(_APOSTROPHES)).lower()
    plain = "".join(c for c in plain if unicodedata.category(c) != "Cf")
    for pattern, full in _CONTRACTIONS:
        plain = pattern.sub(full, plain)
    return " ".join(plain.split())


def says_nothing(clause: str) -> bool:
    """Whether a clause has no word that asks for anything."""
    return FILLERS.issuperset(_WORD.findall(clause))


def begins_with_verb(clause: str) -> bool:
    """Whether a clause begins with a verb of movement, but for fillers and adverbs."""
    words = [word for word in _WORD.findall(clause) if not word.endswith("ly")]
    core = strip_fillers(words)
    return bool(core) and (core[0] in _BEGIN or core[:2] == ["do", "a"])


def strip_fillers(words: list[str]) -> list[str]:
    """Words without the fillers before and after them."""
    first, last = 0, len(words)
    while first < last and words[first] in FILLERS:
        first += 1
    while first < last and words[last - 1] in FILLERS:
        last -= 1
    return words[first:last]


def asks_to_be_still(clause: str) -> bool:
    """Whether a clause asks to be still, and for no movement.

    Args:
        clause: plain text without commas, such as "please stop walking now".
    """
    words = _WORD.findall(clause)
    core = strip_fillers(words)
    if len(core) > 1 and core[0] in ("no", "nope", "nah"):  # "no stop", "no don't move"
        rest = strip_fillers(core[1:])
        if asks_to_be_still(" ".join(rest)):
            return True
    if not core or (len(core) == 1 and core[0] in _CALM - {"put"}):
        return bool(core)
    return (
        any(_PHRASE.fullmatch(said) or _forbids_all(said) for said in map(" ".join, (core, words)))
        or _stays(core)
        or _halts(core)
        or _has_stop(core)
    )


def takes_back(clause: str) -> bool:
    """Whether a clause takes back what was said before it: "no, stop", "never mind"."""
    return _TAKES_BACK.match(clause.strip()) is not None and asks_to_be_still(clause)


def _forbids_all(said: str) -> bool:
    """Whether it is "don't move", and not "don't move your left arm"."""
    found = re.search(r"(?:^|\b(?:you|robot|to) )" + f"(?:{_NOT_MOVE.pattern})", said)
    if found is None or not FILLERS.issuperset(_WORD.findall(said[: found.start()])):
        return False
    tail = _WORD.findall(found[1] or found[2] or "")
    return (_NOT_MOVE_TAIL | FILLERS).issuperset(tail)


def _stays(words: list[str]) -> bool:
    """Whether it is "stand still", "stay where you are" or "keep your arms still"."""
    words = _FOR_WHILE.sub("", " ".join(words)).split()
    head, tail = words[0], set(words[1:])
    if head in _KEEPS and not tail & _CALM:
        return False
    if head not in _KEEPS | _STAYS:
        return False
    return (_TAIL | _BODY if tail & _CALM else _TAIL).issuperset(tail)


def _halts(words: list[str]) -> bool:
    """Whether it begins with a word for stopping, and no movement follows."""
    return words[0] in _HALT and not _moves_on(words)


def _has_stop(words: list[str]) -> bool:
    """Whether it says "stop" somewhere, and nothing of a movement or a "not" before that."""
    at = next((i for i, word in enumerate(words) if word in HALT_NOW), None)
    if at is None or _moves_on(words[at:]):
        return False
    before = set(words[:at])
    return not before & (FINITE | GERUNDS | _NOUNS | {"not", "never", "without", "start"})


def _moves_on(words: list[str]) -> bool:
    """Whether a movement follows, as in "stop and wave" or "stop to wave"."""
    links = {"and"} if words[0].startswith("wait") else {"and", "to"}
    after = {found[2] for found in _MOVES_ON.finditer(" ".join(words)) if found[1] in links}
    # What is to be ended may be two things: "stop walking and waving".
    ends = len(words) > 1 and words[1].endswith("ing")
    return bool(after & (FINITE if ends else FINITE | GERUNDS))

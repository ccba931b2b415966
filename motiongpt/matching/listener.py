"""A command in words of a repertoire."""

import re
from collections import Counter
from dataclasses import dataclass
from functools import cached_property

from motiongpt.lm.command import split_words
from motiongpt.lm.sides import name_same_limb
from motiongpt.matching.manners import name_manners
from motiongpt.matching.meaning_model import MeaningModel
from motiongpt.matching.model import MatchingModel
from motiongpt.matching.repertoire import Known, Repertoire, Said, name_directions
from motiongpt.motion.compose import join_captions

CLEARER = 0.03
"""Two parts are two actions at once if each is so much nearer to what is known than the whole."""

WELL_KNOWN, PLAINER = 0.75, 0.05
"""A step that is less near to what is known, in the manner it names, is told without that if what
is left is nearer by so much."""

_MANNER = re.compile(
    r"[\s,]+(?:(?:in|with) an? [\w\s,'-]+ (?:way|manner|style|gait)"
    r"|(?:like|as(?! (?:you|he|she|they)\b)|the way|with|because|for me|please)\b.*|,.*)$"
)
"""How, why and for whom something is done, at the end of a step."""

_BODY = re.compile(r"\b(?:left|right|both|two|hands?|arms?|legs?|foot|feet|knees?|head)\b")

_TOGETHER = re.compile(
    r"[\s,]*\b(?:and|while(?:\s+also)?|whilst|as\s+(?:you|he|she|they)|at\s+the\s+same\s+time)\b\s*"
)


@dataclass(frozen=True)
class Listener:
    """Puts what is said into words of a repertoire.

    Attributes:
        matching: embeds what is said.
        repertoire: what the model does well.
        meaning: embeds it too, knowing more of the language; None leaves it to `matching`.
    """

    matching: MatchingModel
    repertoire: Repertoire
    meaning: MeaningModel | None = None

    @cached_property
    def words(self) -> frozenset[str]:
        """Words that are known besides those of the language model."""
        return frozenset(self.meaning.words) if self.meaning else frozenset()

    @cached_property
    def common(self) -> Counter[str]:
        """Words that people use in commands, with how often."""
        sayings = self.repertoire.sayings
        said = (*self.repertoire.sentences, *(sayings.texts if sayings else ()))
        return Counter(word for text in said for word in split_words(text))

    def understand(self, step: str) -> Known:
        """Find what means most nearly what a step says: a sentence, or two that are joined.

        Whether it is two actions is for the matching model alone, which knows motion.

        Args:
            step: one of a command's steps, in lower case.

        Returns:
            What to tell the language model; of two sentences, the nearness of the farther one.
            An action that is known, but not in the manner that the step names, is told without it.
        """
        joints = [(step[: j.start()], step[j.end() :]) for j in _TOGETHER.finditer(step)]
        pairs = [(one, name_same_limb(one, other)) for one, other in joints if one and other]
        plain = _leave_out_manner(step)
        said = self._embed([step, plain, *(part for parts in pairs for part in parts)])
        if pairs and (both := self._find_two(said[step], [(said[a], said[b]) for a, b in pairs])):
            return both
        return self._find_one(said[step], said[plain])

    def _find_two(self, whole: Said, pairs: list[tuple[Said, Said]]) -> Known | None:
        """Two sentences joined, for the nearest pair that is clearly nearer than the whole."""
        least = self.repertoire.find(whole.by_motion).nearness + CLEARER
        both: Known | None = None
        for first, second in pairs:
            least, both = self._join(first, second, least) or (least, both)
        return both

    def _embed(self, texts: list[str]) -> dict[str, Said]:
        texts = list(dict.fromkeys(texts))
        vectors = self.matching.encode_text(texts)
        meanings = self.meaning.encode(texts) if self.meaning else [None] * len(texts)
        return {said[0]: Said(*said) for said in zip(texts, vectors, meanings, strict=True)}

    def _join(self, first: Said, second: Said, least: float) -> tuple[float, Known] | None:
        """Two sentences of the same mood as one, if both are nearer by motion than `least`."""
        one = self.repertoire.find(first.by_motion)
        other = self.repertoire.find(second.by_motion, like=one.sentence)
        joined = join_captions(one.sentence, other.sentence, " and ")
        nearness = min(one.nearness, other.nearness)
        if joined is None or nearness < least:
            return None
        parts = ((one.sentence, first), (other.sentence, second))
        return nearness, Known(joined, min(self.repertoire.nearness_of(*part) for part in parts))

    def _find_one(self, whole: Said, plain: Said) -> Known:
        """The sentence nearest to a step, or to what it is without its manner."""
        known = self.repertoire.find(whole)
        told = name_manners(whole.text) & name_manners(known.sentence)
        if plain is whole or told or known.nearness >= WELL_KNOWN:
            return known
        bare = self.repertoire.find(plain)
        return bare if bare.nearness > known.nearness + PLAINER else known


def _leave_out_manner(step: str) -> str:
    """A step without the manner it names at its end, which says nothing of body and direction."""
    manner = _MANNER.search(step)
    while manner and (_BODY.search(manner.group()) or name_directions(manner.group()) != (0, 0)):
        manner = _MANNER.search(step, manner.start() + 1)
    return step[: manner.start()] if manner and manner.start() else step

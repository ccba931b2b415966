"""A command in words of a repertoire."""

import re
from dataclasses import dataclass

import numpy as np

from motiongpt.matching.model import MatchingModel
from motiongpt.matching.repertoire import Known, Repertoire
from motiongpt.motion.compose import join_captions

CLEARER = 0.03
"""Two parts are two actions at once if each is so much nearer to what is known than the whole."""

_TOGETHER = re.compile(
    r"[\s,]*\b(?:and|while(?:\s+also)?|whilst|as\s+(?:you|he|she|they)|at\s+the\s+same\s+time)\b\s*"
)


@dataclass(frozen=True)
class Listener:
    """Puts what is said into words of a repertoire.

    Attributes:
        matching: embeds what is said.
        repertoire: what the model does well.
    """

    matching: MatchingModel
    repertoire: Repertoire

    def understand(self, step: str) -> Known:
        """Find what means most nearly what a step says: a sentence, or two that are joined.

        Args:
            step: one of a command's steps, in lower case.

        Returns:
            What to tell the language model; of two sentences, the nearness of the farther one.
        """
        joints = [(step[: j.start()], step[j.end() :]) for j in _TOGETHER.finditer(step)]
        pairs = [parts for parts in joints if all(parts)]
        texts = [step, *(part for parts in pairs for part in parts)]
        vectors = dict(zip(texts, self.matching.encode_text(texts), strict=True))
        whole = best = self.repertoire.find(step, vectors[step])
        for parts in pairs:
            both = self._join(*((part, vectors[part]) for part in parts))
            if both and both.nearness >= max(whole.nearness + CLEARER, best.nearness):
                best = both
        return best

    def _join(self, first: tuple[str, np.ndarray], second: tuple[str, np.ndarray]) -> Known | None:
        """Two sentences of the same mood as one, for two texts with their embeddings."""
        one = self.repertoire.find(*first)
        other = self.repertoire.find(*second, like=one.sentence)
        joined = join_captions(one.sentence, other.sentence, " and ")
        if joined is None:
            return None
        return Known(joined, min(one.nearness, other.nearness))

"""How people say what a model does, who have read none of its captions.

Written by hand: plain commands, each with other ways of asking for the same movement, and what
asks for no movement at all. Those that name a side are written for the left; their mirror images
count as well.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from motiongpt.lm.command import clean_command
from motiongpt.lm.sides import settle_sides
from motiongpt.motion.augment import mirror_text

_FILE = Path(__file__).with_name("sayings.json")

NO_MOVEMENT = ""
"""The plain command of what asks for no movement."""

OTHER_MOVEMENT = "other"
"""The plain command of movements that none of the plain commands is."""

NOTHING, OTHER = -1, -2
"""Stand for the sentence that is told where there is none for a saying."""


@dataclass(frozen=True)
class Saying:
    """One way of saying something.

    Attributes:
        text: as somebody says it, as a command is read.
        plain: a command that asks for the same, `OTHER_MOVEMENT` or `NO_MOVEMENT`.
    """

    text: str
    plain: str


@lru_cache(maxsize=1)
def read_sayings() -> tuple[Saying, ...]:
    """All sayings, each once, with their mirror images."""
    content = json.loads(_FILE.read_text(encoding="utf-8"))
    said = {saying.text: saying for saying in _with_mirror_images(content)}
    return tuple(said.values())


def _with_mirror_images(content: dict[str, list[str]]) -> Iterator[Saying]:
    for plain, texts in content.items():
        for text in texts:
            said = settle_sides(clean_command(text))
            yield Saying(said, plain)
            mirrored = settle_sides(mirror_text(said))
            if mirrored != said:
                yield Saying(mirrored, mirror_text(plain))


@dataclass(frozen=True)
class KnownSayings:
    """Sayings, and the sentence of a repertoire that does each.

    Attributes:
        texts: M texts.
        told: index of the sentence that the language model is told, `OTHER` or `NOTHING`, ints
            (M,).
        meanings: embeddings of the texts by the meaning model, unit vectors (M, E).
    """

    texts: tuple[str, ...]
    told: np.ndarray
    meanings: np.ndarray

    @classmethod
    def read(cls, pairs: Sequence[Sequence], meanings: np.ndarray) -> "KnownSayings":
        """Take texts with what is told, and their embeddings, from a file.

        Raises:
            ValueError: if they are not such.
        """
        texts = tuple(str(text) for text, _ in pairs)
        return cls(texts, np.array([int(told) for _, told in pairs], dtype=int), meanings)

    def fit(self, n_sentences: int, dim: int | None) -> bool:
        """Whether they are of a repertoire of so many sentences, with embeddings of that size."""
        in_range = (self.told >= OTHER) & (self.told < n_sentences)
        return self.meanings.shape == (len(self.texts), dim) and bool(in_range.all())

    def nearest(self, meaning: np.ndarray, allowed: np.ndarray) -> "Nearest":
        """What is most nearly said.

        Args:
            meaning: embedding of what somebody says, a unit vector (E,).
            allowed: whether each of the N sentences of the repertoire may be told.
        """
        near = self.meanings @ meaning
        moves = np.where((self.told >= 0) & allowed[self.told], near, -1.0)
        best = int(moves.argmax())
        other, nothing = (near[self.told == kind].max(initial=-1.0) for kind in (OTHER, NOTHING))
        return Nearest(int(self.told[best]), float(moves[best]), float(other), float(nothing))


@dataclass(frozen=True)
class Nearest:
    """How near something is to sayings: cosines, -1 where there is none.

    Attributes:
        told: index of the sentence that does the nearest saying.
        near: to that saying.
        other: to a movement that no sentence does.
        nothing: to what is no movement.
    """

    told: int
    near: float
    other: float
    nothing: float

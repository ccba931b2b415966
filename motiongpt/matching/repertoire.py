"""Sentences that a model has been seen to do, and the one that means most nearly what is said.

A small language model follows the words that it was trained on and guesses at others. The matching
model knows more words. So a command is put into the words of a sentence that the model does well,
the one whose text and whose motion fit it best; how well they do says whether the command is
anything that the model knows.

Saved in the matching model's folder: `repertoire.json` (sentences) and `repertoire.safetensors`
(embeddings).
"""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from motiongpt.check.promises import PROMISES, find_promises
from motiongpt.errors import ModelFileError
from motiongpt.matching.manners import is_lost, name_manners
from motiongpt.matching.sayings import KnownSayings
from motiongpt.motion.compose import predicate
from motiongpt.motion.kinematics import Kinematics

SENTENCES_FILE = "repertoire.json"
VECTORS_FILE = "repertoire.safetensors"

ALIKE = 0.98
"""Sentences with a larger cosine of their texts, and of their motions, are one."""

MEANING_SHARE = 0.4
"""How much what words mean in general counts beside text and motion."""

LEAST_ALIKE = 0.55
"""A saying that is less near than this is something else."""

DOUBT = 0.1
"""What is less near than this to a movement than to what is none is doubted."""

UNASKED = 0.03
"""Where no side is named, a sentence that names one is this much less near."""

_OPPOSITES = (
    (re.compile(r"\bleft", re.IGNORECASE), re.compile(r"\bright", re.IGNORECASE)),
    (
        re.compile(r"\b(?:forwards?|ahead|onwards?|straight on)\b", re.IGNORECASE),
        re.compile(r"\b(?:backs?|backwards?|revers\w*|retreat\w*)\b", re.IGNORECASE),
    ),
)
"""Words of direction, and those of the other one."""


@dataclass(frozen=True)
class Known:
    """A sentence of a repertoire.

    Attributes:
        sentence: as the language model is told.
        nearness: how nearly text, motion and what the words mean are what was said: a cosine, 1
            the same.
        remark: whether what was said is nearer to what is no movement than to any.
    """

    sentence: str
    nearness: float
    remark: bool = False


@dataclass(frozen=True)
class Said:
    """What somebody says.

    Attributes:
        text: in lower case.
        vector: its embedding by the matching model, a unit vector (D,).
        meaning: its embedding by the meaning model, a unit vector (E,); None without one.
    """

    text: str
    vector: np.ndarray
    meaning: np.ndarray | None = None

    @property
    def by_motion(self) -> "Said":
        """The same for the matching model alone."""
        return replace(self, meaning=None)


@dataclass(frozen=True)
class Repertoire:
    """What a model does well.

    Attributes:
        sentences: N texts, in lower case.
        texts: their embeddings, unit vectors (N, D).
        motions: embeddings of what the model does when told so, unit vectors (N, D).
        meanings: embeddings of the sentences by the meaning model, unit vectors (N, E); None
            without one.
        seen: what the model does when told so, as measured; None where it was not.
        sayings: how else people ask for some of the sentences, and for no movement; None if the
            meaning model was not there.
    """

    sentences: tuple[str, ...]
    texts: np.ndarray
    motions: np.ndarray
    meanings: np.ndarray | None = None
    seen: tuple[Kinematics, ...] | None = None
    sayings: KnownSayings | None = None

    @cached_property
    def _kept(self) -> np.ndarray:
        """Which promises the motion of each sentence keeps, booleans (N, P)."""
        seen = self.seen or ()
        return np.array([[promise.kept(one) for promise in PROMISES] for one in seen])

    @cached_property
    def index(self) -> dict[str, int]:
        """The place of each sentence."""
        return {sentence: i for i, sentence in enumerate(self.sentences)}

    @cached_property
    def _directions(self) -> np.ndarray:
        """The directions that each sentence names, shape (N, 2)."""
        return np.array([name_directions(sentence) for sentence in self.sentences])

    @cached_property
    def _commands(self) -> np.ndarray:
        """Whether each sentence is a command, booleans (N,)."""
        return np.array([predicate(sentence) is None for sentence in self.sentences])

    def find(self, said: Said, like: str | None = None) -> Known:
        """Find the sentence that means most nearly what somebody says.

        A text that names a side is answered with a sentence that names it, where there is any, and
        never is forward exchanged with backward. What the text promises, the motion of the
        sentence was seen to keep, if that of any does.

        Args:
            said: with the embeddings that this repertoire has.
            like: a sentence; only commands are found if it is one, only captions if it is not.
        """
        nearness = self._nearness(said)
        side, way = name_directions(said.text)
        if not any(word.search(said.text) for word in _OPPOSITES[0]):
            nearness = nearness - UNASKED * (self._directions[:, 0] != 0)
        wanted = [self._directions[:, 0] == side] if side else []
        if way:
            wanted.append(self._directions[:, 1] != -way)
        if self.seen is not None and (promises := find_promises(said.text)):
            wanted.append(self._kept[:, promises].all(axis=1))
        if like is not None:
            wanted.append(self._commands == (predicate(like) is None))
        for mask in wanted:
            if (mask & (nearness > -1)).any():
                nearness = np.where(mask, nearness, -1.0)
        best = int(nearness.argmax())
        if self.sayings is not None and said.meaning is not None and like is None:
            allowed = (nearness > -1) & (self._directions[:, 0] == side)
            return self._as_others_say(said, allowed, best, float(nearness[best]))
        return Known(self.sentences[best], float(nearness[best]))

    def _as_others_say(self, said: Said, allowed: np.ndarray, best: int, near: float) -> Known:
        """The sentence to tell, if sayings count beside the best sentence."""
        assert self.sayings is not None and self.meanings is not None
        assert said.meaning is not None
        alike = self.sayings.nearest(said.meaning, allowed)
        meant = float(self.meanings[best] @ said.meaning)
        remark = alike.nothing > max(alike.near, alike.other, meant)
        if alike.near > max(alike.other, near, LEAST_ALIKE):
            texts = (said.text, self.sentences[best], self.sentences[alike.told])
            if not is_lost(*map(name_manners, texts)):
                best, near, meant = alike.told, alike.near, alike.near
        doubt = max(alike.other - meant, alike.nothing + DOUBT - near)
        return Known(self.sentences[best], max(0.0, near - max(0.0, doubt)), remark)

    def nearness_of(self, sentence: str, said: Said) -> float:
        """How nearly one of the sentences is what somebody says."""
        return float(self._nearness(said)[self.index[sentence]])

    def _nearness(self, said: Said) -> np.ndarray:
        """How nearly each sentence is what somebody says, shape (N,)."""
        nearness = (self.texts @ said.vector + self.motions @ said.vector) / 2
        if self.meanings is not None and said.meaning is not None:
            nearness += MEANING_SHARE * (self.meanings @ said.meaning - nearness)
        return nearness

    def save(self, folder: Path) -> None:
        """Write it beside its matching model, embeddings in float16."""
        content: dict[str, list] = {"sentences": list(self.sentences)}
        vectors = {"texts": self.texts, "motions": self.motions}
        if self.sayings is not None:
            told = map(int, self.sayings.told)
            content["sayings"] = list(zip(self.sayings.texts, told, strict=True))
            vectors["sayings"] = self.sayings.meanings
        text = json.dumps(content, indent=0, ensure_ascii=False)
        (folder / SENTENCES_FILE).write_text(text + "\n", encoding="utf-8")
        if self.meanings is not None:
            vectors["meanings"] = self.meanings
        if self.seen is not None:
            vectors["seen"] = np.array([one.to_row() for one in self.seen])
        part = folder / f"{VECTORS_FILE}.part"
        save_file({name: v.astype(np.float16) for name, v in vectors.items()}, part)
        part.replace(folder / VECTORS_FILE)

    @classmethod
    def load(cls, folder: Path, dim: int, meaning_dim: int | None = None) -> "Repertoire | None":
        """Read it; None if the folder has none.

        Args:
            folder: of the matching model.
            dim: size of that model's embeddings.
            meaning_dim: size of the meaning model's; None without one, and then meanings that the
                file has are left out.

        Raises:
            ModelFileError: if a file is truncated, or is not of this matching model.
        """
        path = folder / SENTENCES_FILE
        if not path.is_file():
            return None
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            sentences = tuple(map(str, content["sentences"]))
            read = load_file(folder / VECTORS_FILE)
            vectors = {name: vector.astype(float) for name, vector in read.items()}
            texts, motions = vectors["texts"], vectors["motions"]
            rows = vectors["seen"].tolist() if "seen" in vectors else None
            seen = tuple(map(Kinematics.from_row, rows)) if rows is not None else None
            meanings = vectors.get("meanings")
            sayings = None
            if "sayings" in content:
                sayings = KnownSayings.read(content["sayings"], vectors["sayings"])
        except (OSError, ValueError, TypeError, KeyError, SafetensorError) as error:
            raise ModelFileError(f"{path}: no repertoire can be read ({error})") from error
        if meaning_dim is None:
            meanings = sayings = None
        found = cls(sentences, texts, motions, meanings, seen, sayings)
        found._check_sizes(path, dim, meaning_dim)
        return found

    def _check_sizes(self, path: Path, dim: int, meaning_dim: int | None) -> None:
        n, meanings, sayings = len(self.sentences), self.meanings, self.sayings
        if not self.texts.shape == self.motions.shape == (n, dim) or not n:
            raise ModelFileError(
                f"{path}: {n} sentences with embeddings {self.texts.shape} and "
                f"{self.motions.shape}; this matching model's have size {dim}"
            )
        if meanings is not None and meanings.shape != (n, meaning_dim):
            raise ModelFileError(
                f"{path}: meanings {meanings.shape} of {n} sentences; this meaning model's have "
                f"size {meaning_dim}"
            )
        if sayings is not None and not sayings.fit(n, meaning_dim):
            raise ModelFileError(
                f"{path}: {len(sayings.texts)} sayings of {n} sentences with embeddings "
                f"{sayings.meanings.shape}; this meaning model's have size {meaning_dim}"
            )
        if self.seen is not None and len(self.seen) != n:
            raise ModelFileError(f"{path}: {len(self.seen)} motions of {n} sentences")


def name_directions(text: str) -> tuple[int, ...]:
    """What a text names: left 1, right -1; forward 1, backward -1; 0 for neither or both."""
    return tuple(bool(one.search(text)) - bool(other.search(text)) for one, other in _OPPOSITES)


def drop_alike(
    texts: np.ndarray,
    motions: np.ndarray,
    order: Sequence[int],
    is_good: Callable[[int], bool] = lambda _: True,
) -> list[int]:
    """Indices, in the order given, of what is not said and done by an earlier one already.

    Args:
        texts: unit vectors (N, D).
        motions: unit vectors (N, D).
        order: indices to go through.
        is_good: asked of an index that would be kept; if not, it is dropped as well.
    """
    kept: list[int] = []
    for index in order:
        alike = (texts[kept] @ texts[index] > ALIKE) & (motions[kept] @ motions[index] > ALIKE)
        if not alike.any() and is_good(index):
            kept.append(index)
    return kept

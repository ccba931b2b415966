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
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from motiongpt.errors import ModelFileError
from motiongpt.motion.compose import predicate

SENTENCES_FILE = "repertoire.json"
VECTORS_FILE = "repertoire.safetensors"

ALIKE = 0.98
"""Sentences with a larger cosine of their texts, and of their motions, are one."""

_SIDE = re.compile(r"\b(left|right)", re.IGNORECASE)


@dataclass(frozen=True)
class Known:
    """A sentence of a repertoire.

    Attributes:
        sentence: as the language model is told.
        nearness: how nearly text and motion are what was said: a cosine, 1 the same, and below
            some 0.7 nothing that is known.
    """

    sentence: str
    nearness: float


@dataclass(frozen=True)
class Repertoire:
    """What a model does well.

    Attributes:
        sentences: N texts, in lower case.
        texts: their embeddings, unit vectors (N, D).
        motions: embeddings of what the model does when told so, unit vectors (N, D).
    """

    sentences: tuple[str, ...]
    texts: np.ndarray
    motions: np.ndarray

    @cached_property
    def _sides(self) -> np.ndarray:
        """The side that each sentence names, shape (N,)."""
        return np.array([_side(sentence) for sentence in self.sentences])

    @cached_property
    def _commands(self) -> np.ndarray:
        """Whether each sentence is a command, booleans (N,)."""
        return np.array([predicate(sentence) is None for sentence in self.sentences])

    def find(self, text: str, vector: np.ndarray, like: str | None = None) -> Known:
        """Find the sentence that means most nearly what a text says.

        A text that names one side is not answered with a sentence of the other one.

        Args:
            text: what was said.
            vector: its embedding, a unit vector (D,).
            like: a sentence; only commands are found if it is one, only captions if it is not.
        """
        nearness = (self.texts @ vector + self.motions @ vector) / 2
        wanted = [self._sides == side] if (side := _side(text)) else []
        if like is not None:
            wanted.append(self._commands == (predicate(like) is None))
        for mask in wanted:
            if (mask & (nearness > -1)).any():
                nearness = np.where(mask, nearness, -1.0)
        best = int(nearness.argmax())
        return Known(self.sentences[best], float(nearness[best]))

    def save(self, folder: Path) -> None:
        """Write it beside its matching model, embeddings in float16."""
        content = json.dumps(list(self.sentences), indent=0, ensure_ascii=False)
        (folder / SENTENCES_FILE).write_text(content + "\n", encoding="utf-8")
        vectors = {"texts": self.texts, "motions": self.motions}
        part = folder / f"{VECTORS_FILE}.part"
        save_file({name: v.astype(np.float16) for name, v in vectors.items()}, part)
        part.replace(folder / VECTORS_FILE)

    @classmethod
    def load(cls, folder: Path, dim: int) -> "Repertoire | None":
        """Read it; None if the folder has none.

        Args:
            folder: of the matching model.
            dim: size of that model's embeddings.

        Raises:
            ModelFileError: if a file is truncated, or is not of this matching model.
        """
        path = folder / SENTENCES_FILE
        if not path.is_file():
            return None
        try:
            sentences = tuple(map(str, json.loads(path.read_text(encoding="utf-8"))))
            vectors = load_file(folder / VECTORS_FILE)
            texts, motions = (vectors[name].astype(float) for name in ("texts", "motions"))
        except (OSError, ValueError, TypeError, KeyError, SafetensorError) as error:
            raise ModelFileError(f"{path}: no repertoire can be read ({error})") from error
        if not texts.shape == motions.shape == (len(sentences), dim) or not sentences:
            raise ModelFileError(
                f"{path}: {len(sentences)} sentences with embeddings {texts.shape} and "
                f"{motions.shape}; this matching model's have size {dim}"
            )
        return cls(sentences, texts, motions)


def _side(text: str) -> str | None:
    """The side that a text names, if it is one."""
    sides = {match.lower() for match in _SIDE.findall(text)}
    return sides.pop() if len(sides) == 1 else None


def drop_alike(texts: np.ndarray, motions: np.ndarray, order: Sequence[int]) -> list[int]:
    """Indices, in the order given, of what is not said and done by an earlier one already.

    Args:
        texts: unit vectors (N, D).
        motions: unit vectors (N, D).
        order: indices to go through.
    """
    kept: list[int] = []
    for index in order:
        alike = (texts[kept] @ texts[index] > ALIKE) & (motions[kept] @ motions[index] > ALIKE)
        if not alike.any():
            kept.append(index)
    return kept

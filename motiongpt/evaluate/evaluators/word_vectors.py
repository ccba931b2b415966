"""GloVe vectors and parts of speech as Guo et al.'s evaluator reads captions.

`our_vab_data.npy` (V, 300), `our_vab_words.pkl` (V words) and `our_vab_idx.pkl` (index of each)
come with HumanML3D's `glove.zip`. Of the pickles only lists, dictionaries, texts and numbers are
read; whatever else one holds is refused.
"""

import io
import pickle
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from motiongpt.errors import EvaluationError, ModelFileError
from motiongpt.motion.dataset import Caption

MAX_WORDS = 20
"""Words of a caption that are read; a begin and an end are added."""

BEGIN, END, UNKNOWN = "sos/OTHER", "eos/OTHER", "unk"

TAGS = (
    "VERB NOUN DET ADP NUM AUX PRON ADJ ADV Loc_VIP Body_VIP Obj_VIP Act_VIP Desc_VIP OTHER"
).split()
"""Parts of speech and, of words that matter most, what they are about; in the one-hot's order."""

_IMPORTANT = {
    "Loc_VIP": "left right clockwise counterclockwise anticlockwise forward back backward up down "
    "straight curve",
    "Body_VIP": "arm chin foot feet face hand mouth leg waist eye knee shoulder thigh",
    "Obj_VIP": "stair dumbbell chair window floor car ball handrail baseball basketball",
    "Act_VIP": "walk run swing pick bring kick put squat throw hop dance jump turn stumble stop "
    "sit lift lower raise wash stand kneel stroll rub bend balance flap jog shuffle lean rotate "
    "spin spread climb",
    "Desc_VIP": "slowly carefully fast careful slow quickly happy angry sad happily angrily sadly",
}
IMPORTANT = {word: tag for tag, words in _IMPORTANT.items() for word in words.split()}
"""Tag of each word that has one of its own."""


class _PlainUnpickler(pickle.Unpickler):
    """Reads values, and refuses every class and function."""

    def find_class(self, module: str, name: str) -> object:
        raise pickle.UnpicklingError(f"it names {module}.{name}")


def _read_plain_pickle(path: Path) -> object:
    try:
        return _PlainUnpickler(io.BytesIO(path.read_bytes())).load()
    except Exception as error:  # a damaged pickle may raise almost anything
        raise ModelFileError(
            f"{path}: missing, damaged or no plain list or dictionary ({error})"
        ) from error


@dataclass(frozen=True)
class WordVectors:
    """Vectors of known words.

    Attributes:
        vectors: shape (V, n).
        index: row of each word.
    """

    vectors: np.ndarray
    index: dict[str, int]

    @classmethod
    def read(cls, folder: Path, prefix: str = "our_vab") -> "WordVectors":
        """Read the three files.

        Raises:
            ModelFileError: if one is missing, unreadable or does not fit the others.
        """
        path = folder / f"{prefix}_data.npy"
        try:
            vectors = np.load(path, allow_pickle=False)
        except (OSError, ValueError, EOFError) as error:
            raise ModelFileError(f"{path}: no readable .npy array ({error})") from error
        words = _read_plain_pickle(folder / f"{prefix}_words.pkl")
        index = _read_plain_pickle(folder / f"{prefix}_idx.pkl")
        if not isinstance(words, list) or not isinstance(index, dict):
            raise ModelFileError(f"{folder}: {prefix}_words.pkl is no list or _idx.pkl no dict")
        rows = {str(word): int(index[word]) for word in words if word in index}
        if UNKNOWN not in rows or vectors.ndim != 2 or max(rows.values()) >= len(vectors):
            raise ModelFileError(
                f"{folder}: {prefix} files do not fit each other: {len(rows)} words, vectors of "
                f"shape {vectors.shape}, and '{UNKNOWN}' must be among the words"
            )
        return cls(vectors, rows)

    def look_up(self, token: str) -> tuple[np.ndarray, int]:
        """Vector (n,) and tag index of "word/TAG"; an unknown word is "unk" with OTHER."""
        word, _, tag = token.rpartition("/")
        if word not in self.index:
            return self.vectors[self.index[UNKNOWN]], TAGS.index("OTHER")
        tag = IMPORTANT.get(word, tag)
        return self.vectors[self.index[word]], TAGS.index(tag if tag in TAGS else "OTHER")

    def encode(self, captions: Sequence[Caption]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Look captions up by their tokens.

        Returns:
            Word vectors (N, 22, n), one-hot tags (N, 22, 15) and lengths (N,), begin and end
            counted.

        Raises:
            EvaluationError: if a caption has no tokens or no word has a part of speech.
        """
        _check_tags(captions)
        longest = MAX_WORDS + 2
        words = np.zeros((len(captions), longest, self.vectors.shape[1]), dtype=np.float32)
        tags = np.zeros((len(captions), longest, len(TAGS)), dtype=np.float32)
        lengths = np.zeros(len(captions), dtype=int)
        for row, caption in enumerate(captions):
            tokens = [BEGIN, *caption.tokens[:MAX_WORDS], END]
            lengths[row] = len(tokens)
            tokens += ["unk/OTHER"] * (longest - len(tokens))
            for at, token in enumerate(tokens):
                words[row, at], tag = self.look_up(token)
                tags[row, at, tag] = 1
        return words, tags, lengths


def _check_tags(captions: Sequence[Caption]) -> None:
    for caption in captions:
        if not caption.tokens:
            raise EvaluationError(
                f"caption '{caption.text}' has no tokens; this evaluator reads HumanML3D's "
                "lemma/PART-OF-SPEECH tokens"
            )
    tags = {token.rpartition("/")[2] for caption in captions for token in caption.tokens}
    if captions and tags <= {"OTHER"}:
        raise EvaluationError(
            "all tokens of the captions are tagged OTHER; this evaluator reads HumanML3D's "
            "parts of speech, such as walk/VERB"
        )

"""Which texts say the same, so that they are not taken for counterexamples of one another."""

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError
from scipy.sparse import csr_matrix, diags
from transformers import AutoModel, AutoTokenizer
from transformers.utils import logging as transformers_logging

from motiongpt.errors import ModelFileError
from motiongpt.lm.command import split_words
from motiongpt.motion.compose import predicate

SAME = 0.85
"""Texts whose vectors have at least this cosine, and the same words of direction, say the same."""

DIRECTIONS = (
    "left",
    "right",
    "both",
    "forward",
    "forwards",
    "backward",
    "backwards",
    "back",
    "up",
    "down",
    "clockwise",
    "counterclockwise",
)
"""Words that change a sentence's vector little and its meaning much."""


def core(text: str) -> str:
    """A text without its subject: "a person waves" and "the man waves" say the same."""
    text = text.lower()
    return predicate(text) or text


class SentenceEncoder:
    """A pretrained sentence encoder, such as all-MiniLM-L6-v2; used in training only."""

    def __init__(self, folder: Path) -> None:
        """Open a Hugging Face folder.

        Raises:
            ModelFileError: if it is no readable encoder in safetensors.
        """
        transformers_logging.disable_progress_bar()
        try:
            self._tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
            model = AutoModel.from_pretrained(folder, local_files_only=True, use_safetensors=True)
        except (OSError, ValueError, KeyError, SafetensorError) as error:
            raise ModelFileError(f"{folder}: no readable sentence encoder ({error})") from error
        self._model = model.eval()

    @property
    def words(self) -> list[str]:
        """Whole words of its vocabulary, in lower case, of two letters and more."""
        pieces = map(str.lower, self._tokenizer.get_vocab())
        return sorted({piece for piece in pieces if re.fullmatch(r"[a-z]{2,}", piece)})

    def encode(self, texts: Sequence[str], chunk: int = 64) -> np.ndarray:
        """Unit vectors (N, D), float32: means over words, as sentence-transformers has them."""
        order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
        rows: list[np.ndarray] = []
        for start in range(0, len(order), chunk):
            batch = self._tokenizer(
                [texts[i] for i in order[start : start + chunk]],
                padding=True,
                truncation=True,
                max_length=64,
                return_tensors="pt",
            )
            with torch.inference_mode():
                hidden = self._model(**batch).last_hidden_state
            weight = batch["attention_mask"][..., None].to(hidden)
            mean = (hidden * weight).sum(1) / weight.sum(1)
            rows.append(torch.nn.functional.normalize(mean, dim=-1).numpy())
        vectors = np.concatenate(rows)
        result = np.empty_like(vectors)
        result[order] = vectors
        return result


def word_vectors(texts: Sequence[str]) -> csr_matrix:
    """Unit vectors (N, V) of how often each word stands in a text, rare words more.

    They serve where no sentence encoder is given.
    """
    words = [Counter(split_words(text)) for text in texts]
    counts = Counter(word for one in words for word in one)
    index = {word: i for i, word in enumerate(counts)}
    rows = [row for row, one in enumerate(words) for _ in one]
    columns = [index[word] for one in words for word in one]
    rarity = {word: np.log(1 + len(texts) / n) for word, n in counts.items()}
    values = np.array([n * rarity[word] for one in words for word, n in one.items()])
    shape = (len(texts), max(len(index), 1))
    vectors = csr_matrix((values, (rows, columns)), shape=shape, dtype=np.float32)
    lengths = np.sqrt(np.asarray(vectors.multiply(vectors).sum(axis=1)))[:, 0]
    return (diags(1 / np.maximum(lengths, 1e-9)) @ vectors).tocsr()


class Meanings:
    """Texts, each with a vector of its meaning."""

    def __init__(self, texts: Sequence[str], encoder: SentenceEncoder | None = None) -> None:
        """Compute the vectors.

        Args:
            texts: different texts.
            encoder: a pretrained encoder; without one, words are compared.
        """
        self.texts = tuple(texts)
        self.index = {text: i for i, text in enumerate(self.texts)}
        cores = [core(text) for text in texts]
        distinct = list(dict.fromkeys(cores))
        vectors = encoder.encode(distinct) if encoder else word_vectors(distinct)
        place = {text: i for i, text in enumerate(distinct)}
        self.vectors: np.ndarray | csr_matrix = vectors[[place[text] for text in cores]]
        bits = 1 << np.arange(len(DIRECTIONS))
        words = [set(split_words(text)) for text in texts]
        self._directions = np.array(
            [sum(int(b) for b, d in zip(bits, DIRECTIONS, strict=True) if d in w) for w in words]
        )

    def same(self, one: np.ndarray, other: np.ndarray) -> np.ndarray:
        """Whether texts (N,) and texts (M,), given by index, say the same: booleans (N, M)."""
        cosines = self.vectors[one] @ self.vectors[other].T
        if not isinstance(cosines, np.ndarray):
            cosines = cosines.toarray()
        return (cosines >= SAME) & (self._directions[one][:, None] == self._directions[other])

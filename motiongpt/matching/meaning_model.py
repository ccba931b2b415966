"""A small sentence encoder, taught by a large one what sentences mean.

The matching model knows what bodies do, and little of what else people say: to it, "order a pizza"
is near to some movement. This one puts any sentence of known words where a pretrained encoder
would put it, so that what is far from all that a model does is seen to be far.

Saved in the matching model's folder: `meaning.json` (sizes and words) and `meaning.safetensors`.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from motiongpt.errors import ModelFileError
from motiongpt.lm.command import split_words
from motiongpt.matching.network import SequenceEncoder, SequenceSize

CONFIG_FILE = "meaning.json"
WEIGHTS_FILE = "meaning.safetensors"
PADDING, UNKNOWN = 0, 1
"""Embeddings before those of the words."""


class MeaningNetwork(nn.Module):
    """Words to a unit vector."""

    def __init__(self, n_words: int, size: SequenceSize) -> None:
        """Make a network with random weights."""
        super().__init__()
        self.size = size
        self.words = nn.Embedding(n_words + UNKNOWN + 1, size.width, padding_idx=PADDING)
        self.sequence = SequenceEncoder(size)

    def forward(self, ids: Tensor) -> Tensor:
        """Unit vectors (B, dim) of word indices (B, T), padded with `PADDING`."""
        real = ids != PADDING
        real[:, 0] = True
        return self.sequence(self.words(ids), real)[0]


@dataclass(frozen=True)
class MeaningModel:
    """Sentences as unit vectors.

    Attributes:
        network: in eval mode.
        words: those it knows, in lower case.
    """

    network: MeaningNetwork
    words: tuple[str, ...]

    @property
    def dim(self) -> int:
        """Size of an embedding."""
        return self.network.size.dim

    @cached_property
    def _reader(self) -> "WordReader":
        return WordReader(self.words, self.network.size.longest)

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Unit vectors (N, dim) of N texts."""
        rows = [np.zeros((0, self.dim))]
        with torch.inference_mode():
            for start in range(0, len(texts), 256):
                ids = self._reader.read(texts[start : start + 256])
                rows.append(self.network(ids).double().numpy())
        return np.concatenate(rows)

    def save(self, folder: Path) -> None:
        """Write the model, its weights in float16."""
        folder.mkdir(parents=True, exist_ok=True)
        content = {"network": asdict(self.network.size), "words": self.words}
        text = json.dumps(content, ensure_ascii=False)
        (folder / CONFIG_FILE).write_text(text + "\n", encoding="utf-8")
        tensors = {n: t.half().contiguous() for n, t in self.network.state_dict().items()}
        part = folder / f"{WEIGHTS_FILE}.part"
        save_file(tensors, part)
        part.replace(folder / WEIGHTS_FILE)

    @classmethod
    def load(cls, folder: Path) -> "MeaningModel | None":
        """Read a model; None if the folder has none.

        Raises:
            ModelFileError: if a file is truncated or does not fit.
        """
        path = folder / CONFIG_FILE
        if not path.is_file():
            return None
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            words = tuple(map(str, content["words"]))
            network = MeaningNetwork(len(words), SequenceSize(**content["network"]))
            tensors = load_file(folder / WEIGHTS_FILE)
            network.load_state_dict({name: tensor.float() for name, tensor in tensors.items()})
        except (OSError, ValueError, KeyError, TypeError, RuntimeError, SafetensorError) as error:
            raise ModelFileError(f"{path}: no meaning model can be read ({error})") from error
        return cls(network.eval(), words)


class WordReader:
    """Texts to word indices."""

    def __init__(self, words: Sequence[str], longest: int) -> None:
        """Number the words; of a text, at most `longest` words are read."""
        self._ids = {word: i for i, word in enumerate(words, start=UNKNOWN + 1)}
        self._longest = longest

    def read(self, texts: Sequence[str]) -> Tensor:
        """Indices (N, T) of N texts, padded."""
        rows = [
            [self._ids.get(word, UNKNOWN) for word in split_words(text)[: self._longest]]
            for text in texts
        ]
        result = torch.full((len(rows), max(1, *map(len, rows))), PADDING)
        for row, ids in enumerate(rows):
            result[row, : len(ids)] = torch.tensor(ids, dtype=torch.long)
        return result

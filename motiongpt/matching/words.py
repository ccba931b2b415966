"""Texts as word pieces."""

from collections.abc import Sequence
from pathlib import Path

import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers
from torch import Tensor

from motiongpt.errors import ModelFileError

PADDING = "<pad>"
"""Piece 0."""

SPACE = "Ġ"
"""How a byte-level piece that begins a word starts."""


def train_pieces(texts: Sequence[str], n_pieces: int) -> Tokenizer:
    """Learn byte-level BPE pieces, bytes included; piece 0 is the padding."""
    pieces = Tokenizer(models.BPE())
    pieces.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])
    pieces.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    trainer = trainers.BpeTrainer(
        vocab_size=n_pieces,
        special_tokens=[PADDING],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    pieces.train_from_iterator([text.lower() for text in texts], trainer)
    return pieces


def load_pieces(path: Path) -> Tokenizer:
    """Read what `Tokenizer.save` wrote.

    Raises:
        ModelFileError: if the file is missing or no tokenizer.
    """
    try:
        return Tokenizer.from_str(path.read_text(encoding="utf-8"))
    except Exception as error:  # the tokenizers library raises bare Exception
        raise ModelFileError(f"{path}: no readable tokenizer ({error})") from error


def encode_texts(pieces: Tokenizer, texts: Sequence[str], longest: int) -> Tensor:
    """Word pieces (B, T) of texts, padded with 0, at most `longest` each."""
    plain = [text.replace("<", " ").replace(">", " ") for text in texts]
    ids = [encoding.ids[:longest] for encoding in pieces.encode_batch(plain)]
    result = torch.zeros(len(ids), max(1, *map(len, ids)), dtype=torch.long)
    for row, one in enumerate(ids):
        result[row, : len(one)] = torch.tensor(one, dtype=torch.long)
    return result

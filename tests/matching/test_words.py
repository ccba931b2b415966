from pathlib import Path

import pytest

from motiongpt.errors import ModelFileError
from motiongpt.matching.words import encode_texts, load_pieces, train_pieces
from tests.matching.conftest import TEXTS


def test_texts_become_padded_pieces() -> None:
    pieces = train_pieces(TEXTS, 400)
    ids = encode_texts(pieces, ["bow", "A person walks LEFT", ""], 64)
    assert ids.shape[0] == 3
    assert (ids[0, 1:] == 0).all() and (ids[1] > 0).all() and (ids[2] == 0).all()
    assert ids[1].tolist() == encode_texts(pieces, ["a person walks left"], 64)[0].tolist()


def test_a_long_text_is_cut_and_padding_cannot_be_written() -> None:
    pieces = train_pieces(TEXTS, 400)
    assert encode_texts(pieces, ["walks " * 200], 12).shape == (1, 12)
    assert (encode_texts(pieces, ["<pad>"], 12)[0] > 0).any()


def test_unreadable_pieces_are_named(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match="pieces.json: no readable tokenizer"):
        load_pieces(tmp_path / "pieces.json")

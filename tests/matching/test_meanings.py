from pathlib import Path

import numpy as np
import pytest

from motiongpt.errors import ModelFileError
from motiongpt.matching.meanings import Meanings, SentenceEncoder, core, word_vectors


def _same(one: str, other: str, encoder: SentenceEncoder | None = None) -> bool:
    filler = ("he jumps", "she sits down", "a dog barks")
    meanings = Meanings((one, other, *filler), encoder)
    return bool(meanings.same(np.array([0]), np.array([1]))[0, 0])


def test_the_subject_does_not_count_and_left_and_right_do() -> None:
    assert core("The man waves") == "waves"
    assert _same("a person waves with the left hand", "the man waves with the left hand")
    assert not _same("a person waves with the left hand", "a person waves with the right hand")
    assert not _same("a person walks forward", "a person walks backward")
    assert not _same("a person walks", "a person bows")


def test_a_text_means_what_it_says() -> None:
    meanings = Meanings(("walk", "run", "wave"))
    everything = np.arange(3)
    assert np.array_equal(meanings.same(everything, everything), np.eye(3, dtype=bool))


def test_word_vectors_weigh_rare_words_more() -> None:
    vectors = word_vectors(["walk wearily", "walk", "walk", "wearily"]).toarray()
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1)
    assert vectors[0] @ vectors[3] > vectors[0] @ vectors[1]


def test_a_text_without_words_is_like_nothing() -> None:
    assert np.array_equal(word_vectors(["", "walk"]).toarray()[0], [0])


def test_a_sentence_encoder_gives_unit_vectors_that_no_batch_changes(
    encoder: SentenceEncoder,
) -> None:
    texts = ["walks wearily", "waves", "he walks a a a a", "waves"]
    vectors = encoder.encode(texts)
    assert vectors.shape == (4, 16)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert np.allclose(encoder.encode(texts, chunk=1), vectors, atol=1e-5)
    assert np.allclose(vectors[1], vectors[3])


def test_meanings_take_the_encoder_where_there_is_one(encoder: SentenceEncoder) -> None:
    assert Meanings(("a", "b"), encoder).vectors.shape == (2, 16)
    assert _same("he waves", "she waves", encoder)


def test_a_folder_that_is_no_encoder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(ModelFileError, match="empty: no readable sentence encoder"):
        SentenceEncoder(tmp_path / "empty")

from pathlib import Path

import pytest

from motiongpt.errors import LanguageModelError, ModelFileError
from motiongpt.lm.vocabulary import Vocabulary, motion_token


def test_motion_tokens_stand_in_a_row_and_come_back(vocabulary: Vocabulary) -> None:
    ids = vocabulary.encode_motion((0, 15, 3))
    assert ids[1] - ids[0] == 15
    assert vocabulary.decode_motion(ids) == (0, 15, 3)


def test_a_text_cannot_smuggle_in_markers_or_motion_tokens(vocabulary: Vocabulary) -> None:
    text = f"walk {motion_token(3)} <response> </s>"
    ids = vocabulary.encode_text(text)
    special = {vocabulary.marker_id(t) for t in (motion_token(3), "<response>", "</s>")}
    assert not special & set(ids)


def test_any_script_can_be_encoded(vocabulary: Vocabulary) -> None:
    text = "\u524d \u00e9\U0001f600"
    assert vocabulary.tokenizer.decode(vocabulary.encode_text(text)).strip() == text.strip()


def test_a_saved_vocabulary_comes_back_the_same(vocabulary: Vocabulary, tmp_path: Path) -> None:
    vocabulary.save(tmp_path)
    again = Vocabulary.load(tmp_path, 16)
    text = "a person waves with the left hand"
    assert again.encode_text(text) == vocabulary.encode_text(text)
    assert again.words == vocabulary.words
    assert again.size == vocabulary.size


def test_missing_files_and_missing_tokens_are_named(
    vocabulary: Vocabulary, tmp_path: Path
) -> None:
    with pytest.raises(ModelFileError, match="no readable tokenizer"):
        Vocabulary.load(tmp_path, 16)
    vocabulary.save(tmp_path)
    with pytest.raises(LanguageModelError, match="lacks 1 tokens, the first is <motion_16>"):
        Vocabulary.load(tmp_path, 17)

from pathlib import Path

import numpy as np
import pytest
import torch

from motiongpt.errors import ModelFileError
from motiongpt.matching.meaning_model import MeaningModel, MeaningNetwork
from motiongpt.matching.network import SequenceSize

WORDS = ("walk", "wave", "left")


@pytest.fixture
def meaning() -> MeaningModel:
    torch.manual_seed(0)
    size = SequenceSize(width=16, heads=2, dim=8, longest=4)
    return MeaningModel(MeaningNetwork(len(WORDS), size).eval(), WORDS)


def test_texts_become_unit_vectors_that_no_batch_changes(meaning: MeaningModel) -> None:
    texts = ["walk", "wave the left", "...", "Walk!"]
    vectors = meaning.encode(texts)
    assert vectors.shape == (4, 8)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    alone = np.concatenate([meaning.encode([text]) for text in texts])
    assert np.allclose(vectors, alone, atol=1e-5)
    assert np.allclose(vectors[0], vectors[3])
    assert not np.allclose(vectors[0], vectors[1], atol=0.01)


def test_unknown_words_are_alike_and_what_is_too_long_is_cut(meaning: MeaningModel) -> None:
    one, other, long, longer = meaning.encode(
        ["walk zu", "walk fuss", "left left left left", "left left left left wave"]
    )
    assert np.allclose(one, other)
    assert np.allclose(long, longer)


def test_no_texts_are_no_vectors(meaning: MeaningModel) -> None:
    assert meaning.encode([]).shape == (0, 8)


def test_it_is_read_as_it_was_written(meaning: MeaningModel, tmp_path: Path) -> None:
    meaning.save(tmp_path)
    read = MeaningModel.load(tmp_path)
    assert read is not None and read.words == WORDS
    assert np.allclose(read.encode(["wave left"]), meaning.encode(["wave left"]), atol=1e-2)


def test_a_model_may_have_none(tmp_path: Path) -> None:
    assert MeaningModel.load(tmp_path) is None


@pytest.mark.parametrize("name", ["meaning.json", "meaning.safetensors"])
def test_a_truncated_file_is_named(meaning: MeaningModel, tmp_path: Path, name: str) -> None:
    meaning.save(tmp_path)
    path = tmp_path / name
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(ModelFileError, match="meaning.json: no meaning model can be read"):
        MeaningModel.load(tmp_path)


def test_a_model_of_other_words_is_refused(meaning: MeaningModel, tmp_path: Path) -> None:
    meaning.save(tmp_path)
    path = tmp_path / "meaning.json"
    path.write_text(path.read_text().replace('"wave", ', ""))
    with pytest.raises(ModelFileError, match="no meaning model can be read"):
        MeaningModel.load(tmp_path)

from pathlib import Path

import numpy as np
import pytest
import torch

from motiongpt.errors import ModelFileError, TokenizerError
from motiongpt.motion.statistics import Statistics
from motiongpt.tokenizer.config import VQVAEConfig
from motiongpt.tokenizer.motion_tokenizer import MotionTokenizer
from motiongpt.tokenizer.vqvae import VQVAE


@pytest.fixture
def tokenizer() -> MotionTokenizer:
    torch.manual_seed(0)
    model = VQVAE(VQVAEConfig(n_codes=16, code_dim=8, width=16)).eval()
    rng = np.random.default_rng(0)
    return MotionTokenizer(model, Statistics(rng.normal(size=263), rng.uniform(0.5, 2, 263)))


def test_a_saved_tokenizer_comes_back_the_same(tokenizer: MotionTokenizer, tmp_path: Path) -> None:
    tokenizer.save(tmp_path)
    first = MotionTokenizer.load(tmp_path)
    first.save(tmp_path / "again")
    second = MotionTokenizer.load(tmp_path / "again")
    indices = (3, 1, 15, 0)
    assert np.array_equal(first.decode_features(indices), second.decode_features(indices))
    gap = first.decode_features(indices) - tokenizer.decode_features(indices)
    assert np.abs(gap).max() < 0.02


def test_a_motion_has_four_frames_a_token_and_starts_at_the_origin(
    tokenizer: MotionTokenizer,
) -> None:
    motion = tokenizer.decode((3, 1, 15))
    assert motion.n_frames == 12
    assert np.allclose(motion.positions[0, 0, :2], 0)
    assert len(tokenizer.encode_features(np.zeros((15, 263)))) == 3


@pytest.mark.parametrize("indices", [(), (16,), (-1,)])
def test_codes_out_of_range_are_refused(tokenizer: MotionTokenizer, indices: tuple) -> None:
    with pytest.raises(TokenizerError):
        tokenizer.decode(indices)


@pytest.mark.parametrize(
    "features", [np.zeros((8, 251)), np.zeros((3, 263)), np.full((8, 263), np.nan)]
)
def test_bad_features_are_refused(tokenizer: MotionTokenizer, features: np.ndarray) -> None:
    with pytest.raises(TokenizerError):
        tokenizer.encode_features(features)


def test_missing_truncated_and_foreign_files_are_named(
    tokenizer: MotionTokenizer, tmp_path: Path
) -> None:
    with pytest.raises(ModelFileError, match="vqvae.json"):
        MotionTokenizer.load(tmp_path)
    tokenizer.save(tmp_path)
    weights = tmp_path / "vqvae.safetensors"
    content = weights.read_bytes()
    weights.write_bytes(content[:1000])
    with pytest.raises(ModelFileError, match="truncated"):
        MotionTokenizer.load(tmp_path)
    weights.write_bytes(content)
    config = tmp_path / "vqvae.json"
    config.write_text(config.read_text().replace('"width": 16', '"width": 8'))
    with pytest.raises(ModelFileError, match="does not fit"):
        MotionTokenizer.load(tmp_path)

from pathlib import Path

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

from motiongpt.matching.meanings import SentenceEncoder
from motiongpt.matching.model import MatchingModel
from motiongpt.matching.network import MatchingConfig, MatchingNetwork
from motiongpt.matching.words import train_pieces
from motiongpt.motion.features import canonicalize, encode_features
from motiongpt.motion.prepare import Preparation
from motiongpt.motion.statistics import Statistics
from tests.motion.clips import circling_clip

TEXTS = ("a person walks left", "a person walks right", "someone waves", "bow")
TINY = MatchingConfig(
    n_pieces=400, width=32, heads=2, text_layers=1, motion_layers=1, dim=16, dropout=0.0
)


def make_model(seed: int = 0) -> MatchingModel:
    """A small matching model with random weights."""
    torch.manual_seed(seed)
    pieces = train_pieces(TEXTS, TINY.n_pieces)
    network = MatchingNetwork(TINY).eval()
    return MatchingModel(network, pieces, np.zeros(137), np.ones(137))


def save_encoder(folder: Path) -> None:
    """Write a sentence encoder of random weights, as a Hugging Face folder."""
    words = {w: i for i, w in enumerate("[PAD] [UNK] walks wearily waves he she a".split())}
    tokenizer = Tokenizer(models.WordLevel(words, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, pad_token="[PAD]")
    fast.save_pretrained(folder)
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(words),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
    )
    BertModel(config).save_pretrained(folder)


@pytest.fixture
def encoder(tmp_path: Path) -> SentenceEncoder:
    """A sentence encoder of random weights."""
    save_encoder(tmp_path)
    return SentenceEncoder(tmp_path)


@pytest.fixture
def model() -> MatchingModel:
    return make_model()


def walk(n: int = 61, seed: int = 0) -> np.ndarray:
    """Features (n - 1, 263) of a figure that walks a circle."""
    return encode_features(canonicalize(circling_clip(n, seed=seed)))


@pytest.fixture
def dataset(tmp_path: Path) -> tuple[Path, Preparation]:
    """A dataset of eight clips, of which each is another sway, and its features."""
    (tmp_path / "texts").mkdir()
    (tmp_path / "features").mkdir()
    ids = tuple(f"clip{i}" for i in range(8))
    for i, clip_id in enumerate(ids):
        (tmp_path / "texts" / f"{clip_id}.txt").write_text(
            f"a person does move number {'abcdefgh'[i]} left#a/DET#0.0#0.0\n"
        )
        for name, sign in ((clip_id, 1), (f"M{clip_id}", -1)):
            clip = walk(41 + 4 * i, seed=i)
            clip[:, 10] += sign * (i + 1) / 4
            np.save(tmp_path / "features" / f"{name}.npy", clip.astype(np.float32))
    (tmp_path / "captions_train.txt").write_text("a man sits down\nA man hops\n\n")
    clips = [np.load(path).astype(np.float64) for path in (tmp_path / "features").iterdir()]
    data = Preparation({"train": ids, "val": ids}, {}, Statistics.of(clips))
    return tmp_path, data

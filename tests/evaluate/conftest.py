from pathlib import Path

import numpy as np
import pytest
import torch

from motiongpt.evaluate.evaluators import MatchingEvaluator
from motiongpt.evaluate.run import Evaluation, EvaluationOptions
from motiongpt.evaluate.test_set import RealClip
from motiongpt.lm.base import LoraSize, add_lora, make_base
from motiongpt.lm.vocabulary import train_vocabulary
from motiongpt.model_folder import ModelFolder
from motiongpt.motion.dataset import Caption
from motiongpt.motion.statistics import Statistics
from motiongpt.pipeline import MotionGPT
from motiongpt.tokenizer.config import VQVAEConfig
from motiongpt.tokenizer.motion_tokenizer import MotionTokenizer
from motiongpt.tokenizer.vqvae import VQVAE
from motiongpt.train import save_base
from tests.lm.conftest import CAPTIONS, TINY
from tests.matching.conftest import make_model, walk

TEXTS = (*CAPTIONS, "a person walks and turns left")


@pytest.fixture(scope="session")
def clips() -> tuple[RealClip, ...]:
    """Eight clips of two token lengths, two to each of four captions."""
    return tuple(
        RealClip(f"clip{i}", walk(41 if i % 2 else 61, seed=i), (Caption(TEXTS[i // 2]),))
        for i in range(8)
    )


@pytest.fixture(scope="session")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small model with random weights and its matching model."""
    torch.manual_seed(0)
    folder = ModelFolder(tmp_path_factory.mktemp("model"))
    vqvae = VQVAE(VQVAEConfig(n_codes=16, code_dim=8, width=16)).eval()
    MotionTokenizer(vqvae, Statistics(np.zeros(263), np.ones(263))).save(folder.tokenizer)
    vocabulary = train_vocabulary(TEXTS, 16, 300)
    base = make_base(vocabulary, TINY)
    save_base(base, vocabulary, folder)
    add_lora(base, LoraSize(r=4)).save_pretrained(folder.adapter)
    make_model().save(folder.root / "matching")
    return folder.root


@pytest.fixture(scope="session")
def model(model_folder: Path) -> MotionGPT:
    return MotionGPT.load(model_folder)


@pytest.fixture(scope="session")
def evaluation(model: MotionGPT, clips: tuple[RealClip, ...]) -> Evaluation:
    options = EvaluationOptions(repeats=2, mm_texts=2, mm_motions=3)
    return Evaluation(model, clips, clips, MatchingEvaluator(make_model()), options)

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from motiongpt.errors import CommandError, ModelFileError, StandStillError
from motiongpt.lm.base import LoraSize, add_lora, make_base
from motiongpt.lm.decoding import Sampling
from motiongpt.lm.vocabulary import train_vocabulary
from motiongpt.model_folder import ModelFolder
from motiongpt.motion.motion import Motion
from motiongpt.motion.statistics import Statistics
from motiongpt.pipeline import MotionGPT
from motiongpt.tokenizer.config import VQVAEConfig
from motiongpt.tokenizer.motion_tokenizer import MotionTokenizer
from motiongpt.tokenizer.vqvae import VQVAE
from motiongpt.train import save_base
from tests.lm.conftest import CAPTIONS, TINY
from tests.matching.conftest import make_model


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(0)
    folder = ModelFolder(tmp_path_factory.mktemp("model"))
    vqvae = VQVAE(VQVAEConfig(n_codes=16, code_dim=8, width=16)).eval()
    MotionTokenizer(vqvae, Statistics(np.zeros(263), np.ones(263))).save(folder.tokenizer)
    vocabulary = train_vocabulary(CAPTIONS, 16, 300)
    base = make_base(vocabulary, TINY)
    save_base(base, vocabulary, folder)
    add_lora(base, LoraSize(r=4)).save_pretrained(folder.adapter)
    return folder.root


def test_a_sentence_becomes_a_motion(folder: Path) -> None:
    heard: list[int] = []
    result = MotionGPT.load(folder).generate("Wave your right hand.", on_token=heard.append)
    assert result.text == "wave your right hand"
    assert result.tokens == tuple(heard)
    assert result.motion.n_frames == 4 * len(heard)
    assert np.isfinite(result.motion.positions).all()


def test_the_wanted_duration_is_kept(folder: Path) -> None:
    model = MotionGPT.load(folder)
    assert len(model.generate("wave your right hand", duration=3.0).tokens) == 15
    with pytest.raises(CommandError, match="allowed for 1 steps: 0.2 to 10.0 s"):
        model.generate("wave your right hand", duration=11.0)


def test_what_a_command_says_not_to_do_is_told_to_no_model(folder: Path) -> None:
    model, sampling = MotionGPT.load(folder), Sampling(min_tokens=2, max_tokens=2)
    result = model.generate("Don\u2019t walk, wave your right hand.", sampling=sampling)
    assert result.text == "don\u2019t walk, wave your right hand"
    assert result.told == ("wave your right hand",)
    assert model.understand("Stop. Wave your right hand, then walk").told[0] == (
        "wave your right hand"
    )
    one = model.understand("stop, then walk, then wave your right hand", one_step=True)
    assert one.told == ("walk, then wave your right hand",)
    with pytest.raises(StandStillError, match="so there is no motion to generate; say what to"):
        model.generate("Freeze!")  # a word that the model does not know
    with pytest.raises(CommandError, match="only says what not to do; say what to do instead"):
        model.generate("never walk")
    with pytest.raises(CommandError, match="unknown words xyzzy"):
        model.generate("don't walk, wave xyzzy frobnicate")


def test_several_steps_are_one_motion(folder: Path) -> None:
    model, sampling = MotionGPT.load(folder), Sampling(min_tokens=5, max_tokens=5)
    text = "a person walks forward, then wave your right hand. he bows"
    steps = [model.generate(part, sampling=sampling) for part in text.split(", then ")[:1]]
    result = model.generate(text, sampling=sampling)
    assert len(result.tokens) == 15
    assert result.tokens[:5] == steps[0].tokens
    with pytest.raises(CommandError, match="has 3 steps; allowed here: 1"):
        model.generate_samples(text)


def test_the_best_of_several_motions_is_the_one_that_matches_best(folder: Path) -> None:
    model = MotionGPT.load(folder)
    with pytest.raises(ModelFileError, match="no matching/ folder"):
        model.generate_best("a person walks forward")
    matching = make_model()
    model, sampling = replace(model, matching=matching), Sampling(temperature=2.0, min_tokens=8)
    samples = model.generate_samples("a person walks forward", 5, sampling=sampling)
    best = model.generate_best("a person walks forward", 5, sampling=sampling)
    scores = matching.score("a person walks forward", [sample.motion for sample in samples])
    assert len({sample.tokens for sample in samples}) == 5
    assert best.tokens == samples[int(scores.argmax())].tokens
    assert best.confidence == pytest.approx(
        model.confidence("A person walks forward", best.motion)
    )


def test_a_motion_is_described(folder: Path) -> None:
    model = MotionGPT.load(folder)
    motion = model.generate("a person walks forward", sampling=Sampling(min_tokens=8)).motion
    assert model.describe(motion)
    with pytest.raises(CommandError, match="2 frames are given"):
        model.describe(Motion(motion.positions[:2]))


def test_a_text_that_is_not_understood_is_refused(folder: Path) -> None:
    with pytest.raises(CommandError, match="unknown words"):
        MotionGPT.load(folder).generate("marche en avant")


@pytest.mark.parametrize(
    "part",
    [
        "tokenizer/vqvae.json",
        "tokenizer/vqvae.safetensors",
        "base/model.safetensors",
        "base/config.json",
        "base/tokenizer.json",
        "base/words.json",
        "adapter/adapter_config.json",
        "adapter/adapter_model.safetensors",
    ],
)
@pytest.mark.parametrize("harm", ["missing", "truncated"])
def test_a_harmed_file_gives_one_clear_error(
    folder: Path, tmp_path: Path, part: str, harm: str
) -> None:
    copy = tmp_path / "model"
    shutil.copytree(folder, copy)
    path = copy / part
    if harm == "missing":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(ModelFileError) as caught:
        MotionGPT.load(copy)
    assert Path(part).parent.name in str(caught.value)


def test_an_unknown_model_lists_what_there_is() -> None:
    with pytest.raises(ModelFileError, match="no model 'nothing'; shipped models"):
        MotionGPT.load("nothing")


def test_a_device_that_is_not_there_is_refused(folder: Path) -> None:
    with pytest.raises(ModelFileError, match="device 'nonsense'"):
        MotionGPT.load(folder, device="nonsense")

import shutil
from pathlib import Path

import pytest

from motiongpt.cli import main
from motiongpt.motion.motion import Motion
from motiongpt.pipeline import MotionGPT
from tests.matching.conftest import save_encoder

TINY = """--tokenizer.steps 2 --tokenizer.batch 2 --tokenizer.n-composed 0
    --tokenizer.model.n-codes 16 --tokenizer.model.code-dim 8 --tokenizer.model.width 8
    --tokenizer.no-bf16 --lm.size.width 16 --lm.size.layers 1 --lm.size.heads 2
    --lm.size.feed-forward 16
    --lm.base-stage.steps 2 --lm.base-stage.batch 2 --lm.base-stage.no-bf16 --lm.n-composed 0
    --lm.lora-stage.steps 2 --lm.lora-stage.batch 2 --lm.lora-stage.no-bf16
    --matching.network.n-pieces 300 --matching.network.width 16 --matching.network.heads 2
    --matching.network.text-layers 1 --matching.network.motion-layers 1 --matching.steps 2
    --matching.batch 2 --matching.n-extra 0 --matching.n-composed 0 --matching.no-bf16
    --meaning.size.width 16 --meaning.size.dim 8 --meaning.n-changed 4 --meaning.n-random 4
    --meaning.steps 2 --meaning.batch 4""".split()


@pytest.fixture(scope="module")
def trained(two_clips: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "model"
    data = folder.with_name("data")
    shutil.copytree(two_clips, data)
    shutil.copy(data / "train.txt", data / "val.txt")
    for path in (data / "texts").iterdir():  # what even an untrained model does well enough
        path.write_text(path.read_text() + "a person moves a hand#a/DET#0.0#0.0\n")
    source = ["--data", str(data), "--prepared", str(data / "prepared")]
    save_encoder(folder.with_name("teacher"))
    taught = ["--teacher", str(folder.with_name("teacher"))]
    assert main(["train", "all", *source, *taught, "--output", str(folder), *TINY]) == 0
    return folder


def test_a_whole_model_is_trained_with_one_command(trained: Path) -> None:
    model = MotionGPT.load(trained)
    result = model.generate("walk", duration=2.0)
    assert isinstance(result.motion, Motion)
    assert len(result.tokens) == 10
    assert 0 <= model.confidence("walk", result.motion) <= 1
    assert model.meaning is not None and "walks" in model.meaning.words


def test_checkpoints_stay_out_of_the_model(trained: Path) -> None:
    assert {path.name for path in trained.iterdir()} == {
        "tokenizer",
        "base",
        "adapter",
        "matching",
    }
    assert (trained.with_name("model-work") / "lora").is_dir()

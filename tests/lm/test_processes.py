"""LoRA on two processes, started by accelerate as users start it."""

import os
import subprocess
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file

from motiongpt.lm.base import LoraSize, add_lora, make_base
from motiongpt.lm.batches import SequenceMaker
from motiongpt.lm.corpus import Example, Variant
from motiongpt.lm.train import Optimization, train_stage
from motiongpt.lm.vocabulary import train_vocabulary
from motiongpt.model_folder import ModelFolder
from motiongpt.motion.dataset import Caption
from motiongpt.train import save_adapter
from tests.lm.conftest import CAPTIONS, TINY


def train_in(folder: Path) -> None:
    """Train 10 steps; each process of `accelerate launch` runs this."""
    vocabulary = train_vocabulary(CAPTIONS, n_codes=16, n_pieces=300)
    examples = [
        Example((Caption("walk forward"),), (Variant((1, 2, 3, 4, 5, 6)),)),
        Example((Caption("he bows"),), (Variant((9, 8, 7, 9, 8, 7, 9)),)),
    ]
    maker = SequenceMaker(examples, [], vocabulary, corrupted_share=0.0)
    adapted = add_lora(make_base(vocabulary, TINY), LoraSize(r=4, dropout=0.0))
    for module in adapted.modules():
        if hasattr(module, "attention_dropout"):
            module.attention_dropout = 0.0
    options = Optimization(10, batch=8, warmup=2, bf16=False, checkpoint_every=5)
    weights = train_stage(adapted, maker, maker, "lora", folder / "work", options)
    if weights:
        save_adapter(adapted, ModelFolder(folder), weights)


def test_two_processes_learn_the_same_adapter_as_one(tmp_path: Path) -> None:
    launch = [sys.executable, "-m", "accelerate.commands.launch", "--cpu", "--num_processes", "2"]
    launch += ["--num_machines", "1", "--mixed_precision", "no", "--dynamo_backend", "no"]
    launch += ["--main_process_port", "0", "-m", "tests.lm.test_processes", str(tmp_path / "two")]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "MASTER_ADDR": "127.0.0.1"}
    done = subprocess.run(
        launch, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    train_in(tmp_path / "one")
    one, two = (
        load_file(tmp_path / run / "adapter" / "adapter_model.safetensors")
        for run in ("one", "two")
    )
    assert one.keys() == two.keys()
    for name, tensor in one.items():
        assert torch.allclose(tensor, two[name], atol=1e-4), name


if __name__ == "__main__":
    train_in(Path(sys.argv[1]))

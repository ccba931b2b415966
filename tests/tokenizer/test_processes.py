"""Training on two processes, started by accelerate as users start it."""

import os
import subprocess
import sys
from pathlib import Path

import torch

from motiongpt.tokenizer.motion_tokenizer import MotionTokenizer
from motiongpt.tokenizer.train import train_tokenizer
from tests.tokenizer.test_train import _options, _prepared


def train_in(folder: str, run: str) -> None:
    """Train 20 steps; each process of `accelerate launch` runs this."""
    prepared = Path(folder) / f"{run}{os.environ.get('LOCAL_RANK', '')}"
    data = _prepared(prepared)
    train_tokenizer(data, prepared, Path(folder) / "runs" / run, _options(20))


def test_two_processes_learn_the_same_codebook_as_one(tmp_path: Path) -> None:
    launch = [sys.executable, "-m", "accelerate.commands.launch", "--cpu", "--num_processes", "2"]
    launch += ["--num_machines", "1", "--mixed_precision", "no", "--dynamo_backend", "no"]
    launch += ["--main_process_port", "0", "-m", "tests.tokenizer.test_processes", str(tmp_path)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "MASTER_ADDR": "127.0.0.1"}
    done = subprocess.run(
        launch, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    train_in(str(tmp_path), "one")
    one, two = (MotionTokenizer.load(tmp_path / "runs" / run).model for run in ("one", "two"))
    for (name, a), b in zip(one.state_dict().items(), two.state_dict().values(), strict=True):
        assert torch.allclose(a, b, atol=2e-3), name


if __name__ == "__main__":
    train_in(sys.argv[1], "two")

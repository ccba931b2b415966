"""Training on two processes, as torchrun starts them."""

import json
import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from accelerate import PartialState

from motiongpt.tokenizer.motion_tokenizer import MotionTokenizer
from motiongpt.tokenizer.train import TokenizerTraining, train_tokenizer
from tests.tokenizer.test_train import _options, _prepared
from tests.two_processes import run_in_two

SMALL = _options(20)
QUANTIZERS = {
    "ema": SMALL,
    "fsq": replace(SMALL, model=replace(SMALL.model, quantizer="fsq", levels=(4, 4, 4))),
}


def train_in(folder: Path, options: TokenizerTraining) -> None:
    """Train 20 steps; each process runs this."""
    prepared = folder / f"data{os.environ.get('LOCAL_RANK', '')}"
    train_tokenizer(_prepared(prepared), prepared, folder / "run", options)


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return run_in_two("tests.tokenizer.test_processes", tmp_path_factory.mktemp("two"))


def test_two_processes_learn_what_one_learns(two: Path, tmp_path: Path) -> None:
    train_in(tmp_path, QUANTIZERS["fsq"])
    models = [MotionTokenizer.load(folder / "run").model for folder in (tmp_path, two / "fsq")]
    found = models[1].state_dict()
    for name, expected in models[0].state_dict().items():
        # Written in float16, which may be rounded either way.
        assert torch.allclose(expected, found[name], rtol=1e-3, atol=1e-6), name


def test_a_codebook_begun_with_other_latents_fits_as_well(two: Path, tmp_path: Path) -> None:
    """It begins with latents of the first process alone."""
    train_in(tmp_path, QUANTIZERS["ema"])
    logs = [(folder / "run" / "tokenizer.jsonl") for folder in (tmp_path, two / "ema")]
    one, both = (json.loads(log.read_text().splitlines()[-1]) for log in logs)
    assert both["step"] == one["step"] == 20
    assert both["mpjpe"] == pytest.approx(one["mpjpe"], rel=0.02)


if __name__ == "__main__":
    assert PartialState(cpu=True).num_processes == 2
    for kind, chosen in QUANTIZERS.items():
        train_in(Path(sys.argv[1]) / kind, chosen)

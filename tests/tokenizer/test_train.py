import json
from pathlib import Path

import numpy as np
import pytest
import torch

from motiongpt.motion.prepare import Preparation
from motiongpt.motion.statistics import Statistics
from motiongpt.tokenizer.config import VQVAEConfig
from motiongpt.tokenizer.train import (
    TokenizerTraining,
    Windows,
    reconstruction_loss,
    train_tokenizer,
)

SMALL = VQVAEConfig(n_codes=64, code_dim=16, width=24)


def _prepared(folder: Path) -> Preparation:
    rng = np.random.default_rng(0)
    (folder / "features").mkdir(parents=True)
    t = np.arange(80)[:, None] / 10
    for name in ("a", "Ma", "b", "Mb"):
        clip = np.sin(t + rng.uniform(0, 6, 263)).astype(np.float32)
        np.save(folder / "features" / f"{name}.npy", clip)
    statistics = Statistics(np.zeros(263), np.ones(263))
    return Preparation({"train": ("a", "b"), "val": ("a",)}, {}, statistics)


def _options(steps: int) -> TokenizerTraining:
    return TokenizerTraining(
        model=SMALL,
        learning_rate=2e-3,
        steps=steps,
        batch=8,
        window=32,
        warmup=5,
        checkpoint_every=10,
        bf16=False,
    )


def test_training_learns_to_rebuild_the_clips(tmp_path: Path) -> None:
    data = _prepared(tmp_path)
    train_tokenizer(data, tmp_path, tmp_path / "run", _options(150))
    log = [json.loads(line) for line in (tmp_path / "run" / "log.jsonl").open()]
    assert log[-1]["step"] == 150
    assert log[-1]["loss"] < 0.5 * log[0]["loss"]


def test_a_killed_run_goes_on_to_the_same_weights(tmp_path: Path) -> None:
    data = _prepared(tmp_path)
    whole = train_tokenizer(data, tmp_path, tmp_path / "whole", _options(20))

    def kill(record: dict[str, float]) -> None:
        raise KeyboardInterrupt(record["step"])

    with pytest.raises(KeyboardInterrupt, match="10"):
        train_tokenizer(data, tmp_path, tmp_path / "killed", _options(20), kill)
    again = train_tokenizer(data, tmp_path, tmp_path / "killed", _options(20))
    for one, other in zip(
        whole.model.state_dict().values(), again.model.state_dict().values(), strict=True
    ):
        assert torch.equal(one, other)


def test_padding_does_not_count_in_the_loss() -> None:
    prediction, target = torch.zeros(1, 4, 263), torch.zeros(1, 4, 263)
    target[0, 2:] = 100
    real = torch.tensor([True, True, False, False])[None, :, None]
    assert reconstruction_loss(prediction, target, real, 0.5) == 0


def test_windows_of_short_clips_repeat_their_last_frame() -> None:
    clip = np.arange(10)[:, None] * np.ones(263)
    frames, real = Windows([clip], 16).draw(3, np.random.default_rng(0))
    assert frames.shape == (3, 16, 263)
    assert real[0, :, 0].tolist() == [True] * 10 + [False] * 6
    assert (frames[0, 10:] == 9).all()

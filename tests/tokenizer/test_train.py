import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from motiongpt.errors import ModelFileError, TokenizerError
from motiongpt.motion.prepare import Preparation
from motiongpt.motion.statistics import Statistics
from motiongpt.tokenizer.config import VQVAEConfig
from motiongpt.tokenizer.losses import PUBLISHED_LOSS
from motiongpt.tokenizer.train import TokenizerTraining, train_tokenizer

SMALL = VQVAEConfig(n_codes=64, code_dim=16, width=24)


def _prepared(folder: Path, width: int = 263) -> Preparation:
    rng = np.random.default_rng(0)
    (folder / "features").mkdir(parents=True)
    t = np.arange(80)[:, None] / 10
    for name in ("a", "Ma", "b", "Mb"):
        clip = np.sin(t + rng.uniform(0, 6, width)).astype(np.float32)
        np.save(folder / "features" / f"{name}.npy", clip)
    statistics = Statistics(np.zeros(width), np.ones(width))
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
        weights=PUBLISHED_LOSS,
        n_composed=0,
    )


def test_training_learns_to_rebuild_the_clips(tmp_path: Path) -> None:
    steps: list[int] = []
    train_tokenizer(
        _prepared(tmp_path),
        tmp_path,
        tmp_path / "run",
        _options(150),
        on_step=lambda done, _: steps.append(done),
    )
    log = [json.loads(line) for line in (tmp_path / "run" / "tokenizer.jsonl").open()]
    assert log[-1]["step"] == 150
    assert log[-1]["loss"] < 0.6 * log[0]["loss"]
    assert 0 < log[-1]["perplexity"] <= 64
    assert steps == list(range(1, 151))
    assert list((tmp_path / "run" / "tensorboard").glob("events*"))


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


def test_a_checkpoint_of_another_architecture_is_refused(tmp_path: Path) -> None:
    data = _prepared(tmp_path)
    train_tokenizer(data, tmp_path, tmp_path / "run", _options(10))
    other = replace(_options(20), model=replace(SMALL, width=32))
    with pytest.raises(ModelFileError, match="checkpoint.pt: no checkpoint of this architecture"):
        train_tokenizer(data, tmp_path, tmp_path / "run", other)


def test_without_improvement_training_stops_and_the_best_weights_are_kept(tmp_path: Path) -> None:
    data = _prepared(tmp_path)
    # A rate this high makes things worse after a while.
    wild = replace(_options(400), learning_rate=0.3, patience=2)
    records: list[dict[str, float]] = []
    train_tokenizer(data, tmp_path, tmp_path / "run", wild, records.append)
    errors = [record["mpjpe"] for record in records]
    assert len(records) < 40
    assert errors.index(min(errors)) == len(errors) - 3


def test_kit_ml_features_train_as_well(tmp_path: Path) -> None:
    data = _prepared(tmp_path, 251)
    trained = train_tokenizer(data, tmp_path, tmp_path / "run", _options(10))
    assert trained.fps == 12.5
    assert trained.decode((1, 2)).positions.shape == (8, 22, 3)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"window": 30}, "window is 30; allowed: a multiple of 4"),
        ({"steps": 0}, "steps is 0"),
        ({"time_warp": 1.0}, "time_warp is 1.0"),
    ],
)
def test_options_that_make_no_sense_are_refused(change: dict, message: str) -> None:
    with pytest.raises(TokenizerError, match=message):
        replace(_options(10), **change)

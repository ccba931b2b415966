import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from motiongpt.errors import EvaluationError, ModelFileError
from motiongpt.matching.pairs import load_pairs
from motiongpt.matching.train import contrast, train_matching
from motiongpt.matching.training_data import MatchingTraining
from motiongpt.matching.validation import calibrate, validate
from motiongpt.motion.prepare import Preparation
from tests.matching.conftest import TINY, make_model

OPTIONS = MatchingTraining(
    network=TINY,
    steps=4,
    batch=8,
    n_extra=2,
    learning_rate=5e-3,
    warmup=5,
    n_composed=0,
    bf16=False,
    checkpoint_every=2,
)


def test_training_finds_which_motion_belongs_to_which_text(
    dataset: tuple[Path, Preparation], tmp_path: Path
) -> None:
    folder, data = dataset
    options = replace(OPTIONS, steps=60, batch=16, checkpoint_every=30)
    model = train_matching(folder, folder, data, tmp_path / "run", options)
    log = [json.loads(line) for line in (tmp_path / "run" / "log.jsonl").open()]
    untrained = validate(make_model(), load_pairs(folder, folder, data, "val", 196))
    assert log[-1]["r1"] > 0.8 > untrained["r1"]
    assert log[-1]["r1"] <= log[-1]["r2"] <= log[-1]["r3"]
    assert log[-1]["sides"] > 0.8
    assert model.calibration.slope > 0
    assert model.calibration.chance(0.9) > 0.5 > model.calibration.chance(-0.5)
    assert (tmp_path / "run" / "matching.safetensors").is_file()


def test_a_killed_training_goes_on_to_the_same_weights(
    dataset: tuple[Path, Preparation], tmp_path: Path
) -> None:
    folder, data = dataset
    read = (folder, folder, data)
    whole = train_matching(*read, tmp_path / "whole", OPTIONS)

    def kill(record: dict[str, float]) -> None:
        raise KeyboardInterrupt(record["step"])

    with pytest.raises(KeyboardInterrupt, match="2"):
        train_matching(*read, tmp_path / "killed", OPTIONS, on_checkpoint=kill)
    steps: list[int] = []
    again = train_matching(
        *read, tmp_path / "killed", OPTIONS, on_step=lambda done, _: steps.append(done)
    )
    assert steps == [3, 4]
    states = whole.network.state_dict().values(), again.network.state_dict().values()
    assert all(torch.equal(one, other) for one, other in zip(*states, strict=True))


def test_a_checkpoint_of_another_architecture_is_refused(
    dataset: tuple[Path, Preparation], tmp_path: Path
) -> None:
    folder, data = dataset
    train_matching(folder, folder, data, tmp_path / "run", OPTIONS)
    other = replace(OPTIONS, network=replace(TINY, width=16))
    with pytest.raises(ModelFileError, match="no checkpoint of this architecture"):
        train_matching(folder, folder, data, tmp_path / "run", other)


def test_pairs_that_fit_though_they_are_none_do_not_count() -> None:
    vectors = torch.nn.functional.normalize(torch.randn(4, 8), dim=1)
    same = vectors.clone()
    same[1] = same[0]
    none = torch.zeros(4, 4, dtype=torch.bool)
    ignored = none.clone()
    ignored[0, 1] = ignored[1, 0] = True
    scale, extra = torch.tensor(10.0), torch.zeros(0, 8)
    strict = contrast(same, same, scale, none, extra)
    assert contrast(same, same, scale, ignored, extra) < strict


def test_extra_texts_push_motions_away() -> None:
    vectors = torch.nn.functional.normalize(torch.randn(4, 8), dim=1)
    none = torch.zeros(4, 4, dtype=torch.bool)
    scale = torch.tensor(10.0)
    alone = contrast(vectors, vectors, scale, none, torch.zeros(0, 8))
    assert contrast(vectors, vectors, scale, none, vectors[:1]) > alone


def test_confidence_is_fitted_to_own_and_other_captions(
    dataset: tuple[Path, Preparation],
) -> None:
    folder, data = dataset
    pairs = load_pairs(folder, folder, data, "val", 196)
    calibration = calibrate(make_model(), pairs)
    assert np.isfinite([calibration.slope, calibration.offset]).all()


@pytest.mark.parametrize("name", ["steps", "batch", "checkpoint_every"])
def test_options_that_make_no_sense_are_refused(name: str) -> None:
    with pytest.raises(EvaluationError, match=f"{name} is 0; allowed: 1 or more"):
        replace(OPTIONS, **{name: 0})


def test_one_clip_is_too_few_to_validate(
    dataset: tuple[Path, Preparation], tmp_path: Path
) -> None:
    folder, data = dataset
    few = replace(data, ready={**data.ready, "val": data.ready["val"][:1]})
    with pytest.raises(EvaluationError, match="'val' has 1 usable clips; allowed: 2 or more"):
        train_matching(folder, folder, few, tmp_path / "run", OPTIONS)

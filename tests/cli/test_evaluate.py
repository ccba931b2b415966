import json
from pathlib import Path

import numpy as np
import pytest

from motiongpt.cli import main
from tests.evaluate.conftest import TEXTS, model_folder  # noqa: F401 - a fixture
from tests.motion.clips import circling_clip


@pytest.fixture
def data(tmp_path: Path) -> list[str]:
    """Arguments that name a dataset of four clips and where its features go."""
    folder = tmp_path / "data"
    for name in ("joints", "texts"):
        (folder / name).mkdir(parents=True)
    ids = ("000021", "b", "c", "d")
    for seed, clip_id in enumerate(ids):
        np.save(folder / "joints" / f"{clip_id}.npy", circling_clip(80, seed=seed))
        text = f"{TEXTS[seed]}#a/OTHER#0.0#0.0\n"
        (folder / "texts" / f"{clip_id}.txt").write_text(text)
    for split in ("train", "val"):
        (folder / f"{split}.txt").write_text("\n".join(ids))
    where = ["--data", str(folder), "--prepared", str(tmp_path / "prepared")]
    return [*where, "--workers", "1"]


def test_a_model_is_evaluated_from_the_command_line(
    data: list[str],
    model_folder: Path,  # noqa: F811
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    output = tmp_path / "evaluation"
    small = ["--quick", "--no-plots", "--repeats", "1", "--output", str(output)]
    assert main(["evaluate", *data, "--model", str(model_folder), *small]) == 0
    printed = capsys.readouterr().out
    assert "Text and distribution" in printed and "Pose control" in printed
    content = json.loads((output / "evaluation.json").read_text())
    assert content["settings"]["evaluator"] == "matching model"
    assert content["settings"]["clips"] == 4
    assert (output / "evaluation.md").is_file()


def test_an_evaluator_is_trained_and_used(
    data: list[str],
    model_folder: Path,  # noqa: F811
    tmp_path: Path,
) -> None:
    trained = tmp_path / "matching"
    size = ["--training.network.width", "16", "--training.network.heads", "2"]
    steps = ["--training.steps", "2", "--training.batch", "4", "--training.n-composed", "2"]
    assert main(["train", "evaluator", *data, *size, *steps, "--output", str(trained)]) == 0
    assert {path.name for path in trained.iterdir()} >= {
        "matching.json",
        "matching.safetensors",
        "pieces.json",
        "log.jsonl",
    }
    small = ["--quick", "--no-plots", "--repeats", "1", "--output", str(tmp_path / "out")]
    arguments = ["--model", str(model_folder), "--evaluator", str(trained)]
    assert main(["evaluate", *data, *arguments, *small]) == 0


def test_a_part_of_the_published_evaluator_alone_is_refused(
    data: list[str],
    model_folder: Path,  # noqa: F811
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    arguments = ["evaluate", *data, "--model", str(model_folder), "--glove", str(tmp_path)]
    assert main(arguments) == 1
    assert "--guo, --glove and --guo-meta go together" in capsys.readouterr().err


def test_a_missing_matching_model_is_named(
    data: list[str],
    model_folder: Path,  # noqa: F811
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    arguments = ["--model", str(model_folder), "--evaluator", str(tmp_path / "none")]
    assert main(["evaluate", *data, *arguments]) == 1
    assert "matching.json: missing or no matching model" in capsys.readouterr().err

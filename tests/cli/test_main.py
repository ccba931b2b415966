from pathlib import Path

import numpy as np
import pytest
import torch

from motiongpt.cli import main
from motiongpt.tokenizer.config import VQVAEConfig
from motiongpt.tokenizer.vqvae import VQVAE
from tests.motion.clips import circling_clip


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["--help"])
    printed = capsys.readouterr().out
    assert all(
        name in printed for name in ("import", "prepare", "train", "import-checkpoint", "check")
    )


def test_an_error_is_one_line_and_the_exit_status_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["prepare", str(tmp_path / "nothing")]) == 1
    printed = capsys.readouterr().err
    assert "error: " in printed and "nothing" in printed and "Traceback" not in printed


def test_check_prints_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--seeds", "1"]) == 0
    printed = capsys.readouterr().out
    assert "wave both hands" in printed and "/12" in printed


def test_check_fails_when_too_little_is_right() -> None:
    assert main(["check", "--least", "13"]) == 1


def _published(folder: Path) -> Path:
    """A small checkpoint with the published names, and the statistics beside it."""
    torch.manual_seed(0)
    model = VQVAE(VQVAEConfig(n_codes=16, code_dim=8, width=8))
    tensors = {f"vqvae.{name}": tensor for name, tensor in model.state_dict().items()}
    torch.save({"net": tensors}, folder / "t2m.pth")
    np.save(folder / "mean.npy", np.zeros(263))
    np.save(folder / "std.npy", np.ones(263))
    return folder / "t2m.pth"


def _dataset(folder: Path) -> Path:
    (folder / "joints").mkdir(parents=True)
    (folder / "train.txt").write_text("000021\nshort\n")
    (folder / "val.txt").write_text("b\n")
    for seed, (name, n) in enumerate((("000021", 80), ("b", 80), ("short", 5))):
        clip = circling_clip(n, seed=seed)
        clip[1] = clip[0]
        np.save(folder / "joints" / f"{name}.npy", clip)
    return folder


def test_a_published_checkpoint_is_imported_and_evaluated(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    checkpoint, output = _published(tmp_path), str(tmp_path / "ours")
    arguments = ["import-checkpoint", str(checkpoint), "--output", output]
    assert main([*arguments, "--statistics", str(tmp_path)]) == 0
    assert "16 codes of 8, width 8, 263 features (humanml3d)" in capsys.readouterr().out
    assert main([*arguments, "--statistics", str(tmp_path / "none")]) == 1
    assert "Mean.npy: no readable" in capsys.readouterr().err
    where = ["--data", str(_dataset(tmp_path / "data")), "--prepared", str(tmp_path / "prepared")]
    assert main(["evaluate-tokenizer", *where, "--workers", "1", "--model", output]) == 0
    printed = capsys.readouterr()
    assert "mpjpe " in printed.out and "skate_ratio " in printed.out
    assert "rejected short: 5 frames; at least 16 needed" in printed.err


def test_the_quantizers_are_compared_in_a_table(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ["--data", str(_dataset(tmp_path / "data")), "--prepared", str(tmp_path / "prepared")]
    size = ["--width", "8", "--steps", "3", "--batch", "4", "--output", str(tmp_path / "out")]
    assert main(["compare-quantizers", *where, "--workers", "1", *size]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2 + 4
    assert [line.split("|")[-2].strip() for line in lines[2:]] == ["5", "5", "5", "15"]

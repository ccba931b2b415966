import json
from pathlib import Path

import numpy as np
import pytest

from motiongpt.cli import main
from tests.retarget.figures import gesture


def test_a_motion_file_becomes_files_and_a_report(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    np.save(tmp_path / "raise.npy", gesture(20).to_y_up())
    files = [str(tmp_path / f"out.{kind}") for kind in ("csv", "npz", "bvh")]
    options = ["--output", *files, "--report", str(tmp_path / "report")]
    assert main(["retarget", "--file", str(tmp_path / "raise.npy"), *options]) == 0
    printed = capsys.readouterr().out
    assert "0 limit violations" in printed and "waist_yaw_joint" in printed
    assert np.loadtxt(files[0], delimiter=",").shape[1] == 36
    assert json.loads((tmp_path / "report.json").read_text())["robot"] == "unitree_g1"
    assert (tmp_path / "report.txt").read_text().strip() in printed
    assert (tmp_path / "report.png").stat().st_size > 10_000
    # What was written is read again.
    assert main(["retarget", "--file", files[2]]) == 0


def test_files_of_other_kinds_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    np.save(tmp_path / "raise.npy", gesture(20).to_y_up())
    source = ["retarget", "--file", str(tmp_path / "raise.npy")]
    assert main([*source, "--output", str(tmp_path / "a.pkl")]) == 1
    assert "a.pkl: allowed are .csv, .npz, .bvh" in capsys.readouterr().err
    assert main([*source, "--report", str(tmp_path / "no" / "report")]) == 1
    assert "cannot be written" in capsys.readouterr().err

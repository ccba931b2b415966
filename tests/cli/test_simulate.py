from pathlib import Path

import numpy as np
import pytest

from motiongpt.cli import main
from tests.retarget.figures import gesture


def test_a_motion_file_is_played(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    np.save(tmp_path / "raise.npy", gesture(20).to_y_up())
    assert main(["simulate", "--file", str(tmp_path / "raise.npy")]) == 0
    printed = capsys.readouterr().out
    assert "unitree_g1 stands" in printed and "peak torque" in printed
    weak = ["--stiffness", "20"]
    assert main(["simulate", "--file", str(tmp_path / "raise.npy"), *weak]) == 1
    assert "unitree_g1 falls after" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "give one of a text, --file and --clip"),
        (["--clip", "a"], "--clip needs the dataset in --data"),
        (["--all-gestures"], "--all-gestures needs the dataset in --data"),
    ],
)
def test_a_missing_source_is_an_error(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["simulate", *arguments]) == 1
    assert message in capsys.readouterr().err

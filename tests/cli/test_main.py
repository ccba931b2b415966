from pathlib import Path

import pytest

from motiongpt.cli import main


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["--help"])
    printed = capsys.readouterr().out
    assert all(name in printed for name in ("prepare", "train", "check"))


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

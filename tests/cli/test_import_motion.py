from pathlib import Path

import pytest
import tyro

from motiongpt.cli.import_motion import Import
from tests.motion.sources.skeletons import write_source


def test_the_command_imports_and_says_why_a_file_is_rejected(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_source(tmp_path, "lafan1", "raw/walk.bvh")
    (tmp_path / "raw" / "[red]x.bvh").write_text("no motion")
    command = tyro.cli(
        Import,
        args=[str(tmp_path / "raw"), "--output", str(tmp_path / "data"), "--workers", "1"],
    )
    assert command.run() == 0
    printed = capsys.readouterr()
    assert "1 clips written" in printed.out
    assert "1 rejected" in printed.out
    assert "1 clips have no caption, such as walk: give --captions" in printed.out
    (line,) = [line for line in printed.err.splitlines() if line.startswith("rejected")]
    assert "[red]x.bvh: starts with 'no motion'; a BVH file starts with 'HIERARCHY'" in line


def test_a_command_that_imports_nothing_fails(tmp_path: Path) -> None:
    (tmp_path / "a.bvh").write_text("no motion")
    assert Import((tmp_path,), output=tmp_path / "data", workers=0).run() == 1


def test_an_option_that_cannot_be_used_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SystemExit):
        tyro.cli(Import, args=[str(tmp_path), "--workers", "many"])

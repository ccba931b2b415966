from pathlib import Path

import cv2
import pytest

from motiongpt.cli import main
from motiongpt.cli.robots import Add, List, Show
from motiongpt.errors import RobotError
from motiongpt.retarget import load_robot
from tests.retarget.tiny_humanoid import humanoid_urdf


@pytest.fixture
def urdf(tmp_path: Path) -> Path:
    file = tmp_path / "tiny.urdf"
    file.write_text(humanoid_urdf(waist="z", feet=False))
    return file


def test_a_robot_is_proposed_drawn_tried_and_written(
    urdf: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "robots" / "mine.yaml"
    assert main(["robots", "add", str(urdf), "--output", str(output), "--name", "mine"]) == 0
    printed = capsys.readouterr().out
    assert "cannot be followed: the waist turns about 1 of 3 axes" in printed
    assert "look at this: the feet have no collision geometry" in printed
    assert "0 violations of limits" in printed
    assert f"motiongpt robots show {output} --try-it" in printed
    robot = load_robot(str(output))
    assert (robot.name, robot.n_joints) == ("mine", 27)
    assert robot.file.links == load_robot(str(urdf)).file.links
    if "no picture" not in printed:
        picture = cv2.imread(str(output.with_suffix(".png")))
        teal = (picture[..., 0] > picture[..., 2].astype(int) + 40).sum()
        orange = (picture[..., 2] > picture[..., 0].astype(int) + 40).sum()
        assert teal > 500 and orange > 500
    with pytest.raises(RobotError, match="mine.yaml is there; give --output, or --force"):
        Add(urdf, output=output).run()


def test_robots_are_listed_and_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert List().run() == 0
    assert "simple_humanoid    faces +x, /" in capsys.readouterr().out
    assert Show("icub").run() == 0
    assert "left_wrist      l_hand" in capsys.readouterr().out

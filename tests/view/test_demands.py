from pathlib import Path

import cv2
import numpy as np
import pytest

from motiongpt.errors import RenderError
from motiongpt.retarget.feasibility import Balance, Feasibility, JointDemand, Series
from motiongpt.view.demands import draw_feasibility

TIMES = np.linspace(0, 2, 50)
REPORT = Feasibility(
    robot="r",
    duration=2.0,
    handover=0.2,
    slowdown=1.1,
    violations=0,
    limb_errors={"arm": 0.1, "torso": 0.02},
    not_followed=(),
    skate=(0.0, 0.0),
    penetration=(0.0, 0.0),
    colliding=0.0,
    support_margin=0.01,
    lack=Balance(5.0, 0.02, 0.0, 0.0, 1.0),
    joints=(
        JointDemand("a", 0.1, 1.0, 0.5, 3.0, 0.2, 0.1),
        JointDemand("b", 0.1, 2.0, 0.9, 9.0, 0.7, 0.6),
    ),
    series=Series(
        TIMES, 0.5 + 0.4 * np.sin(TIMES), 0.2 + 0 * TIMES, 0.03 - 0.01 * TIMES, 5 * TIMES / 2
    ),
)


def test_the_picture_has_eight_charts_that_hold_something(tmp_path: Path) -> None:
    draw_feasibility(REPORT, tmp_path / "report.png")
    picture = cv2.imread(str(tmp_path / "report.png"))
    height, width = picture.shape[:2]
    for chart in range(8):
        row, column = divmod(chart, 4)
        tile = picture[row * height // 2 :, column * width // 4 :]
        inside = tile[50 : height // 2 - 60, 60 : width // 4 - 10].reshape(-1, 3)
        assert (np.ptp(inside, axis=1) > 60).any()  # something coloured


def test_a_picture_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RenderError, match="cannot write into"):
        draw_feasibility(REPORT, tmp_path / "file" / "report.png")

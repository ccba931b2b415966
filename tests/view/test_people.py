from pathlib import Path

import cv2
import numpy as np

from motiongpt.motion.motion import Motion
from motiongpt.motion.skeleton import MIRROR
from motiongpt.view.people import render_strips
from tests.retarget.figures import gesture
from tests.view.test_render import needs_opengl

ORANGE, TEAL = (41, 107, 224), (158, 133, 26)
"""Right and left limbs, blue, green, red."""


def _centre(picture: np.ndarray, colour: tuple[int, int, int]) -> float:
    near = np.abs(picture.astype(int) - colour).max(axis=-1) < 60
    assert near.sum() > 50
    return float(np.argwhere(near)[:, 0].mean())


@needs_opengl
def test_the_hand_that_is_raised_is_seen_raised(tmp_path: Path) -> None:
    motion = gesture()
    mirrored = Motion(motion.positions[:, MIRROR] * [1, -1, 1])
    render_strips(tmp_path / "s.png", [("right", motion), ("left", mirrored)], instants=5)
    sheet = cv2.imread(str(tmp_path / "s.png"))
    assert sheet.shape == (2 * (240 + 34), 5 * 240, 3)
    for row, up, down in ((0, ORANGE, TEAL), (1, TEAL, ORANGE)):
        tile = sheet[row * 274 + 34 : (row + 1) * 274 - 40, 480:720]
        assert _centre(tile, up) < _centre(tile, down)

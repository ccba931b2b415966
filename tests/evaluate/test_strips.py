from pathlib import Path

import cv2

from motiongpt.evaluate.strips import draw_strips
from motiongpt.pipeline import MotionGPT
from tests.view.test_render import needs_opengl


@needs_opengl
def test_each_sentence_is_a_row_of_people(model: MotionGPT, tmp_path: Path) -> None:
    sheet = cv2.imread(
        str(draw_strips(model, tmp_path, ("wave your right hand", "a person walks")))
    )
    assert sheet.shape == (2 * (240 + 34), 6 * 240, 3)

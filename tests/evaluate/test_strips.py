from pathlib import Path

import cv2
import pytest

from motiongpt.errors import EvaluationError
from motiongpt.evaluate.strips import draw_strips
from motiongpt.pipeline import MotionGPT
from tests.view.test_render import needs_opengl


@needs_opengl
def test_each_sentence_is_a_row_of_people(model: MotionGPT, tmp_path: Path) -> None:
    sheet = cv2.imread(
        str(draw_strips(model, tmp_path, ("wave your right hand", "a person walks")))
    )
    assert sheet.shape == (2 * (240 + 34), 6 * 240, 3)


def test_a_model_that_refuses_every_sentence_has_no_strips(
    model: MotionGPT, tmp_path: Path
) -> None:
    with pytest.raises(EvaluationError, match="refuses all 1 sentences"):
        draw_strips(model, tmp_path, ("marche en avant",))

import numpy as np
import pytest

from motiongpt.errors import MotionError
from motiongpt.motion.motion import Motion


@pytest.mark.parametrize(
    ("positions", "message"),
    [
        (np.zeros((0, 22, 3)), "has no frame; at least one is needed"),
        (np.zeros((4, 21, 3)), "shape \\(4, 21, 3\\); allowed: \\(T, 22, 3\\)"),
        (np.full((4, 22, 3), np.nan), "not finite: frame 0, joint 0"),
    ],
)
def test_an_empty_or_incomplete_motion_is_refused_with_the_reason(
    positions: np.ndarray, message: str
) -> None:
    with pytest.raises(MotionError, match=message):
        Motion(positions)

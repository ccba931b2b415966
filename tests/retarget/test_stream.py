import numpy as np
import pytest

from motiongpt.errors import RetargetError
from motiongpt.retarget import RetargetStream, Robot, retarget
from tests.retarget.figures import gesture


def _streamed(robot: Robot, positions: np.ndarray, size: int) -> np.ndarray:
    stream = RetargetStream(robot)
    parts = [stream.push(positions[k : k + size]).q for k in range(0, len(positions), size)]
    return np.concatenate([*parts, stream.finish().q])


@pytest.mark.parametrize("size", [6, 25])
def test_seams_are_as_smooth_as_the_middle(robot: Robot, size: int) -> None:
    motion = gesture(90)
    whole, q = retarget(motion, robot).q, _streamed(robot, motion.positions, size)
    assert q.shape == whole.shape
    assert np.abs(q[:, 7:] - whole[:, 7:]).mean() < 0.05
    jump = np.abs(np.diff(q[:, 7:], axis=0)).max()
    assert jump < 1.3 * np.abs(np.diff(whole[:, 7:], axis=0)).max()
    assert np.abs(np.diff(q[:, :3], axis=0)).max() < 0.02


def test_frames_come_as_soon_as_the_look_ahead_allows(robot: Robot) -> None:
    stream = RetargetStream(robot)
    positions = gesture(30).positions
    assert len(stream.push(positions[: stream.look_ahead]).q) == 0
    assert len(stream.push(positions[stream.look_ahead :]).q) == 30 - stream.look_ahead
    assert len(stream.finish().q) == stream.look_ahead


def test_a_stream_without_frames_or_rate_is_refused(robot: Robot) -> None:
    with pytest.raises(RetargetError, match="got no frame"):
        RetargetStream(robot).finish()
    with pytest.raises(RetargetError, match="allowed: more than 0"):
        RetargetStream(robot, fps=-1)

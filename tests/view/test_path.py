import numpy as np
import pytest

from motiongpt.errors import RenderError
from motiongpt.view.path import HumanPath, RobotPath
from tests.retarget.figures import gesture


def _path(**changes: object) -> RobotPath:
    half = np.sqrt(0.5)
    fields: dict = {
        "joint_names": ("a",),
        "times": np.array([5.0, 6.0]),
        "positions": np.array([[0.0], [2.0]]),
        "base": np.array([[0, 0, 0, 0, 0, 0, 1.0], [4, 0, 0, 0, 0, -half, -half]]),
    }
    return RobotPath(**{**fields, **changes})


def test_a_path_is_interpolated_and_its_ends_are_held() -> None:
    positions, base = _path().sample(0.5)
    assert positions == 1.0 and base[0] == 2.0
    eighth = np.pi / 8
    assert np.allclose(np.abs(base[5:]), [np.sin(eighth), np.cos(eighth)])
    assert _path().sample(-1)[0] == 0.0 and _path().sample(9)[0] == 2.0


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"positions": np.zeros((2, 3))}, "positions has shape"),
        ({"times": np.array([1.0, 0.0])}, "times go back"),
        ({"base": np.full((2, 7), np.nan)}, "base has a value that is not finite"),
    ],
)
def test_a_wrong_path_is_refused(changes: dict, reason: str) -> None:
    with pytest.raises(RenderError, match=reason):
        _path(**changes)


def test_a_person_starts_later_and_moves_at_the_robots_pace() -> None:
    motion = gesture(40)
    human = HumanPath(motion, start=1.0, rate=0.5, offset=(0.0, 2.0, 0.0))
    moved = [0.0, 2.0, 0.0]
    assert np.allclose(human.sample(0.0), motion.positions[0] + moved)
    assert np.allclose(human.sample(2.0), motion.positions[10] + moved)
    assert np.allclose(human.sample(99.0), motion.positions[-1] + moved)

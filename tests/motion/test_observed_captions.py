import math
from dataclasses import replace

import numpy as np
import pytest

from motiongpt.motion.dataset import Caption
from motiongpt.motion.kinematics import Hand, Kinematics
from motiongpt.motion.observed_captions import LONG, observe, observed_captions
from motiongpt.motion.skeleton import HUMANML3D

DOWN = Hand(rise=-0.6, raised=0.0, swings=0)
UP = Hand(rise=0.3, raised=0.6, swings=1)
WAVING = Hand(rise=0.3, raised=0.8, swings=8)
STILL = Kinematics(0, 0, 0, 0, 0, 0, 0, 0, DOWN, DOWN)


@pytest.mark.parametrize(
    ("change", "command"),
    [
        ({"turn": math.radians(90), "forward": 2.0, "speed": 1.1}, "walk forward and turn left"),
        ({"turn": math.radians(-90)}, "turn right on the spot"),
        ({"turn": math.radians(-170)}, "turn around to the right on the spot"),
        ({"forward": 3.0, "speed": 1.1}, "walk forward"),
        ({"forward": 3.0, "speed": 0.5}, "walk forward slowly"),
        ({"forward": 6.0, "speed": 3.0}, "run forward"),
        ({"forward": 2.0, "speed": 1.0, "left": UP}, "walk forward and raise your left hand"),
        ({"forward": -1.5, "speed": 0.8}, "walk backward"),
        ({"sideways": -1.2}, "step sideways to the right"),
        ({"rise": 0.3}, "jump"),
        ({"drop": 0.5}, "crouch down"),
        ({"bend": math.radians(45)}, "bend forward"),
        ({"right": UP}, "raise your right hand"),
        ({"left": WAVING, "right": UP}, "wave with both hands"),
    ],
)
def test_what_is_clear_is_said(change: dict[str, float | Hand], command: str) -> None:
    seen = observe(replace(STILL, **change))  # type: ignore[arg-type]
    assert seen is not None
    assert seen[1] == command


@pytest.mark.parametrize(
    "change",
    [{}, {"turn": math.radians(45)}, {"forward": 0.9}, {"forward": 4.0, "speed": 1.9}],
)
def test_what_is_not_clear_is_not_said(change: dict[str, float]) -> None:
    assert observe(replace(STILL, **change)) is None


def _gliding(seconds: float) -> np.ndarray:
    """A body (T, 22, 3) that glides forward at 1 m/s, y up."""
    n = int(seconds * 20)
    offset = np.zeros((n, 1, 3))
    offset[:, 0, 2] = np.arange(n) / 20
    pose = np.zeros((22, 3))
    for joint, parent in enumerate(HUMANML3D.parents):
        if parent >= 0:
            pose[joint] = pose[parent] + 0.2 * HUMANML3D.rest_directions[joint]
    return pose + offset


def test_a_clip_is_described_in_parts_with_their_times() -> None:
    seen = observed_captions(_gliding(7.0), (Caption("a man looks around"),))
    assert [(c.text, c.start, c.end) for c in seen] == [
        ("walk forward", 0.0, 4.8),
        ("walk forward", 2.4, 7.0),
    ]


def test_what_captions_say_is_not_said_again_except_of_a_long_clip() -> None:
    said = (Caption("a man strolls"),)
    assert observed_captions(_gliding(7.0), said) == ()
    assert observed_captions(_gliding(LONG + 2), said)


def test_a_dance_is_left_alone() -> None:
    assert observed_captions(_gliding(7.0), (Caption("salsa dancing"),)) == ()

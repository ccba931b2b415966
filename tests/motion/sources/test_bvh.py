from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from motiongpt.motion.sources.bvh import BvhClip
from motiongpt.motion.sources.bvh_parser import read_bvh

ORDERS = ("XYZ", "XZY", "YXZ", "YZX", "ZXY", "ZYX")


def _chain(order: str, values: np.ndarray, offsets: np.ndarray) -> BvhClip:
    turn = tuple(("rotation", "XYZ".index(axis)) for axis in order)
    place = tuple(("position", axis) for axis in range(3))
    return BvhClip(
        names=("a", "b", "c", "c/end"),
        parents=(-1, 0, 1, 2),
        offsets=offsets,
        channels=((*place, *turn), turn, turn, ()),
        values=values,
        fps=30.0,
    )


def test_a_pose_computed_by_hand_comes_out(tmp_path: Path) -> None:
    path = tmp_path / "arm.bvh"
    path.write_text(
        "HIERARCHY\nROOT upper arm\n{\nOFFSET 9 9 9\n"
        "CHANNELS 6 Xposition Yposition Zposition Zrotation Xrotation Yrotation\n"
        "JOINT elbow\n{\nOFFSET 2 0 0\nCHANNELS 3 Zrotation Xrotation Yrotation\n"
        "End Site\n{\nOFFSET 1 0 0\n}\n}\n}\n"
        "MOTION\nFrames: 2\nFrame Time: 0.05\n1 2 3 90 0 0 0 0 -90\n1 2 3 0 0 0 0 0 0\n"
    )
    clip = read_bvh(path)
    assert clip.names == ("upper arm", "elbow", "elbow/end")
    # The root turns x to y, so the elbow is 2 above it; -90 about the then local y turns x to z.
    assert np.allclose(clip.points()[0], [[1, 2, 3], [1, 4, 3], [1, 4, 4]])
    assert np.allclose(clip.points()[1], [[1, 2, 3], [3, 2, 3], [4, 2, 3]])


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(ORDERS), st.integers(0, 2**32 - 1))
def test_every_rotation_order_equals_scipys(order: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    offsets = rng.normal(size=(4, 3))
    values = np.concatenate([rng.normal(size=(5, 3)), rng.uniform(-400, 400, (5, 9))], axis=1)
    points = _chain(order, values, offsets).points()
    for t, row in enumerate(values):
        turns = [
            Rotation.from_euler(order, row[3 + 3 * j : 6 + 3 * j], degrees=True) for j in range(3)
        ]
        place, turn = row[:3], Rotation.identity()
        assert np.allclose(points[t, 0], place)
        for joint in range(1, 4):
            turn = turn * turns[joint - 1]
            place = place + turn.apply(offsets[joint])
            assert np.allclose(points[t, joint], place, atol=1e-9)


def test_a_position_channel_takes_the_place_of_the_offset_on_its_axis_only() -> None:
    clip = BvhClip(
        names=("a", "b"),
        parents=(-1, 0),
        offsets=np.array([[0.0, 5.0, 0.0], [1.0, 2.0, 3.0]]),
        channels=((("rotation", 2),), (("position", 1),)),
        values=np.array([[0.0, 7.0], [180.0, 7.0]]),
        fps=30.0,
    )
    assert np.allclose(clip.points(), [[[0, 5, 0], [1, 12, 3]], [[0, 5, 0], [-1, -2, 3]]])

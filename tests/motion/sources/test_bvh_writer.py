from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motiongpt.errors import MotionError
from motiongpt.motion.motion import Motion
from motiongpt.motion.skeleton import JOINT_NAMES
from motiongpt.motion.sources import import_motion, write_bvh
from motiongpt.motion.sources.bvh_parser import read_bvh
from tests.retarget.figures import gesture, standing


def test_what_is_written_is_imported_as_it_was(tmp_path: Path) -> None:
    motion = gesture(30, heading=1.0)
    write_bvh(motion, tmp_path / "raise.bvh")
    back = import_motion(tmp_path / "raise.bvh")
    assert back.shape == motion.positions.shape
    assert np.abs(back - motion.to_y_up()).max() < 1e-5


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 1000))
def test_any_pose_comes_back_whatever_its_bones(seed: int) -> None:
    import tempfile

    rng = np.random.default_rng(seed)
    motion = Motion(standing(3) + rng.normal(0, 0.2, (3, 22, 3)), fps=30.0)
    with tempfile.TemporaryDirectory() as folder:
        write_bvh(motion, Path(folder) / "a.bvh")
        clip = read_bvh(Path(folder) / "a.bvh")
    points = dict(zip(clip.names, clip.points().transpose(1, 0, 2), strict=True))
    back = np.stack([points[name] for name in JOINT_NAMES], axis=1)
    assert np.abs(back - motion.to_y_up()).max() < 1e-4
    assert clip.fps == pytest.approx(30.0)


def test_a_bone_bends_without_stretching(tmp_path: Path) -> None:
    write_bvh(gesture(30), tmp_path / "raise.bvh")
    clip = read_bvh(tmp_path / "raise.bvh")
    first = 6 * [n for n in clip.names if "/" not in n].index("right_wrist")
    place = clip.values[:, first : first + 3]
    assert np.abs(place - clip.offsets[clip.names.index("right_wrist")]).max() < 1e-5


def test_a_file_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(MotionError, match="cannot be written"):
        write_bvh(gesture(3), tmp_path / "no" / "a.bvh")

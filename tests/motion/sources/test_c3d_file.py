import sys
import warnings
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from motiongpt.errors import MotionError
from motiongpt.motion.skeleton import JOINT_INDEX
from motiongpt.motion.sources.c3d_file import bridge_gaps, read_c3d
from motiongpt.motion.sources.motion_file import import_motion

MARKERS = {
    "LASI": (0.12, 0.1, 1.0),
    "LPSI": (0.05, -0.1, 1.02),
    "LKNE": (0.15, 0.0, 0.5),
    "LANK": (0.15, -0.02, 0.08),
    "LTOE": (0.13, 0.15, 0.04),
    "LSHO": (0.18, 0.0, 1.45),
    "LELB": (0.2, 0.0, 1.75),
    "LWRA": (0.18, 0.02, 2.0),
    "LWRB": (0.18, -0.02, 2.0),
    "LFHD": (0.07, 0.1, 1.7),
    "LBHD": (0.07, -0.1, 1.7),
    "C7": (0.0, -0.07, 1.5),
    "T10": (0.0, -0.1, 1.25),
    "CLAV": (0.0, 0.07, 1.42),
    "STRN": (0.0, 0.1, 1.25),
}
"""Markers in [m] of a person who faces +y with z up, left arm raised; x is to the right there."""


def _markers() -> dict[str, np.ndarray]:
    """All markers; the right arm hangs."""
    found = {}
    for name, place in MARKERS.items():
        found[name] = np.array(place) * ([-1, 1, 1] if name[0] == "L" else [1, 1, 1])
        if name[0] == "L":
            found["R" + name[1:]] = found[name] * [-1, 1, 1]
    for name, height in (("RELB", 1.15), ("RWRA", 0.9), ("RWRB", 0.9)):
        found[name][2] = height
    return found


def _write(path: Path, markers: dict[str, np.ndarray], n_frames: int = 80) -> Path:
    c3d = pytest.importorskip("c3d", reason="pip install c3d")
    writer = c3d.Writer(point_rate=100.0, point_scale=-1.0)
    places = 1000 * np.array(list(markers.values()))
    frames = []
    for t in range(n_frames):
        points = np.zeros((len(markers), 5), dtype=np.float32)
        points[:, :3] = places + [0, 5 * t, 0]
        frames.append((points, np.zeros((0, 1))))
    writer.add_frames(frames)
    writer.set_point_labels([f"Anna:{name}" for name in markers])
    with path.open("wb") as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that there is no analog data
        writer.write(file)
    return path


def test_plug_in_gait_markers_become_a_person_with_left_on_the_left(tmp_path: Path) -> None:
    positions = import_motion(_write(tmp_path / "a.c3d", _markers()))
    assert positions.shape == (16, 22, 3)
    joint = {name: positions[0, index] for name, index in JOINT_INDEX.items()}
    assert joint["left_wrist"][1] > joint["head"][1] > joint["right_wrist"][1]
    assert joint["left_wrist"][0] > 0 > joint["right_wrist"][0]
    assert joint["left_foot"][2] > joint["left_ankle"][2]
    assert joint["left_hip"][0] > 0.05
    assert np.allclose(positions[-1] - positions[0], [0, 0, 75 * 0.005], atol=1e-4)


def test_missing_markers_are_named(tmp_path: Path) -> None:
    markers = _markers()
    del markers["C7"]
    path = _write(tmp_path / "a.c3d", markers)
    with pytest.raises(MotionError, match=r"plug_in_gait \(missing: C7\)"):
        import_motion(path)


def test_truncated_and_other_files_are_refused(tmp_path: Path) -> None:
    whole = _write(tmp_path / "a.c3d", _markers()).read_bytes()
    path = tmp_path / "clip.c3d"
    for content in (b"", b"text" * 300, whole[:600], whole[: len(whole) // 2]):
        path.write_bytes(content)
        with pytest.raises(MotionError, match="no readable C3D|frames are declared"):
            read_c3d(path)
    with pytest.raises(MotionError, match="no readable C3D"):
        read_c3d(tmp_path / "none.c3d")


def test_without_the_package_the_error_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "c3d", None)
    with pytest.raises(MotionError, match="pip install c3d"):
        read_c3d(tmp_path / "a.c3d")


@pytest.mark.parametrize("rate", [0.0, np.nan, 1e6])
def test_an_absurd_frame_rate_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rate: float
) -> None:
    reader = SimpleNamespace(
        point_labels=["A:LASI "],
        first_frame=1,
        last_frame=1,
        point_rate=rate,
        get=lambda _: None,
        read_frames=lambda: [(1, np.zeros((1, 5)), None)],
    )
    monkeypatch.setitem(sys.modules, "c3d", SimpleNamespace(Reader=lambda _: reader))
    path = tmp_path / "a.c3d"
    path.touch()
    with pytest.raises(MotionError, match="a.c3d: .* frames a second; allowed: 1 to 2000"):
        read_c3d(path)
    reader.point_rate = 100.0
    assert read_c3d(path)[0] == ("A:LASI",)


def test_short_gaps_are_bridged_and_long_ones_refused() -> None:
    line = np.arange(50.0)[:, None, None] * np.ones((1, 22, 3))
    gap = line.copy()
    gap[10:20, 3] = np.nan
    assert np.allclose(bridge_gaps(Path("a.c3d"), gap, 100), line)
    with pytest.raises(MotionError, match="a.c3d: markers of joint 3 are missing for 0.50 s"):
        bridge_gaps(Path("a.c3d"), gap, 20)
    gap[:, 5] = np.nan
    with pytest.raises(MotionError, match="joint 5"):
        bridge_gaps(Path("a.c3d"), gap, 100)

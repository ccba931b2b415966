"""Long messages as bytes (CDR, little-endian), written by NumPy in one go.

Messages of thousands of points take rclpy a tenth of a second, in which Python does nothing else.
Layout: each value is aligned to its size, counted from the end of the four bytes of the head;
strings and sequences begin with their length in 4 bytes, strings end with a zero (OMG
DDS-XTypes 1.3, 7.4.1).
"""

import struct
from dataclasses import dataclass

import numpy as np

from motiongpt.retarget import RobotTrajectory

HEAD = bytes([0, 1, 0, 0])
"""CDR, little-endian, no options."""

_TIME = np.dtype([("sec", "<i4"), ("nanosec", "<u4")])


@dataclass(frozen=True)
class Written:
    """A message whose times count from its start, which is not known yet.

    Attributes:
        before: bytes between the head and stamp, and the records.
        records: one a point or pose.
        stamps: times in [ns] after the start that go into field `stamp` of the records; None if
            they have none.
        n_cut: bytes at the end that are none of the message.
    """

    before: bytes
    records: np.ndarray
    stamps: np.ndarray | None = None
    n_cut: int = 0

    def at(self, start: int) -> bytes:
        """The message with its start, in [ns]."""
        records = self.records
        if self.stamps is not None:
            records = records.copy()
            _set_time(records["stamp"], self.stamps + start)
        body = records.tobytes()
        stamp = struct.pack("<iI", *divmod(start, 10**9))
        return HEAD + stamp + self.before + body[: len(body) - self.n_cut]


def write_trajectory(trajectory: RobotTrajectory, joints: np.ndarray | None = None) -> Written:
    """Write a `trajectory_msgs/JointTrajectory`.

    Args:
        trajectory: what to write.
        joints: which joints are named, shape (n,); None names all.
    """
    named = np.ones(len(trajectory.joint_names), dtype=bool) if joints is None else joints
    names = [trajectory.joint_names[i] for i in np.flatnonzero(named)]
    n, n_points = len(names), len(trajectory.times)
    before = _string(b"", "")
    before = _aligned(before, 4) + struct.pack("<I", n)
    for name in names:
        before = _string(before, name)
    before = _aligned(before, 4) + struct.pack("<I", n_points)
    # A record begins after the count of its positions, so that all are aligned alike.
    before = _aligned(before + struct.pack("<I", n), 8)
    values = ("<f8", (n,))
    record = np.dtype(
        [
            ("positions", *values),
            ("n_velocities", "<u4"),
            ("gap", "<u4"),
            ("velocities", *values),
            ("n_accelerations", "<u4"),
            ("gap_2", "<u4"),
            ("accelerations", *values),
            ("n_efforts", "<u4"),
            ("time", _TIME),
            ("n_next", "<u4"),
        ]
    )
    records = np.zeros(n_points, record)
    records["positions"] = trajectory.positions[:, named]
    records["velocities"] = trajectory.velocities[:, named]
    records["accelerations"] = trajectory.accelerations[:, named]
    for count in ("n_velocities", "n_accelerations", "n_next"):
        records[count] = n
    _set_time(records["time"], _nanoseconds(trajectory.times))
    return Written(before, records, n_cut=4)


def write_path(times: np.ndarray, poses: np.ndarray, frame: str) -> Written:
    """Write a `nav_msgs/Path`.

    Args:
        times: shape (N,), in [s] after the start.
        poses: shape (N, 7), [x y z] in [m] and [qx qy qz qw].
        frame: of the path and its poses.
    """
    before = _aligned(_string(b"", frame), 4) + struct.pack("<I", len(times))
    # So that the first record is aligned like the others.
    assert len(before) % 8 == 0, f"the length of frame '{frame}' does not suit"
    name = _aligned(_string(b"", frame), 8)
    record = np.dtype([("stamp", _TIME), ("frame", f"V{len(name)}"), ("pose", "<f8", (7,))])
    records = np.zeros(len(times), record)
    records["frame"] = np.void(name)
    records["pose"] = poses
    return Written(before, records, _nanoseconds(times))


def _nanoseconds(times: np.ndarray) -> np.ndarray:
    return np.round(times * 1e9).astype(np.int64)


def _set_time(field: np.ndarray, nanoseconds: np.ndarray) -> None:
    field["sec"], field["nanosec"] = np.divmod(nanoseconds, 10**9)


def _aligned(before: bytes, size: int) -> bytes:
    """Bytes after the stamp (8 bytes), filled up so that a value of a size can follow."""
    return before + bytes(-len(before) % size)


def _string(before: bytes, text: str) -> bytes:
    said = text.encode() + b"\0"
    return _aligned(before, 4) + struct.pack("<I", len(said)) + said

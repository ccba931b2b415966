"""Recorded sessions: MCAP bags of messages as they came over the wire."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from motiongpt.errors import MotionGPTError

RECORDED = (
    "command",
    "keyframes",
    "joint_states",
    "joint_trajectory",
    "base_path",
    "cmd_vel",
    "status",
    "caption",
    "/diagnostics",
)
"""Topics of a session, relative to its namespace."""

LATCHED = ("status", "caption")
"""Those whose last message counts for whoever comes later."""

FORMAT_VERSION = 9


class BagError(MotionGPTError):
    """A session cannot be recorded or read."""


@dataclass(frozen=True)
class Recorded:
    """One message of a bag.

    Attributes:
        topic: full name under which it was heard.
        time: when, in [ns] of the recorder's clock.
        data: serialized message (CDR).
    """

    topic: str
    time: int
    data: bytes

    @property
    def name(self) -> str:
        """The topic without its namespace."""
        return self.topic.rsplit("/", 1)[-1]


class BagWriter:
    """A bag that is being written; `with` closes it, without which it cannot be read."""

    def __init__(self, folder: Path) -> None:
        """Begin a bag.

        Args:
            folder: the bag, a new folder.

        Raises:
            BagError: if rosbags is not installed, or the folder exists or cannot be made.
        """
        rosbags = _rosbags()
        try:
            self._writer = rosbags.Writer(
                folder, version=FORMAT_VERSION, storage_plugin=rosbags.StoragePlugin.MCAP
            )
            self._writer.open()
        except (rosbags.WriterError, OSError) as error:
            raise BagError(f"bag '{folder}' cannot be written: {error}") from error
        self._types = _typestore()
        self._connections: dict[str, Any] = {}

    def add_topic(self, topic: str, kind: str, latched: bool) -> None:
        """Announce a topic.

        Args:
            topic: full name.
            kind: of its messages, such as "std_msgs/msg/String".
            latched: whether the last message is kept for whoever comes later.
        """
        self._connections[topic] = self._writer.add_connection(
            topic, kind, typestore=self._types, offered_qos_profiles=[_qos(latched)]
        )

    def write(self, message: Recorded) -> None:
        """Add a message of an announced topic."""
        self._writer.write(self._connections[message.topic], message.time, message.data)

    def close(self) -> None:
        """End the bag."""
        self._writer.close()


def read_bag(folder: Path, names: Collection[str]) -> Iterator[Recorded]:
    """Read the messages of topics, in the order of time.

    Args:
        folder: the bag.
        names: topics without namespace.

    Raises:
        BagError: if rosbags is not installed or the bag cannot be read.
    """
    rosbags = _rosbags()
    try:
        with rosbags.Reader(folder) as reader:
            wanted = [c for c in reader.connections if c.topic.rsplit("/", 1)[-1] in names]
            if not wanted:  # rosbags takes an empty list for all
                return
            for connection, time, data in reader.messages(connections=wanted):
                yield Recorded(connection.topic, time, bytes(data))
    except (rosbags.ReaderError, OSError) as error:
        raise BagError(
            f"bag '{folder}' cannot be read: {error}; allowed: a folder that the recorder closed"
        ) from error


def _rosbags() -> Any:
    try:
        from rosbags import rosbag2
    except ImportError as error:
        raise BagError(
            "recording and replaying need rosbags, which is not installed: pip install rosbags"
        ) from error
    return rosbag2


def _typestore() -> Any:
    from rosbags.typesys import Stores, get_typestore

    return get_typestore(Stores.ROS2_JAZZY)


def _qos(latched: bool) -> Any:
    from rosbags.interfaces import (
        Qos,
        QosDurability,
        QosHistory,
        QosLiveliness,
        QosReliability,
        QosTime,
    )

    never = QosTime(9223372036, 854775807)
    return Qos(
        history=QosHistory.KEEP_LAST,
        depth=1 if latched else 10,
        reliability=QosReliability.RELIABLE,
        durability=QosDurability.TRANSIENT_LOCAL if latched else QosDurability.VOLATILE,
        deadline=never,
        lifespan=never,
        liveliness=QosLiveliness.AUTOMATIC,
        liveliness_lease_duration=never,
        avoid_ros_namespace_conventions=False,
    )

"""A client on another DDS implementation, in a process of its own: no code of ROS in it.

python tests/ros/cyclone.py DOMAIN NAMESPACE TEXT prints what came as JSON.
"""

import json
import sys
import time
from dataclasses import dataclass

from cyclonedds.core import Policy, Qos
from cyclonedds.domain import DomainParticipant
from cyclonedds.idl import IdlStruct
from cyclonedds.idl.types import int32, sequence, uint32
from cyclonedds.pub import DataWriter
from cyclonedds.sub import DataReader
from cyclonedds.topic import Topic
from cyclonedds.util import duration

PATIENCE = 60.0
"""Longest wait in [s]."""


AGAIN = 5.0
"""The command is given again after so long without an answer, in [s]."""


@dataclass
class String(IdlStruct, typename="std_msgs::msg::dds_::String_"):
    """A text."""

    data: str


@dataclass
class Time(IdlStruct, typename="builtin_interfaces::msg::dds_::Time_"):
    """A point in time."""

    sec: int32
    nanosec: uint32


@dataclass
class Duration(IdlStruct, typename="builtin_interfaces::msg::dds_::Duration_"):
    """A time span."""

    sec: int32
    nanosec: uint32


@dataclass
class Header(IdlStruct, typename="std_msgs::msg::dds_::Header_"):
    """When and where."""

    stamp: Time
    frame_id: str


@dataclass
class Point(IdlStruct, typename="trajectory_msgs::msg::dds_::JointTrajectoryPoint_"):
    """All joints at a time."""

    positions: sequence[float]
    velocities: sequence[float]
    accelerations: sequence[float]
    effort: sequence[float]
    time_from_start: Duration


@dataclass
class Trajectory(IdlStruct, typename="trajectory_msgs::msg::dds_::JointTrajectory_"):
    """Joints over time."""

    header: Header
    joint_names: sequence[str]
    points: sequence[Point]


def main() -> None:
    """Send a command and print the trajectory that comes."""
    domain, namespace, text = int(sys.argv[1]), sys.argv[2], sys.argv[3]
    reliable = Qos(Policy.Reliability.Reliable(duration(seconds=1)), Policy.History.KeepLast(10))
    participant = DomainParticipant(domain)
    command = DataWriter(
        participant, Topic(participant, f"rt/{namespace}/command", String), qos=reliable
    )
    reader = DataReader(
        participant,
        Topic(participant, f"rt/{namespace}/joint_trajectory", Trajectory),
        qos=reliable,
    )
    end = time.monotonic() + PATIENCE
    while not (command.get_matched_subscriptions() and reader.get_matched_publications()):
        if time.monotonic() > end:
            sys.exit("no node was found")
        time.sleep(0.05)
    while time.monotonic() < end:
        # The other side may find this writer later than this side finds its reader.
        command.write(String(text))
        trajectory = next(reader.take_iter(timeout=duration(seconds=AGAIN)), None)
        if trajectory is None:
            continue
        points = trajectory.points
        print(
            json.dumps(
                {
                    "joint_names": list(trajectory.joint_names),
                    "positions": [list(p.positions) for p in points],
                    "velocities": [list(p.velocities) for p in points],
                    "accelerations": [list(p.accelerations) for p in points],
                    "times": [
                        p.time_from_start.sec + 1e-9 * p.time_from_start.nanosec for p in points
                    ],
                }
            )
        )
        return
    sys.exit("no trajectory came")


if __name__ == "__main__":
    main()

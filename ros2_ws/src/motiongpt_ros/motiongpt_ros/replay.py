"""Says again what a recorded session holds: its commands to a node, or its motions to a robot."""

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import rclpy
import tyro
from builtin_interfaces.msg import Time as TimeMsg
from rclpy.duration import Duration
from rclpy.executors import ExternalShutdownException
from rclpy.node import Node
from rclpy.serialization import deserialize_message
from rclpy.time import Time
from rclpy.utilities import remove_ros_args
from sensor_msgs.msg import JointState
from trajectory_msgs.msg import JointTrajectory

from motiongpt.errors import MotionGPTError
from motiongpt_ros import messages
from motiongpt_ros.bag import BagError, Recorded, read_bag
from motiongpt_ros.recorder import TYPES

FARTHEST = 0.1
"""How far a joint may be in [rad] from where the first recorded trajectory begins."""


What = Literal["commands", "trajectories"]

TOPICS: dict[What, tuple[str, str]] = {
    "commands": ("keyframes", "command"),
    "trajectories": ("base_path", "joint_trajectory"),
}
"""What a session is replayed by: what comes along, and what it cannot do without."""


@dataclass(frozen=True)
class Options:
    """Replay a recorded session."""

    bag: tyro.conf.Positional[Path]
    """The bag: a folder that the recorder wrote."""

    what: What = "commands"
    """Commands, which a node follows anew, or trajectories, which go to the robot as they were."""

    patience: Annotated[float, tyro.conf.arg(metavar="SECONDS")] = 10.0
    """Longest wait for whoever listens, in s."""

    listeners: Annotated[int, tyro.conf.arg(metavar="N")] = 1
    """How many must listen before it begins; nothing is repeated for who comes later."""


class Replayer(Node):
    """Publishes recorded messages with the pauses that were between them."""

    def __init__(self, session: Sequence[Recorded], options: Options) -> None:
        """Open the topics of a session.

        Args:
            session: messages in the order of time.
            options: what of it is said again, and to how many.
        """
        super().__init__("motiongpt_replay")
        self._session, self._wanted = session, TOPICS[options.what][1]
        self._patience, self._listeners = options.patience, options.listeners
        self._publishers_by_name = {
            name: self.create_publisher(TYPES[name], name, messages.RELIABLE_QOS)
            for name in {message.name for message in session}
        }
        self._measured: JointState | None = None
        self.create_subscription(JointState, "joint_states", self._keep, messages.STATE_QOS)

    def _keep(self, message: JointState) -> None:
        self._measured = message

    def play(self) -> int:
        """Publish all messages; how many.

        Raises:
            BagError: if nobody listens, or the robot is not where the first trajectory begins.
        """
        read = [(m, deserialize_message(m.data, TYPES[m.name])) for m in self._session]
        publisher = self._publishers_by_name[self._wanted]
        if not self._wait(lambda: publisher.get_subscription_count() >= self._listeners):
            raise BagError(
                f"{publisher.get_subscription_count() or 'nobody'} listens to "
                f"'{self.resolve_topic_name(self._wanted)}'; wanted: {self._listeners}"
            )
        if self._wanted == "joint_trajectory":
            self._check_start(next(m for kept, m in read if kept.name == self._wanted))
        begin, recorded = self.get_clock().now(), self._session[0].time
        for kept, message in read:
            due = begin + Duration(nanoseconds=kept.time - recorded)
            self._sleep_until(due)
            if kept.name in TOPICS["trajectories"]:
                _move(message, due.nanoseconds - kept.time)
            self._publishers_by_name[kept.name].publish(message)
        publisher.wait_for_all_acked(Duration(seconds=self._patience))
        return len(read)

    def _check_start(self, trajectory: JointTrajectory) -> None:
        if not self._wait(lambda: self._measured is not None) or self._measured is None:
            raise BagError("no joint state was received; is the robot's joint_states topic on?")
        where = dict(zip(self._measured.name, self._measured.position, strict=True))
        lacking = [name for name in trajectory.joint_names if name not in where]
        if lacking or not trajectory.points:
            raise BagError(f"the recorded robot has joints that this one lacks: {lacking}")
        gaps = [
            abs(where[name] - q)
            for name, q in zip(trajectory.joint_names, trajectory.points[0].positions, strict=True)
        ]
        worst = int(np.argmax(gaps))
        if not gaps[worst] <= FARTHEST:
            raise BagError(
                f"joint '{trajectory.joint_names[worst]}' is {gaps[worst]:.2f} rad from where the "
                f"recorded motion begins; allowed: {FARTHEST} rad"
            )

    def _wait(self, condition: Any) -> bool:
        end = time.monotonic() + self._patience
        while not condition() and time.monotonic() < end:
            rclpy.spin_once(self, timeout_sec=0.05)
        return bool(condition())

    def _sleep_until(self, due: Time) -> None:
        while (left := (due - self.get_clock().now()).nanoseconds * 1e-9) > 0:
            rclpy.spin_once(self, timeout_sec=min(left, 0.05))


def _move(message: Any, by: int) -> None:
    """Move a trajectory or a path by a time in [ns]; a zero stamp stays."""
    stamps = [message.header, *(pose.header for pose in getattr(message, "poses", []))]
    for header in stamps:
        stamp = Time.from_msg(header.stamp).nanoseconds
        if stamp:
            header.stamp = _stamp(stamp + by)


def _stamp(nanoseconds: int) -> TimeMsg:
    return Time(nanoseconds=max(nanoseconds, 0)).to_msg()


def replay(options: Options) -> int:
    """Replay; how many messages were sent.

    Raises:
        BagError: if the bag cannot be read, has nothing to replay, or nobody listens.
    """
    session = list(read_bag(options.bag, TOPICS[options.what]))
    wanted = TOPICS[options.what][1]
    if not any(message.name == wanted for message in session):
        raise BagError(f"bag '{options.bag}' has no message on '{wanted}'")
    node = Replayer(session, options)
    try:
        return node.play()
    finally:
        node.destroy_node()


def main() -> None:
    """Replay the bag that is named on the command line."""
    options = tyro.cli(Options, args=remove_ros_args(sys.argv)[1:], prog="motiongpt_replay")
    rclpy.init()
    code = 0
    try:
        print(f"{replay(options)} messages were sent")
    except MotionGPTError as error:
        print(f"motiongpt_replay: {error}", file=sys.stderr)
        code = 1
    except (KeyboardInterrupt, ExternalShutdownException):
        code = 130
    finally:
        rclpy.try_shutdown()
    sys.exit(code)


if __name__ == "__main__":
    main()

"""Real nodes in processes of their own, over real DDS on loopback."""

import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "LOCALHOST"
os.environ["ROS_DOMAIN_ID"] = str(10 + os.getpid() % 80)

import rclpy
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from nav_msgs.msg import Path as PathMsg
from rclpy.duration import Duration
from rclpy.node import Node
from sensor_msgs.msg import JointState as JointStateMsg
from std_msgs.msg import String
from trajectory_msgs.msg import JointTrajectory

from motiongpt.lm.base import BaseSize, LoraSize, add_lora, make_base
from motiongpt.lm.vocabulary import train_vocabulary
from motiongpt.model_folder import ModelFolder
from motiongpt.motion.features import canonicalize, encode_features
from motiongpt.motion.statistics import Statistics
from motiongpt.tokenizer.config import VQVAEConfig
from motiongpt.tokenizer.motion_tokenizer import MotionTokenizer
from motiongpt.tokenizer.vqvae import VQVAE
from motiongpt.train import save_base
from motiongpt_ros import messages
from tests.lm.conftest import CAPTIONS, TINY
from tests.retarget.figures import gesture
from tests.ros.forked import ForkedNode

PATIENCE = 90.0
"""Longest wait in [s] for a node to start; machines that run tests are slow."""

PATIENT = {
    "threads": 1,
    "state_timeout": 10.0,
    "lead_time": 0.5,
    "tracking_time": 3.0,
    "streaming": False,
}
"""Parameters of a node on a machine whose processes wait for seconds, one trajectory a motion."""


SLOW = BaseSize(width=512, layers=16, heads=8, feed_forward=1024, context=256)
"""A language model that takes a quarter of a second or more for a motion."""


def _make_model(root: Path, size: BaseSize) -> Path:
    torch.manual_seed(0)
    folder = ModelFolder(root)
    features = encode_features(canonicalize(gesture(80).to_y_up()))
    statistics = Statistics(features.mean(axis=0), np.full(263, 0.05))
    vqvae = VQVAE(VQVAEConfig(n_codes=16, code_dim=8, width=16)).eval()
    MotionTokenizer(vqvae, statistics).save(folder.tokenizer)
    vocabulary = train_vocabulary(CAPTIONS, 16, 300)
    base = make_base(vocabulary, size)
    save_base(base, vocabulary, folder)
    add_lora(base, LoraSize(r=4)).save_pretrained(folder.adapter)
    return folder.root


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model with random weights: its motions are noise around a standing figure."""
    return _make_model(tmp_path_factory.mktemp("tiny"), TINY)


@pytest.fixture(scope="session")
def slow_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The like of `tiny_model`, but many times slower."""
    return _make_model(tmp_path_factory.mktemp("slow"), SLOW)


def _hears(health: DiagnosticStatus) -> bool:
    """Whether a node says that its last joint state is new."""
    age = {item.key: item.value for item in health.values}["joint state age [s]"]
    return age != "none" and float(age) < 0.5


def _seconds(trajectory: JointTrajectory) -> float:
    return Duration.from_msg(trajectory.points[-1].time_from_start).nanoseconds * 1e-9


class Listener(Node):
    """Publishes commands and keeps whatever the nodes of one namespace say."""

    def __init__(self, namespace: str) -> None:
        super().__init__("listener", namespace=namespace)
        self.statuses: list[dict] = []
        self.trajectories: list[JointTrajectory] = []
        self.paths: list[PathMsg] = []
        self.diagnostics: list[DiagnosticStatus] = []
        self.joint_state: JointStateMsg | None = None
        self.command = self.create_publisher(String, "command", messages.COMMAND_QOS)
        for kind, topic, keep, qos in (
            (DiagnosticArray, "/diagnostics", self._keep_diagnostics, 10),
            (String, "status", self._keep_status, messages.LATCHED_QOS),
            (JointTrajectory, "joint_trajectory", self.trajectories.append, 10),
            (PathMsg, "base_path", self.paths.append, 10),
            (JointStateMsg, "joint_states", self._keep_state, messages.STATE_QOS),
        ):
            self.create_subscription(kind, topic, keep, qos)

    def _keep_status(self, message: String) -> None:
        self.statuses.append(json.loads(message.data))

    def _keep_diagnostics(self, message: DiagnosticArray) -> None:
        own = f"{self.get_namespace()}/"
        self.diagnostics += [s for s in message.status if s.name.startswith(own)]

    def _keep_state(self, message: JointStateMsg) -> None:
        self.joint_state = message

    def wait(self, condition: Callable[[], bool], what: str, seconds: float = PATIENCE) -> None:
        """Spin until a condition holds."""
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, (
                f"waited {seconds} s for {what}; heard {len(self.trajectories)} trajectories, "
                f"{self.statuses[-3:]}"
            )
            rclpy.spin_once(self, timeout_sec=0.05)

    def spin(self, seconds: float) -> None:
        """Listen for a while."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            rclpy.spin_once(self, timeout_sec=0.05)

    def wait_until_connected(self) -> None:
        """Wait until node and listener hear the robot, and it finds what the node says."""
        self.wait(lambda: self.joint_state is not None, "joint states")
        self.wait(lambda: self.count_publishers("joint_trajectory") > 0, "who sends trajectories")
        self.diagnostics.clear()
        self.wait(lambda: any(map(_hears, self.diagnostics)), "a node that hears joint states")
        self.spin(0.5)  # the other side may need a moment longer

    def wait_for_state(self, state: str, after: int = 0, seconds: float = PATIENCE) -> dict:
        """Wait for a status among those from number `after` on."""

        def found() -> list[dict]:
            return [s for s in self.statuses[after:] if s["state"] == state]

        self.wait(lambda: bool(found()), f"status '{state}'", seconds)
        return found()[-1]

    def wait_for_motion(self, after: int) -> None:
        """Wait for the trajectory of a command said then; forget those heard before it.

        A robot that moved before the command is brought to rest first, by a trajectory of its own.
        """
        duration = self.wait_for_state("executing", after)["duration"]

        def heard() -> bool:
            return (
                bool(self.trajectories) and abs(_seconds(self.trajectories[-1]) - duration) < 1e-3
            )

        self.wait(heard, f"a trajectory of {duration} s")
        del self.trajectories[:-1]

    def say(self, text: str) -> int:
        """Publish a command; returns how many statuses came before."""
        self.wait(lambda: self.command.get_subscription_count() > 0, "a node that listens")
        self.spin(0.2)  # the other side may need a moment longer
        before = len(self.statuses)
        self.command.publish(String(data=text))
        return before

    def call(self, kind: type, name: str, request: Any, seconds: float = PATIENCE) -> Any:
        """Call a service of the namespace and wait for its answer."""
        client = self.create_client(kind, name)
        try:
            assert client.wait_for_service(timeout_sec=seconds), f"no service {name}"
            self.spin(0.5)  # a server that has not found its client yet loses the answer
            future = client.call_async(request)
            self.wait(future.done, f"an answer of {name}", seconds)
            return future.result()
        finally:
            self.destroy_client(client)


@pytest.fixture(scope="session", autouse=True)
def ros() -> Iterator[None]:
    rclpy.init()
    yield
    rclpy.try_shutdown()


@pytest.fixture
def listen() -> Iterator[Callable[[str], Listener]]:
    """Make listeners."""
    made: list[Listener] = []

    def make(namespace: str) -> Listener:
        made.append(Listener(namespace))
        return made[-1]

    yield make
    for node in made:
        node.destroy_node()


class Processes:
    """Nodes that were started."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.started: list[ForkedNode] = []

    def start(self, module: str, namespace: str, **parameters: object) -> ForkedNode:
        """Start a node."""
        arguments = ["--ros-args", "-r", f"__ns:=/{namespace}"]
        for name, value in parameters.items():
            arguments += ["-p", f"{name}:={value}"]
        output = self._folder / f"{namespace}_{module}_{len(self.started)}.log"
        self.started.append(ForkedNode(module, arguments, output))
        return self.started[-1]

    def start_script(self, module: str, namespace: str, *words: str) -> ForkedNode:
        """Start a script with words of its own."""
        output = self._folder / f"{namespace}_{module}_{len(self.started)}.log"
        arguments = [*words, "--ros-args", "-r", f"__ns:=/{namespace}"]
        self.started.append(ForkedNode(module, arguments, output))
        return self.started[-1]

    def stop(self, process: ForkedNode, seconds: float = 20.0) -> str:
        """Interrupt a node and return what it printed."""
        process.send_signal(signal.SIGINT)
        return process.wait(seconds)

    def end(self) -> None:
        """Kill whatever still runs."""
        for process in self.started:
            process.kill()


@pytest.fixture
def processes(tmp_path: Path) -> Iterator[Processes]:
    made = Processes(tmp_path)
    yield made
    made.end()


@pytest.fixture(scope="session")
def robot_and_node(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A simulated robot and a node in the namespace that is given back."""
    made = Processes(tmp_path_factory.mktemp("shared"))
    made.start("sim_node", "shared", rate=20.0)
    made.start("motion_node", "shared", model=tiny_model, **PATIENT)
    yield "shared"
    made.end()

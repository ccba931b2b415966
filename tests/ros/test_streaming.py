import threading
import time
from dataclasses import replace

import numpy as np
import pytest
from rclpy.time import Time

from motiongpt.retarget import JointState, RobotTrajectory, count_violations, load_robot
from motiongpt_ros.command_queue import Command, CommandQueue
from motiongpt_ros.conductor import Conductor, State
from motiongpt_ros.controls import Controls
from motiongpt_ros.engine import Engine
from motiongpt_ros.parameters import MotionSettings
from motiongpt_ros.worker import Surroundings, Worker
from tests.ros.conftest import PATIENT as NODE
from tests.ros.test_motion_node import COMMAND, read_message

ROBOT = load_robot("unitree_g1")
REST = JointState(ROBOT.rest_pose, 0 * ROBOT.rest_pose)
PATIENT = MotionSettings(state_timeout=60.0, lead_time=0.3)


@pytest.fixture(scope="module")
def engine(tiny_model) -> Engine:
    return Engine(str(tiny_model), "cpu", ROBOT, 1)


class Stage:
    """All of the node but ROS: a queue, a worker, a conductor, and what that lets out."""

    def __init__(self, engine: Engine, settings: MotionSettings = PATIENT) -> None:
        self.sent: list[tuple[RobotTrajectory, float]] = []
        self.said: list[tuple[State, dict]] = []
        self.failed: list[str] = []
        self.on_part = lambda n: None
        self.queue = CommandQueue()
        self.conductor = Conductor(ROBOT, self._write, lambda *said: self.said.append(said))
        self.controls = Controls(self.queue, self.conductor, time.monotonic, lambda: settings)
        self.conductor.measure(REST, time.monotonic())
        around = Surroundings(
            lambda: settings, time.monotonic, lambda why, text: self.failed.append(why)
        )
        self.worker = Worker(engine, self.queue, self.conductor, around)

    def _write(self, trajectory: RobotTrajectory, told: object, has_base: bool):
        def send(start: float) -> None:
            self.sent.append((trajectory, start))
            # Only after this part is taken down as what runs; the lock is held by this thread.
            self.on_part(len(self.sent))

        return send

    def say(self, text: str = COMMAND) -> None:
        self.queue.put(Command(text), "replace", 8)

    def wait_for(self, n_complete: int = 1) -> None:
        end = time.monotonic() + 60
        while len(self.complete) < n_complete and not self.failed:
            assert time.monotonic() < end, self.said
            time.sleep(0.005)

    @property
    def complete(self) -> list[str]:
        return [
            fields["text"]
            for state, fields in self.said
            if state is State.EXECUTING and fields["complete"]
        ]


@pytest.fixture
def stage(engine):
    made = Stage(engine)
    yield made
    made.queue.close()
    made.worker.thread.join(10)


def _check_parts(sent: list[tuple[RobotTrajectory, float]]) -> None:
    for (one, began), (other, at) in zip(sent, sent[1:], strict=False):
        if at >= began + one.duration:  # it was over: the next one begins where the robot is
            assert not other.velocities[0].any()
            continue
        left = one.sample(at - began)
        assert np.abs(other.positions[0] - left.positions).max() < 1e-3
        assert np.abs(other.velocities[0] - left.velocities).max() < 1e-2
    for part, _ in sent:
        assert count_violations(part, ROBOT).total == 0
        assert np.abs(part.velocities[-1]).max() < 1e-6


def test_each_part_goes_on_from_the_one_before_inside_limits(stage) -> None:
    stage.say()
    stage.wait_for()
    assert not stage.failed
    _check_parts(stage.sent)
    said = [fields for state, fields in stage.said if state is State.EXECUTING]
    assert len(said) == len(stage.sent) >= 2
    assert [fields["complete"] for fields in said] == [False] * (len(said) - 1) + [True]
    assert said[0]["token_ids"] == said[-1]["token_ids"][: said[0]["tokens"]]


def test_without_streaming_there_is_one_part(engine) -> None:
    stage = Stage(engine, replace(PATIENT, streaming=False))
    stage.say()
    stage.wait_for()
    assert len(stage.sent) == 1
    stage.queue.close()


def _other_thread(stage, act) -> None:
    """Let another thread act as soon as the first part is out, before the worker goes on."""
    begun: list[threading.Thread] = []

    def on_part(n: int) -> None:
        if n == 1:
            thread = threading.Thread(target=act)
            thread.start()
            begun.append(thread)

    stage.on_part = on_part
    stage.say()
    end = time.monotonic() + 60
    while not begun:
        assert time.monotonic() < end
        time.sleep(0.001)
    begun[0].join(10)


@pytest.mark.parametrize("way", ["stop", "estop"])
def test_nothing_of_a_motion_follows_a_stop_between_its_parts(stage, way) -> None:
    acts = {"stop": stage.controls.stop, "estop": lambda: stage.controls.estop(True)}
    _other_thread(stage, acts[way])
    sent = len(stage.sent)
    time.sleep(0.5)
    assert len(stage.sent) == sent
    if not stage.complete:
        assert stage.said[-1][0] is State.STOPPED
    _check_parts(stage.sent)


def test_a_command_that_is_held_between_its_parts_is_done_once_when_resumed(stage) -> None:
    _other_thread(stage, stage.controls.hold)
    assert "1 commands" in stage.controls.resume()[1]


def test_another_command_takes_over_between_the_parts_of_one(stage) -> None:
    _other_thread(stage, lambda: stage.say("he turns left and bows"))
    stage.wait_for()
    end = time.monotonic() + 30
    while "he turns left and bows" not in stage.complete:
        assert time.monotonic() < end and not stage.failed, stage.failed
        time.sleep(0.01)
    _check_parts(stage.sent)


def test_a_robot_that_waits_for_the_next_part_is_at_rest_and_then_goes_on(stage) -> None:
    """As with a model that is slower than the robot: the first part is over before the next."""
    first: list[float] = []

    def on_part(n: int) -> None:
        part, start = stage.sent[-1]
        first.append(start + part.duration)
        stage.conductor.measure(JointState(part.positions[-1], 0 * ROBOT.rest_pose), start)

    stage.on_part = on_part
    generate = stage.worker._engine.generate

    def slowly(request, cancelled, on_beginning=None):
        def wait(beginning):
            on_beginning(beginning)
            while first and time.monotonic() < first[0] + 0.05:
                time.sleep(0.01)

        return generate(request, cancelled, wait)

    stage.worker._engine.generate = slowly
    try:
        stage.say()
        stage.wait_for()
    finally:
        del stage.worker._engine.generate
    assert not stage.failed
    assert stage.sent[1][1] >= first[0]
    assert not stage.sent[1][0].velocities[0].any()
    _check_parts(stage.sent)


def test_a_node_streams_over_dds(processes, listen, slow_model) -> None:
    processes.start("sim_node", "streaming", rate=20.0)
    parameters = {**NODE, "streaming": True, "model": slow_model}
    processes.start("motion_node", "streaming", **parameters)
    listener = listen("streaming")
    listener.wait_for_state("idle")
    listener.wait_until_connected()
    mark = listener.say(COMMAND)
    listener.wait(lambda: any(s.get("complete") for s in listener.statuses[mark:]), "the end")
    listener.spin(0.3)
    stamps = [Time.from_msg(m.header.stamp).nanoseconds * 1e-9 for m in listener.trajectories]
    parts = [read_message(message) for message in listener.trajectories]
    assert len(parts) >= 2
    _check_parts(list(zip(parts, stamps, strict=True)))


def test_a_node_that_is_killed_between_parts_leaves_the_robot_at_rest_where_the_next_begins(
    processes, listen, slow_model
) -> None:
    processes.start("sim_node", "cut", rate=20.0)
    parameters = {**NODE, "streaming": True, "model": slow_model}
    node = processes.start("motion_node", "cut", **parameters)
    listener = listen("cut")
    listener.wait_for_state("idle")
    listener.wait_until_connected()
    mark = listener.say(COMMAND)
    listener.wait(lambda: bool(listener.trajectories), "the first part")
    listener.wait_for_state("executing", mark)  # by then the robot was sent it, too
    node.kill()
    listener.spin(1.0)
    assert not any(status.get("complete") for status in listener.statuses[mark:])
    [part] = [read_message(message) for message in listener.trajectories]
    end = part.positions[-1]

    def rests() -> bool:
        state = JointState.from_names(
            ROBOT,
            listener.joint_state.name,
            listener.joint_state.position,
            listener.joint_state.velocity,
        )
        return bool(
            np.abs(state.positions - end).max() < 0.05 and np.abs(state.velocities).max() < 0.05
        )

    listener.wait(rests, "a robot that rests at the part's end")
    for _ in range(5):
        listener.spin(0.2)
        assert rests()
    mark = len(listener.statuses)
    processes.start("motion_node", "cut", **parameters)
    listener.wait_for_state("idle", mark)
    listener.wait_until_connected()
    listener.wait_for_state("executing", listener.say(COMMAND))
    listener.wait(lambda: len(listener.trajectories) > 1, "a trajectory of the next node")
    first = read_message(listener.trajectories[1])
    assert np.abs(first.positions[0] - end).max() < 0.05
    assert not first.velocities[0].any()
    assert count_violations(first, ROBOT).total == 0

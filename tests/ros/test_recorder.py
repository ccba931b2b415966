import json
import sys
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from rclpy.serialization import deserialize_message
from std_msgs.msg import String
from trajectory_msgs.msg import JointTrajectory

from motiongpt_ros.bag import RECORDED, BagError, BagWriter, Recorded, read_bag
from motiongpt_ros.recorder import TYPES, type_name
from motiongpt_ros.replay import FARTHEST, Options, replay
from tests.ros.conftest import PATIENT


@pytest.fixture(scope="module")
def session(tiny_model, tmp_path_factory) -> Path:
    """A bag of one command to a simulated robot in namespace `taped`."""
    from tests.ros.conftest import Listener, Processes

    folder = tmp_path_factory.mktemp("taped")
    processes, listener = Processes(folder), Listener("taped")
    try:
        recorder = processes.start("recorder", "taped", folder=folder / "bags")
        listener.wait(lambda: listener.count_subscribers("/taped/command") > 0, "the recorder")
        processes.start("sim_node", "taped", rate=20.0)
        processes.start("motion_node", "taped", model=tiny_model, max_duration=1.0, **PATIENT)
        listener.wait_for_state("idle")
        listener.wait_until_connected()
        listener.spin(1.5)  # the recorder finds the node's topics
        before = listener.say("a person walks")
        listener.wait_for_state("executing", before, 30.0)
        listener.spin(0.3)
        printed = processes.stop(recorder)
        assert recorder.returncode == 0, printed
        [bag] = (folder / "bags").iterdir()
        assert f"messages are in {bag}" in printed
        return bag
    finally:
        listener.destroy_node()
        processes.end()


def test_a_session_is_recorded_and_read_back(session: Path) -> None:
    assert [path.suffix for path in session.iterdir() if path.stem != "metadata"] == [".mcap"]
    read = list(read_bag(session, [name.lstrip("/") for name in RECORDED]))
    assert all(a.time <= b.time for a, b in zip(read, read[1:], strict=False))
    kinds = {message.name for message in read}
    assert {"command", "joint_states", "joint_trajectory", "status", "base_path"} <= kinds
    assert {"caption", "diagnostics"} <= kinds
    [command] = [m for m in read if m.name == "command"]
    assert command.topic == "/taped/command"
    assert deserialize_message(command.data, String).data == "a person walks"
    states = [deserialize_message(m.data, String).data for m in read if m.name == "status"]
    assert json.loads(states[-1])["state"] in ("executing", "idle")
    [trajectory] = [m for m in read if m.name == "joint_trajectory"]
    assert len(deserialize_message(trajectory.data, JointTrajectory).joint_names) == 29


def test_another_reader_of_bags_agrees_on_every_message(session: Path) -> None:
    from rosbags.highlevel import AnyReader

    with AnyReader([session]) as reader:
        for connection, _, data in reader.messages():
            ours = deserialize_message(bytes(data), TYPES_BY_TOPIC[connection.topic])
            theirs = reader.deserialize(data, connection.msgtype)
            if connection.topic == "/taped/joint_trajectory":
                assert list(theirs.joint_names) == list(ours.joint_names)
                for a, b in zip(theirs.points, ours.points, strict=True):
                    assert np.array_equal(a.positions, b.positions)
            if connection.topic == "/taped/status":
                assert theirs.data == ours.data


TYPES_BY_TOPIC = {
    name if name.startswith("/") else f"/taped/{name}": kind for name, kind in TYPES.items()
}


def test_recorded_trajectories_move_a_robot_that_is_where_they_begin(
    session: Path, processes, listen
) -> None:
    processes.start("sim_node", "again", rate=20.0)
    listener = listen("again")
    listener.wait(lambda: listener.joint_state is not None, "joint states")
    words = ("--what", "trajectories", "--patience", "60", "--listeners", "2")
    process = processes.start_script("replay", "again", str(session), *words)
    assert "2 messages were sent" in process.wait(60)
    listener.wait(lambda: bool(listener.trajectories), "the trajectory")
    [original] = [m for m in read_bag(session, ["joint_trajectory"])]
    recorded = deserialize_message(original.data, JointTrajectory)
    [sent] = listener.trajectories
    assert sent.points == recorded.points
    assert sent.header.stamp.sec > recorded.header.stamp.sec
    goal = np.array(recorded.points[-1].positions)
    listener.wait(
        lambda: np.abs(np.array(listener.joint_state.position) - goal).max() < 0.05,
        "the robot at the motion's end",
        30.0,
    )
    if np.abs(np.array(recorded.points[0].positions) - goal).max() > FARTHEST:
        process = processes.start_script("replay", "again", str(session), "--what", "trajectories")
        assert "rad from where the recorded motion begins" in process.wait(60)
        assert process.returncode == 1


def test_recorded_commands_are_said_again(session: Path, processes, listen) -> None:
    listener = listen("said")
    heard: list[String] = []
    listener.create_subscription(String, "command", heard.append, 10)
    process = processes.start_script("replay", "said", str(session))
    listener.wait(lambda: bool(heard), "the command", 60.0)
    assert [message.data for message in heard] == ["a person walks"]
    assert "1 messages were sent" in process.wait(60)
    assert process.returncode == 0


def test_what_cannot_be_replayed_is_refused_with_the_reason(tmp_path: Path) -> None:
    with pytest.raises(BagError, match="cannot be read"):
        list(read_bag(tmp_path / "none", ["command"]))
    with closing(BagWriter(tmp_path / "bag")) as writer:
        writer.add_topic("/a/command", "std_msgs/msg/String", latched=False)
        writer.write(Recorded("/a/command", 1, b"\x00\x01\x00\x00\x02\x00\x00\x00a\x00"))
    with pytest.raises(BagError, match="no message on 'joint_trajectory'"):
        replay(Options(tmp_path / "bag", "trajectories"))
    with pytest.raises(BagError, match="nobody listens to '/command'; wanted: 1"):
        replay(Options(tmp_path / "bag", patience=0.1))
    with pytest.raises(BagError, match="exists already"):
        BagWriter(tmp_path / "bag")


def test_a_missing_library_is_named(monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "rosbags", None)
    with pytest.raises(BagError, match="pip install rosbags"):
        BagWriter(tmp_path / "bag")


def test_a_recorder_without_a_folder_ends_with_the_reason(processes) -> None:
    process = processes.start("recorder", "nowhere")
    assert "allowed: the folder that bags go into" in process.wait(60)
    assert process.returncode == 1


def test_every_recorded_topic_has_a_type_that_rosbags_knows() -> None:
    from rosbags.typesys import Stores, get_typestore

    assert TYPES.keys() == set(RECORDED)
    known = get_typestore(Stores.ROS2_JAZZY).types
    assert all(type_name(kind) in known for kind in TYPES.values())

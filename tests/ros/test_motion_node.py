import signal
import time
from pathlib import Path

import numpy as np
import pytest
from rcl_interfaces.srv import SetParameters
from rclpy.parameter import Parameter
from rclpy.time import Time
from sensor_msgs.msg import JointState as JointStateMsg
from std_msgs.msg import String

from motiongpt.retarget import RobotTrajectory, count_violations, load_robot
from motiongpt_ros import messages
from tests.ros.conftest import PATIENT

ROBOT = load_robot("unitree_g1")
COMMAND = "wave your right hand"


def read_message(message) -> RobotTrajectory:
    times, positions, velocities = messages.read_points(message, ROBOT)
    accelerations = np.array([point.accelerations for point in message.points])
    return RobotTrajectory(
        ROBOT.joint_names, times, positions, velocities, accelerations, np.zeros((0, 7)), 0, 1
    )


def _rest(listener) -> None:
    at_rest = ("idle", "error", "stopped")
    listener.wait(
        lambda: listener.statuses[-1:] and listener.statuses[-1]["state"] in at_rest,
        "a robot at rest",
    )
    listener.wait_until_connected()


def test_a_sentence_moves_the_robot_inside_its_limits(robot_and_node, listen) -> None:
    listener = listen(robot_and_node)
    _rest(listener)
    before = dict(zip(listener.joint_state.name, listener.joint_state.position, strict=True))
    mark = listener.say(COMMAND)
    status = listener.wait_for_state("executing", mark)
    listener.wait(lambda: bool(listener.trajectories and listener.paths), "trajectory and path")
    trajectory = read_message(listener.trajectories[-1])
    assert count_violations(trajectory, ROBOT).total == 0
    start = [before[name] for name in ROBOT.joint_names]
    assert np.abs(trajectory.positions[0] - start).max() < 0.01
    assert status["tokens"] == len(status["token_ids"]) >= 4
    assert status["duration"] == pytest.approx(trajectory.duration, abs=1e-3)
    times, base = messages.read_path(listener.paths[-1])
    assert np.allclose(base[0, [0, 1, 3, 4, 5]], 0, atol=1e-6)
    assert times[-1] == pytest.approx(trajectory.duration, abs=1e-3)
    listener.wait_for_state("idle", mark, trajectory.duration + 10)
    listener.spin(0.3)
    reached = np.array(listener.joint_state.position)
    assert np.abs(reached - trajectory.positions[-1]).max() < 0.05


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        ("walk " * 20_000, "100000 characters"),
        ("wave\x07your hand", "control character"),
        ("bewege deinen rechten arm", "unknown words"),
    ],
)
def test_a_bad_text_gives_one_error_and_no_motion(robot_and_node, listen, text, reason) -> None:
    listener = listen(robot_and_node)
    _rest(listener)
    mark, sent = listener.say(text), len(listener.trajectories)
    assert reason in listener.wait_for_state("error", mark)["error"]
    listener.spin(0.5)
    assert [s["state"] for s in listener.statuses[mark:]].count("error") == 1
    assert len(listener.trajectories) == sent


def test_a_new_command_takes_over_where_the_running_motion_is_then(robot_and_node, listen) -> None:
    listener = listen(robot_and_node)
    _rest(listener)
    mark = listener.say(COMMAND)
    listener.wait_for_motion(mark)
    listener.spin(0.6)
    listener.say("he turns left and bows")
    listener.wait(lambda: len(listener.trajectories) == 2, "the second trajectory")
    first, second = (read_message(message) for message in listener.trajectories)
    stamps = [Time.from_msg(message.header.stamp) for message in listener.trajectories]
    planned = first.sample((stamps[1] - stamps[0]).nanoseconds * 1e-9)
    assert np.abs(second.positions[0] - planned.positions).max() < 1e-3
    assert np.abs(second.velocities[0] - planned.velocities).max() < 1e-2
    assert count_violations(second, ROBOT).total == 0
    listener.wait_for_state("idle", mark, second.duration + 10)


def test_a_value_out_of_range_is_refused_and_one_inside_is_taken(robot_and_node, listen) -> None:
    listener = listen(robot_and_node)
    client = listener.create_client(SetParameters, "motiongpt/set_parameters")
    assert client.wait_for_service(timeout_sec=30)
    wanted = [
        Parameter("rate", value=1e6),
        Parameter("model", value="other"),
        Parameter("temperature", value=0.5),
    ]
    request = SetParameters.Request(parameters=[p.to_parameter_msg() for p in wanted])
    future = client.call_async(request)
    listener.wait(future.done, "an answer")
    assert [result.successful for result in future.result().results] == [False, False, True]
    assert "rate" in future.result().results[0].reason


def _state(**changes: object) -> JointStateMsg:
    fields = {"name": list(ROBOT.joint_names), "position": ROBOT.rest_pose.tolist(), **changes}
    return JointStateMsg(**fields)


_OTHERS = ROBOT.rest_pose[1:].tolist()
BAD_STATES = {
    "lacks": _state(name=list(ROBOT.joint_names[1:]), position=_OTHERS),
    "tail": _state(name=["tail", *ROBOT.joint_names[1:]]),
    "not finite": _state(position=[float("nan"), *_OTHERS]),
    "is at 50.000": _state(position=[50.0, *_OTHERS]),
}


def test_without_a_usable_joint_state_nothing_is_sent(processes, listen, tiny_model) -> None:
    processes.start("motion_node", "alone", model=tiny_model, threads=1)
    listener = listen("alone")
    listener.wait_for_state("idle")
    mark = listener.say(COMMAND)
    assert "no joint state" in listener.wait_for_state("error", mark)["error"]
    publisher = listener.create_publisher(JointStateMsg, "joint_states", messages.STATE_QOS)
    for reason, state in BAD_STATES.items():
        for _ in range(5):
            publisher.publish(state)
            listener.spin(0.1)
        mark = listener.say(COMMAND)
        assert reason in listener.wait_for_state("error", mark)["error"]
    publisher.publish(_state())
    listener.spin(1.2)
    mark = listener.say(COMMAND)
    assert "s old" in listener.wait_for_state("error", mark)["error"]
    assert not listener.trajectories


def test_a_command_while_the_model_loads_is_refused(processes, listen, slow_model) -> None:
    listener = listen("early")
    processes.start("motion_node", "early", model=slow_model, threads=1)
    listener.wait_for_state("loading")
    while not any(status["state"] in ("error", "idle") for status in listener.statuses):
        listener.command.publish(String(data=COMMAND))
        listener.spin(0.02)
    assert "still loading" in listener.wait_for_state("error")["error"]
    listener.wait_for_state("idle")


@pytest.mark.parametrize(
    ("parameters", "reason"),
    [
        ({"model": "/nowhere"}, "no model '/nowhere'"),
        ({"robot": "/nowhere.yaml"}, "no robot file at /nowhere.yaml"),
        ({"device": "cuda:7"}, "device 'cuda:7'"),
    ],
)
def test_what_cannot_be_loaded_is_said_and_the_node_stays(
    processes, listen, tiny_model, parameters, reason
) -> None:
    node = processes.start("motion_node", "broken", **{"model": tiny_model, **parameters})
    listener = listen("broken")
    assert reason in listener.wait_for_state("error")["error"]
    mark = listener.say(COMMAND)
    assert reason in listener.wait_for_state("error", mark)["error"]
    assert node.poll() is None


def test_two_namespaces_do_not_hear_each_other(
    robot_and_node, processes, listen, tiny_model
) -> None:
    processes.start("sim_node", "other", rate=20.0)
    processes.start("motion_node", "other", model=tiny_model, **PATIENT)
    one, other = listen(robot_and_node), listen("other")
    other.wait_for_state("idle")
    _rest(one)
    mark, sent = len(one.statuses), len(one.trajectories)
    other.wait_until_connected()
    other.wait_for_state("executing", other.say(COMMAND))
    one.spin(0.5)
    assert len(one.statuses) == mark
    assert len(one.trajectories) == sent


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("when", ["begun", "idle"])
def test_the_node_ends_cleanly(processes, listen, slow_model: Path, sign, when) -> None:
    node = processes.start("motion_node", f"ending_{when}_{sign}", model=slow_model, threads=1)
    listener = listen(f"ending_{when}_{sign}")
    listener.wait(lambda: bool(listener.statuses), "a status")  # mostly that it is loading
    if when == "idle":
        listener.wait_for_state("idle")
    began = time.monotonic()
    node.send_signal(sign)
    printed = node.wait(20)
    assert node.returncode == 0, printed
    assert "Traceback" not in printed
    assert time.monotonic() - began < 10

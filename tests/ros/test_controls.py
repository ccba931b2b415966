import json
import time

import numpy as np
import pytest
from builtin_interfaces.msg import Duration
from geometry_msgs.msg import Twist
from rcl_interfaces.srv import SetParameters
from rclpy.parameter import Parameter
from rclpy.time import Time
from std_msgs.msg import String
from std_srvs.srv import SetBool, Trigger
from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint
from visualization_msgs.msg import MarkerArray

from motiongpt.retarget import count_violations, load_robot
from motiongpt_ros import messages
from tests.ros.conftest import PATIENT
from tests.ros.test_motion_node import COMMAND, read_message

ROBOT = load_robot("unitree_g1")


def _stamp(message: JointTrajectory) -> float:
    return Time.from_msg(message.header.stamp).nanoseconds * 1e-9


@pytest.fixture
def moving(robot_and_node, listen):
    """A listener, and a motion that has just begun."""
    listener = listen(robot_and_node)
    listener.wait(
        lambda: bool(listener.statuses) and listener.statuses[-1]["state"] != "loading",
        "a node that is ready",
    )
    listener.wait_until_connected()
    listener.call(Trigger, "stop", Trigger.Request())
    listener.spin(0.3)
    listener.wait_for_motion(listener.say(COMMAND))
    listener.spin(0.5)
    return listener


def _set(listener, name: str, value: str) -> None:
    wanted = [Parameter(name, value=value).to_parameter_msg()]
    request = SetParameters.Request(parameters=wanted)
    answer = listener.call(SetParameters, "motiongpt/set_parameters", request)
    assert answer.results[0].successful


def _check_stop(listener) -> None:
    """The last trajectory leaves the first one without a step and ends at rest."""
    first, stop = (read_message(m) for m in listener.trajectories[:2])
    elapsed = _stamp(listener.trajectories[1]) - _stamp(listener.trajectories[0])
    left = first.sample(elapsed)
    assert np.abs(stop.positions[0] - left.positions).max() < 1e-3
    assert np.abs(stop.velocities[0] - left.velocities).max() < 1e-2
    assert count_violations(stop, ROBOT).total == 0
    assert not stop.velocities[-1].any()
    assert stop.duration < first.duration - elapsed


def test_stop_slows_the_robot_down_and_drops_what_waits(moving) -> None:
    moving.say("and then he turns left and bows")
    mark = len(moving.statuses)
    answer = moving.call(Trigger, "stop", Trigger.Request())
    assert answer.success and "dropped" in answer.message
    assert moving.wait_for_state("stopped", mark)["reason"] == "stop was called"
    moving.wait(lambda: len(moving.trajectories) == 2, "the stop")
    _check_stop(moving)
    moving.spin(1.0)
    assert len(moving.trajectories) == 2
    reached = np.array(moving.joint_state.position)
    assert np.abs(reached - read_message(moving.trajectories[1]).positions[-1]).max() < 0.05


def test_hold_keeps_the_rest_of_the_motion_for_resume(moving) -> None:
    mark = len(moving.statuses)
    assert moving.call(Trigger, "hold", Trigger.Request()).success
    moving.wait_for_state("holding", mark)
    moving.wait(lambda: len(moving.trajectories) == 2, "the stop")
    _check_stop(moving)
    moving.spin(1.0)
    assert len(moving.trajectories) == 2
    mark = len(moving.statuses)
    assert "1 commands" in moving.call(Trigger, "resume", Trigger.Request()).message
    assert moving.wait_for_state("executing", mark)["text"] == COMMAND
    moving.wait(lambda: len(moving.trajectories) == 3, "the rest")
    first, stop, rest = (read_message(m) for m in moving.trajectories)
    assert np.abs(rest.positions[0] - stop.positions[-1]).max() < 0.05
    assert count_violations(rest, ROBOT).total == 0
    assert rest.duration < first.duration + 0.5
    again = moving.call(Trigger, "resume", Trigger.Request())
    assert not again.success and "not held but executing" in again.message


def test_an_emergency_stop_lasts_until_it_is_released(moving) -> None:
    mark = len(moving.statuses)
    assert moving.call(SetBool, "estop", SetBool.Request(data=True)).success
    assert moving.wait_for_state("stopped", mark)["reason"] == "emergency stop"
    moving.wait(lambda: len(moving.trajectories) == 2, "the stop")
    _check_stop(moving)
    mark = moving.say(COMMAND)
    assert "emergency stop is on" in moving.wait_for_state("error", mark)["error"]
    assert len(moving.trajectories) == 2
    assert moving.call(SetBool, "estop", SetBool.Request(data=False)).success
    moving.spin(0.5)
    assert len(moving.trajectories) == 2
    moving.wait_for_state("executing", moving.say(COMMAND))


def test_and_then_begins_when_the_running_motion_ends(moving) -> None:
    moving.say("and then he turns left and bows")
    first = read_message(moving.trajectories[0])
    moving.wait(lambda: len(moving.trajectories) == 2, "the second trajectory")
    second = read_message(moving.trajectories[1])
    stamps = [_stamp(message) for message in moving.trajectories]
    assert stamps[1] - stamps[0] >= first.duration - 1e-3
    assert np.abs(second.positions[0] - first.positions[-1]).max() < 1e-3
    assert np.abs(second.velocities[0]).max() < 1e-9


def test_a_policy_that_is_changed_while_the_node_runs_counts_for_the_next_command(moving) -> None:
    _set(moving, "queue_policy", "append")
    mark = moving.say("he turns left and bows")
    moving.wait_for_state("generating", mark)
    moving.spin(0.5)
    assert len(moving.trajectories) == 1
    _set(moving, "queue_policy", "replace")


def test_keyframes_shape_the_next_command_alone(moving) -> None:
    publisher = moving.create_publisher(JointTrajectory, "keyframes", messages.COMMAND_QOS)
    moving.wait(lambda: publisher.get_subscription_count() > 0, "a node that takes keyframes")
    goal = ROBOT.rest_pose.copy()
    goal[ROBOT.joint_names.index("left_elbow_joint")] = 0.2
    points = [
        JointTrajectoryPoint(positions=ROBOT.rest_pose.tolist()),
        JointTrajectoryPoint(positions=goal.tolist(), time_from_start=Duration(sec=3)),
    ]
    publisher.publish(JointTrajectory(joint_names=list(ROBOT.joint_names), points=points))
    moving.spin(0.5)
    status = moving.wait_for_state("executing", moving.say(COMMAND))
    assert status["tokens"] == 15  # 3 s at 5 tokens a second
    assert moving.wait_for_state("executing", moving.say(COMMAND))["tokens"] != 15
    mark = len(moving.statuses)
    wrong = JointTrajectory(joint_names=["tail"], points=[JointTrajectoryPoint(positions=[0.0])])
    publisher.publish(wrong)
    error = moving.wait_for_state("error", mark)["error"]
    assert "keyframes refused" in error and "tail" in error


def test_caption_and_figures_show_what_is_done(moving) -> None:
    captions, figures = [], {"human": [], "robot_preview": []}
    moving.create_subscription(
        String, "caption", lambda m: captions.append(m.data), messages.LATCHED_QOS
    )
    for topic, kept in figures.items():
        moving.create_subscription(MarkerArray, topic, kept.append, messages.LATCHED_QOS)
    moving.wait(lambda: captions == [COMMAND], "the caption")
    moving.wait_for_state("executing", moving.say("he turns left and bows"))
    moving.wait(lambda: all(figures.values()), "figures")
    assert captions[-1] == "he turns left and bows"
    moving.call(Trigger, "stop", Trigger.Request())
    moving.wait(lambda: captions[-1] == "", "the caption to end")


def test_split_mode_tells_the_arms_and_the_velocity_of_the_base(moving) -> None:
    twists: list[Twist] = []
    moving.create_subscription(Twist, "cmd_vel", twists.append, 10)
    _set(moving, "mode", "split")
    paths = len(moving.paths)
    moving.wait_for_state("executing", moving.say(COMMAND))
    moving.wait(lambda: len(moving.trajectories) == 2 and len(twists) > 5, "arms and legs")
    assert len(moving.trajectories[1].joint_names) == 17
    assert len(moving.paths) == paths
    moving.call(Trigger, "stop", Trigger.Request())
    moving.wait(lambda: twists[-1] == Twist(), "the base to stand")
    _set(moving, "mode", "whole_body")


@pytest.mark.parametrize(("mode", "n_told"), [("upper_body", 14), ("upper_body_balanced", 29)])
def test_upper_body_modes_tell_the_arms_alone_or_all_joints_but_no_velocity(
    moving, mode, n_told
) -> None:
    twists: list[Twist] = []
    moving.create_subscription(Twist, "cmd_vel", twists.append, 10)
    _set(moving, "mode", mode)
    paths, sent = len(moving.paths), len(moving.trajectories)
    moving.wait_for_state("executing", moving.say(COMMAND))
    moving.wait(lambda: len(moving.trajectories) > sent, "a trajectory")
    moving.spin(0.5)
    told, sent = moving.trajectories[-1], len(moving.trajectories)
    assert len(told.joint_names) == n_told
    assert (len(moving.paths) > paths) == (mode == "upper_body_balanced")
    assert not twists
    moving.call(Trigger, "stop", Trigger.Request())
    moving.wait(lambda: len(moving.trajectories) > sent, "a stop")
    stop = moving.trajectories[-1]
    assert stop.joint_names == told.joint_names
    assert not any(stop.points[-1].velocities)
    left = stop.points[0].positions
    assert min(np.abs(np.subtract(p.positions, left)).max() for p in told.points) < 0.1
    _set(moving, "mode", "whole_body")


def test_the_model_is_described_and_health_is_said_once_a_second(moving) -> None:
    about = moving.call(Trigger, "describe", Trigger.Request())
    assert json.loads(about.message)["joints"] == list(ROBOT.joint_names)
    moving.diagnostics.clear()
    moving.spin(3.2)
    assert 1 <= len(moving.diagnostics) <= 4
    values = {item.key: item.value for item in moving.diagnostics[-1].values}
    assert values["lifecycle"] == "active"
    assert values["emergency stop"] == "off"
    assert int(values["trajectories sent"]) >= 1
    assert moving.diagnostics[-1].hardware_id == "unitree_g1"


def test_a_robot_that_falls_silent_is_held_and_goes_on_when_it_is_back(
    processes, listen, tiny_model
) -> None:
    sim = processes.start("sim_node", "silent", rate=20.0)
    node = processes.start(
        "motion_node", "silent", **{**PATIENT, "model": tiny_model, "state_timeout": 2.0}
    )
    listener = listen("silent")
    listener.wait_for_state("idle")
    listener.wait_until_connected()
    mark = listener.say(COMMAND)
    listener.wait_for_motion(mark)
    sim.kill()
    held = listener.wait_for_state("holding", mark)
    assert "the last joint state is" in held["reason"]
    listener.wait(lambda: len(listener.trajectories) == 2, "the stop")
    assert not read_message(listener.trajectories[1]).velocities[-1].any()
    processes.start("sim_node", "silent", rate=20.0)
    listener.joint_state = None
    listener.wait_until_connected()
    mark = len(listener.statuses)
    assert listener.call(Trigger, "resume", Trigger.Request()).success
    listener.wait_for_state("executing", mark)
    # The node is killed while the robot moves; the next one starts from where the robot is then.
    node.kill()
    processes.start("motion_node", "silent", model=tiny_model, **PATIENT)
    listener.wait(lambda: listener.statuses[-1]["state"] == "idle", "the restarted node")
    listener.wait_until_connected()
    listener.wait_for_state("executing", listener.say(COMMAND))
    listener.spin(0.3)
    assert count_violations(read_message(listener.trajectories[-1]), ROBOT).total == 0


def test_services_answer_while_a_slow_model_generates(processes, listen, slow_model) -> None:
    processes.start("sim_node", "slow", rate=20.0)
    processes.start("motion_node", "slow", model=slow_model, **PATIENT)
    listener = listen("slow")
    listener.wait_for_state("idle")
    listener.wait_until_connected()
    began = time.monotonic()
    status = listener.wait_for_state("executing", listener.say(COMMAND))
    whole = time.monotonic() - began
    listener.wait(lambda: bool(listener.trajectories), "its trajectory")  # longer on the way
    client = listener.create_client(Trigger, "stop")
    assert client.wait_for_service(timeout_sec=30)
    waits = []
    for _ in range(3):
        sent = len(listener.trajectories)
        listener.wait_for_state("generating", listener.say(COMMAND))
        began = time.monotonic()
        future = client.call_async(Trigger.Request())
        listener.wait(future.done, "an answer of stop")
        waits.append(time.monotonic() - began)
        assert future.result().success
        listener.spin(0.5)
        assert [m for m in listener.trajectories[sent:] if len(m.points) > 100] == []
    print(f"stop answered in {[f'{w * 1e3:.0f} ms' for w in waits]}, a motion takes {whole:.2f} s")
    assert status["generation_seconds"] > 5 * min(waits)

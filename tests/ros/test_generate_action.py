"""Action `generate_motion` between processes, with its types built from wheels."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from motiongpt.retarget import load_robot
from tests.ros.built import INTERFACES, ROOT, environment_with, needs_compiler
from tests.ros.conftest import PATIENT, Listener, Processes

ROBOT = load_robot("unitree_g1")

pytestmark = needs_compiler


@pytest.fixture(scope="module")
def environment() -> dict[str, str]:
    """Variables of a process that finds the built package."""
    return environment_with()


@pytest.fixture(scope="module")
def answers(environment, tiny_model, tmp_path_factory) -> Iterator[dict[str, Any]]:
    """What a client of a node with the action saw, and the states of the node meanwhile."""
    folder = tmp_path_factory.mktemp("action")
    processes, listener = Processes(folder), Listener("act")
    parameters = {"model": tiny_model, **PATIENT}
    words = [f"{name}:={value}" for name, value in parameters.items()]
    arguments = ["--ros-args", "-r", "__ns:=/act"]
    for word in words:
        arguments += ["-p", word]
    log = (folder / "node.log").open("w")
    node = subprocess.Popen(
        [sys.executable, "-m", "motiongpt_ros.motion_node", *arguments],
        env=environment,
        stdout=log,
        stderr=subprocess.STDOUT,
    )
    try:
        processes.start("sim_node", "act", rate=20.0)
        listener.wait_for_state("idle")
        listener.wait_until_connected()
        client = subprocess.Popen(
            [sys.executable, "-m", "tests.ros.action_client", "act"],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        listener.wait(lambda: client.poll() is not None, "the client", 180.0)
        assert client.stdout is not None and client.returncode == 0
        found = json.loads(client.stdout.read())
        found["states"] = [status["state"] for status in listener.statuses]
        found["reasons"] = [status.get("reason") for status in listener.statuses]
        node.send_signal(signal.SIGINT)
        assert node.wait(20) == 0
        found["log"] = (folder / "node.log").read_text()
        yield found
    finally:
        node.kill()
        processes.end()
        listener.destroy_node()


def test_a_goal_is_done_with_feedback_and_result(answers) -> None:
    executed = answers["executed"]
    assert (executed["status"], executed["success"]) == ("succeeded", True), executed
    assert executed["message"] == "done"
    assert executed["stages"][-1] == "executing"
    assert max(executed["seconds_done"]) > 0 and max(executed["seconds_ready"]) > 0
    assert executed["tokens"] > 0 and executed["joints"] == ROBOT.n_joints
    assert executed["violations"] == 0 and executed["slowdown"] >= 1
    assert executed["execution_seconds"] > 0.5
    assert executed["generation_seconds"] > 0 and executed["planning_seconds"] > 0


def test_a_preview_is_planned_from_the_current_pose_and_not_sent(answers) -> None:
    preview = answers["preview"]
    assert (preview["status"], preview["message"]) == ("succeeded", "planned, and not sent")
    assert np.allclose(preview["first"], ROBOT.rest_pose, atol=0.02)
    assert preview["points"] > 10 and preview["execution_seconds"] == 0
    assert preview["sent"] == 0
    assert answers["executed"]["sent"] >= 1  # it would have been seen


def test_a_goal_that_is_cancelled_stops_the_robot(answers) -> None:
    cancelled = answers["cancelled"]
    assert (cancelled["status"], cancelled["success"]) == ("canceled", False)
    assert cancelled["message"] == "cancelled; the robot was stopped"
    assert "stopped" in answers["states"]
    assert "the action was cancelled" in answers["reasons"]
    assert max(cancelled["seconds_done"]) < cancelled["execution_seconds"]


def test_a_goal_that_says_stop_stops_the_robot_at_once(answers) -> None:
    first = answers["interrupted"]
    stop = first["second"]
    assert (stop["status"], stop["success"]) == ("succeeded", True)
    assert stop["message"] == "stopped; all commands are dropped"
    assert stop["points"] == 0 and stop["tokens"] == 0
    assert first["status"] == "aborted"
    assert "(stopped): the command 'Please, stop now!'" in first["message"]
    assert max(first["seconds_done"]) < first["execution_seconds"]


@pytest.mark.parametrize(
    ("goal", "reason"),
    [
        ("stop to preview", "asks to stand still"),
        ("stop to append", "asks to stand still"),
        ("not to do", "only says what not to do"),
        ("wrong text", "not understood"),
        ("wrong task", "task is 'dance'; allowed: text, append"),
        ("wrong samples", "samples is 99; allowed: 1 to 16"),
        ("wrong seed", "seed is -5; allowed: -1 to 2147483647"),
        ("wrong duration", "duration is nan s; allowed: 0 or more"),
    ],
)
def test_a_goal_that_cannot_be_done_is_aborted_with_the_reason(answers, goal, reason) -> None:
    assert answers[goal]["status"] == "aborted"
    assert reason in answers[goal]["message"]


def test_a_node_with_the_package_does_not_say_that_it_lacks(answers) -> None:
    assert "no action generate_motion" not in answers["log"]


def test_a_node_without_the_package_says_so_once_and_works(processes, listen, tiny_model) -> None:
    node = processes.start("motion_node", "plain", model=tiny_model, **PATIENT)
    listener = listen("plain")
    listener.wait_for_state("idle")
    assert processes.stop(node).count("no action generate_motion") == 1


def test_colcon_sees_both_packages(environment) -> None:
    colcon = INTERFACES / "tools" / "bin" / "colcon"
    listed = subprocess.run(
        [colcon, "list", "--names-only"],
        cwd=ROOT / "ros2_ws",
        env={**environment, "COLCON_LOG_PATH": os.devnull},
        capture_output=True,
        text=True,
    )
    assert listed.stdout.split() == ["motiongpt_interfaces", "motiongpt_ros"], listed.stderr

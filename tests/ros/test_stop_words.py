"""A command that asks to be still does what service `stop` does, over real DDS."""

import time

from rcl_interfaces.srv import SetParameters
from rclpy.parameter import Parameter
from std_msgs.msg import String

from tests.ros.conftest import PATIENT
from tests.ros.test_controls import _check_stop, moving  # noqa: F401
from tests.ros.test_motion_node import COMMAND, read_message


def _say_stop(listener, text: str = "stop") -> float:
    """Publish a stop; seconds until the stopping trajectory is here."""
    sent, began = len(listener.trajectories), time.monotonic()
    listener.command.publish(String(data=text))
    listener.wait(lambda: len(listener.trajectories) > sent, "the stop")
    return time.monotonic() - began


def test_the_word_stop_slows_the_robot_down_and_drops_what_waits(moving) -> None:  # noqa: F811
    moving.say("and then he turns left and bows")
    mark = len(moving.statuses)
    _say_stop(moving, "Please, stop now!")
    status = moving.wait_for_state("stopped", mark)
    assert status["reason"] == "the command 'Please, stop now!'"
    _check_stop(moving)
    moving.spin(1.0)
    assert len(moving.trajectories) == 2
    assert not [s for s in moving.statuses[mark:] if s["state"] == "error"]


def test_motiongpt_say_does_not_wait_to_say_stop(moving, processes) -> None:  # noqa: F811
    mark = len(moving.statuses)
    speaker = processes.start_script("say", moving.get_namespace().strip("/"), "stop")
    moving.wait(lambda: speaker.poll() is not None, "its end")
    assert speaker.returncode == 0
    assert moving.wait_for_state("stopped", mark)["reason"] == "the command 'stop'"
    moving.wait(lambda: len(moving.trajectories) == 2, "the stop")
    _check_stop(moving)


def test_what_comes_after_stop_is_done_after_it(moving) -> None:  # noqa: F811
    mark = moving.say(f"stop, then {COMMAND}")
    moving.wait(lambda: len(moving.trajectories) == 3, "the stop and a motion")
    _check_stop(moving)
    assert moving.wait_for_state("executing", mark)["understood"] == [COMMAND]


def test_and_then_stop_lets_the_running_motion_end(moving) -> None:  # noqa: F811
    mark = moving.say("and then stop")
    assert "asks to stand still" in moving.wait_for_state("error", mark)["error"]
    assert len(moving.trajectories) == 1


def test_a_command_that_only_says_what_not_to_do_is_refused(moving) -> None:  # noqa: F811
    for text in ("do not walk", "don’t raise your left hand"):
        mark = moving.say(text)
        status = moving.wait_for_state("error", mark)
        assert "only says what not to do" in status["error"] and status["text"] == text
    moving.spin(0.5)
    assert len(moving.trajectories) == 1


def test_stop_is_obeyed_while_the_model_loads(processes, listen, slow_model) -> None:
    listener = listen("early_stop")
    processes.start("motion_node", "early_stop", model=slow_model, threads=1)
    listener.wait_for_state("loading")
    while not any(status["state"] in ("stopped", "idle") for status in listener.statuses):
        listener.command.publish(String(data="stop"))
        listener.spin(0.02)
    assert listener.statuses[-1]["state"] == "stopped"
    listener.wait_for_state("idle")


def test_stop_waits_for_no_generation_and_no_queue(processes, listen, slow_model) -> None:
    processes.start("sim_node", "busy", rate=20.0)
    processes.start("motion_node", "busy", model=slow_model, queue_policy="append", **PATIENT)
    listener = listen("busy")
    listener.wait_for_state("idle")
    listener.wait_until_connected()
    waits = []
    for _ in range(2):
        sent = len(listener.trajectories)
        status = listener.wait_for_state("executing", listener.say(COMMAND))
        listener.wait(lambda sent=sent: len(listener.trajectories) > sent, "a trajectory")
        mark = listener.say(COMMAND)
        listener.wait_for_state("generating", mark)
        mark = len(listener.statuses)
        waits.append(_say_stop(listener))
        listener.wait_for_state("stopped", mark)
        listener.spin(1.0)
        assert not read_message(listener.trajectories[-1]).velocities[-1].any()
        assert len(listener.trajectories) == sent + 2  # what was generated did not follow
    print(f"stopping trajectories after {[f'{w * 1e3:.0f} ms' for w in waits]}")
    assert status["generation_seconds"] > 5 * min(waits)


def test_stop_is_obeyed_whatever_confidence_is_asked_for(processes, listen) -> None:
    processes.start("sim_node", "sure", rate=20.0)
    processes.start("motion_node", "sure", **PATIENT)
    listener = listen("sure")
    listener.wait_for_state("idle")
    listener.wait_until_connected()
    listener.wait_for_state("executing", listener.say("walk forward"))
    wanted = [Parameter("min_confidence", value=1.0).to_parameter_msg()]
    request = SetParameters.Request(parameters=wanted)
    assert listener.call(SetParameters, "motiongpt/set_parameters", request).results[0].successful
    mark = listener.say("waltz with a stranger")
    assert "min_confidence 1" in listener.wait_for_state("error", mark)["error"]
    mark = len(listener.statuses)
    _say_stop(listener, "freeze!")
    assert listener.wait_for_state("stopped", mark)["reason"] == "the command 'freeze!'"

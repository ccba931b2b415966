import signal
import time

import pytest
from lifecycle_msgs.msg import State, Transition
from lifecycle_msgs.srv import ChangeState, GetState

from tests.ros.conftest import PATIENT
from tests.ros.test_motion_node import COMMAND

STARTS = 4
LONGEST_EXIT = 8.0
"""In [s]; 2 on a machine of one's own."""


def _change(listener, transition: int) -> bool:
    request = ChangeState.Request(transition=Transition(id=transition))
    return listener.call(ChangeState, "motiongpt/change_state", request).success


def _state(listener) -> int:
    answer = listener.call(GetState, "motiongpt/get_state", GetState.Request())
    return answer.current_state.id


def test_a_lifecycle_manager_leads_the_node_through_its_states(
    processes, listen, tiny_model
) -> None:
    processes.start("sim_node", "managed", rate=20.0)
    processes.start("motion_node", "managed", model=tiny_model, autostart=False, **PATIENT)
    listener = listen("managed")
    assert _state(listener) == State.PRIMARY_STATE_UNCONFIGURED
    error = listener.wait_for_state("error", listener.say(COMMAND))["error"]
    assert "unconfigured; configure and activate it" in error
    assert _change(listener, Transition.TRANSITION_CONFIGURE)
    error = listener.wait_for_state("error", listener.say(COMMAND))["error"]
    assert "inactive; activate it" in error
    assert _change(listener, Transition.TRANSITION_ACTIVATE)
    assert _state(listener) == State.PRIMARY_STATE_ACTIVE
    listener.wait_until_connected()
    listener.wait_for_motion(listener.say(COMMAND))
    listener.spin(0.5)
    mark = len(listener.statuses)
    assert _change(listener, Transition.TRANSITION_DEACTIVATE)
    assert listener.wait_for_state("stopped", mark)["reason"] == "deactivated"
    listener.wait(lambda: len(listener.trajectories) == 2, "the stop")
    assert _change(listener, Transition.TRANSITION_ACTIVATE)
    listener.wait_for_state("executing", listener.say(COMMAND))
    assert _change(listener, Transition.TRANSITION_DEACTIVATE)
    assert _change(listener, Transition.TRANSITION_CLEANUP)
    assert _state(listener) == State.PRIMARY_STATE_UNCONFIGURED


def test_a_model_that_cannot_be_loaded_leaves_the_node_inactive(processes, listen) -> None:
    processes.start("motion_node", "failing", model="/nowhere", autostart=False, threads=1)
    listener = listen("failing")
    assert _change(listener, Transition.TRANSITION_CONFIGURE)
    assert not _change(listener, Transition.TRANSITION_ACTIVATE)
    assert _state(listener) == State.PRIMARY_STATE_INACTIVE
    assert "no model '/nowhere'" in listener.statuses[-1]["error"]


def test_without_a_time_on_the_clock_topic_a_command_is_refused(
    processes, listen, tiny_model
) -> None:
    processes.start("motion_node", "timeless", model=tiny_model, use_sim_time=True, **PATIENT)
    listener = listen("timeless")
    listener.wait_for_state("idle")
    error = listener.wait_for_state("error", listener.say(COMMAND))["error"]
    assert "no time was received on /clock" in error


def test_a_parameter_out_of_range_ends_the_node_with_the_reason(processes) -> None:
    node = processes.start("motion_node", "refused", rate=1.0)
    printed = node.wait(60)
    assert node.returncode == 1
    assert "rate" in printed and "Traceback" not in printed


def test_the_node_starts_and_stops_again_and_again(processes, tiny_model, listen) -> None:
    for number in range(STARTS):
        name = f"again{number}"
        node = processes.start("motion_node", name, model=tiny_model, threads=1)
        listener = listen(name)
        if number % 2:
            listener.wait_for_state("idle")
        else:  # loading, unless that is over already
            listener.wait(listener.statuses.__len__, "a status")
        printed = processes.stop(node, LONGEST_EXIT)
        assert node.returncode == 0, printed


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_the_robot_is_stopped_when_the_node_ends_while_it_moves(
    processes, listen, slow_model, sign
) -> None:
    name = f"moving_{sign}"
    processes.start("sim_node", name, rate=20.0)
    node = processes.start("motion_node", name, model=slow_model, **PATIENT)
    listener = listen(name)
    listener.wait_for_state("idle")
    listener.wait_until_connected()
    listener.wait_for_state("executing", listener.say(COMMAND))
    listener.wait_for_state("generating", listener.say(COMMAND))
    sent, mark, began = len(listener.trajectories), len(listener.statuses), time.monotonic()
    node.send_signal(sign)
    printed = node.wait(20)
    assert time.monotonic() - began < LONGEST_EXIT
    assert node.returncode == 0, printed
    assert "Traceback" not in printed
    assert listener.wait_for_state("stopped", mark)["reason"] == "the node ends"
    listener.wait(lambda: len(listener.trajectories) > sent, "the stop")
    assert not any(listener.trajectories[-1].points[-1].velocities)

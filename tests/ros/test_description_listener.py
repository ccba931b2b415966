import pytest
from std_msgs.msg import String

from motiongpt.errors import RobotError
from motiongpt_ros import messages
from motiongpt_ros.description_listener import DescriptionListener
from tests.retarget.tiny_humanoid import humanoid_urdf
from tests.ros.conftest import PATIENT
from tests.ros.test_motion_node import COMMAND


def _describe(listener, text: str):
    publisher = listener.create_publisher(String, "robot_description", messages.LATCHED_QOS)
    publisher.publish(String(data=text))
    return publisher


def test_a_robot_that_is_only_described_is_driven_until_another_is_described(
    processes, listen, tiny_model
) -> None:
    listener = listen("described")
    publisher = _describe(listener, humanoid_urdf())
    processes.start(
        "motion_node", "described", model=tiny_model, robot="/robot_description", **PATIENT
    )
    listener.wait_for_state("idle")
    mark = len(listener.statuses)
    publisher.publish(String(data=humanoid_urdf(wrist="")))
    error = listener.wait_for_state("error", mark)["error"]
    assert "not of robot 'tiny': it lacks joints ['left_wrist_x'" in error
    error = listener.wait_for_state("error", listener.say(COMMAND))["error"]
    assert "the command is not followed: /robot_description is not of robot" in error


def test_a_description_of_another_robot_than_the_configured_one_stops_the_start(
    processes, listen, tiny_model
) -> None:
    listener = listen("foreign")
    publisher = _describe(listener, humanoid_urdf())
    processes.start("motion_node", "foreign", model=tiny_model, **PATIENT)
    error = listener.wait_for_state("error")["error"]
    assert "/robot_description is not of robot 'unitree_g1'" in error
    assert "left_hip_pitch_joint" in error
    assert publisher.get_subscription_count() == 1


def test_a_description_that_never_comes_is_named(listen) -> None:
    heard = DescriptionListener(listen("silent"), print, longest_wait=0.1)
    with pytest.raises(RobotError, match="nothing was heard on the topic robot_description"):
        heard.load("/robot_description", lambda: False)

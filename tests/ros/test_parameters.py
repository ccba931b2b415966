import dataclasses

import pytest
import rclpy
from rclpy.exceptions import InvalidParameterValueException
from rclpy.node import Node
from rclpy.parameter import Parameter

from motiongpt_ros.parameters import (
    MotionSettings,
    ParameterError,
    SimSettings,
    declare,
    declared,
    read,
)

KINDS = [MotionSettings, SimSettings]


@pytest.fixture
def node():
    made = rclpy.create_node("parameters")
    yield made
    made.destroy_node()


@pytest.mark.parametrize("kind", KINDS)
def test_every_parameter_is_described_and_its_default_allowed(kind: type) -> None:
    for parameter in declared(kind):
        option = parameter.option
        assert option.description.endswith(".")
        if isinstance(parameter.default, int | float) and not isinstance(parameter.default, bool):
            assert option.lowest <= parameter.default <= option.highest


@pytest.mark.parametrize("kind", KINDS)
def test_a_node_reads_back_the_defaults_and_shows_what_is_declared(kind: type, node: Node) -> None:
    assert declare(node, kind) == kind() == read(node, kind)
    for parameter in declared(kind):
        shown = node.describe_parameter(parameter.name)
        assert shown.description == parameter.option.description
        assert shown.read_only == parameter.option.read_only


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (Parameter("queue_policy", value="drop"), "allowed: replace, append"),
        (Parameter("rate", value=1.0), "range"),
        (Parameter("rate", value="fast"), "type"),
        (Parameter("robot", value="other"), "read-only"),
    ],
)
def test_a_change_that_is_not_allowed_is_refused_with_the_reason(node, change, reason) -> None:
    declare(node, MotionSettings)
    result = node.set_parameters([change])[0]
    assert not result.successful
    assert reason in result.reason.lower()
    assert read(node, MotionSettings) == MotionSettings()


def test_a_change_that_is_allowed_is_read(node: Node) -> None:
    declare(node, MotionSettings)
    assert node.set_parameters([Parameter("queue_policy", value="append")])[0].successful
    wanted = dataclasses.replace(MotionSettings(), queue_policy="append")
    assert read(node, MotionSettings) == wanted


def test_a_start_value_that_is_not_allowed_is_refused() -> None:
    arguments = ["--ros-args", "-p", "queue_policy:=drop", "-p", "motiongpt_rate:=1.0"]
    node = rclpy.create_node("refused", cli_args=arguments)
    with pytest.raises(ParameterError, match="'queue_policy' is 'drop'; allowed: replace, append"):
        declare(node, MotionSettings)
    node.destroy_node()
    node = rclpy.create_node("refused", cli_args=["--ros-args", "-p", "rate:=1.0"])
    with pytest.raises(InvalidParameterValueException, match="rate"):
        declare(node, MotionSettings)
    node.destroy_node()

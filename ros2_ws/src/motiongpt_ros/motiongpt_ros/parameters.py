"""Parameters of the nodes: each a field of a dataclass, which is its only declaration.

The field gives name, type and default; `option` adds description, range, choices and whether it
can be changed while the node runs. README's tables and `config/motiongpt.yaml` are written from
it by `parameter_files`.
"""

import dataclasses
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar

from rcl_interfaces.msg import (
    FloatingPointRange,
    IntegerRange,
    ParameterDescriptor,
    SetParametersResult,
)
from rclpy.node import Node
from rclpy.parameter import Parameter

from motiongpt.errors import MotionGPTError

Value = str | int | float | bool
Settings = TypeVar("Settings")


class ParameterError(MotionGPTError):
    """A parameter's value is not allowed."""


@dataclass(frozen=True)
class Option:
    """What is known of a parameter besides its name, type and default.

    Attributes:
        description: what it does, with unit.
        lowest: least value, for numbers.
        highest: greatest value, for numbers.
        choices: allowed values, for strings; empty allows any.
        read_only: whether it can only be set at start.
    """

    description: str
    lowest: float | None = None
    highest: float | None = None
    choices: tuple[str, ...] = ()
    read_only: bool = False


@dataclass(frozen=True)
class Declared:
    """A parameter as declared.

    Attributes:
        name: its name.
        default: its default, which also gives its type.
        option: the rest.
    """

    name: str
    default: Value
    option: Option

    def descriptor(self) -> ParameterDescriptor:
        """The descriptor that `ros2 param describe` shows."""
        option = self.option
        found = ParameterDescriptor(description=option.description, read_only=option.read_only)
        if option.choices:
            found.additional_constraints = f"one of: {', '.join(option.choices)}"
        if option.lowest is None or option.highest is None:
            return found
        if isinstance(self.default, int):
            low, high = int(option.lowest), int(option.highest)
            found.integer_range = [IntegerRange(from_value=low, to_value=high, step=0)]
        else:
            found.floating_point_range = [
                FloatingPointRange(from_value=option.lowest, to_value=option.highest, step=0.0)
            ]
        return found


def option(default: Any, description: str, *span: float, **more: Any) -> Any:
    """A dataclass field that is a parameter; `span` is its least and greatest value."""
    low, high = span or (None, None)
    return field(default=default, metadata={"option": Option(description, low, high, **more)})


def declared(kind: type) -> Iterator[Declared]:
    """The parameters that a settings class declares."""
    for item in dataclasses.fields(kind):
        yield Declared(item.name, item.default, item.metadata["option"])


def check_choices(settings: object) -> None:
    """Refuse a value that is not among the choices.

    Raises:
        ParameterError: naming the parameter and what is allowed.
    """
    for parameter in declared(type(settings)):
        value, choices = getattr(settings, parameter.name), parameter.option.choices
        if choices and value not in choices:
            raise ParameterError(
                f"parameter '{parameter.name}' is '{value}'; allowed: {', '.join(choices)}"
            )


POLICIES = ("replace", "append")
MODES = ("whole_body", "split", "upper_body", "upper_body_balanced")


@dataclass(frozen=True)
class MotionSettings:
    """Parameters of the motion node."""

    model: str = option(
        "default", "Shipped model by name, or the path of a model folder.", read_only=True
    )
    device: str = option(
        "cpu", "Torch device of the language model, such as cpu or cuda:0.", read_only=True
    )
    robot: str = option(
        "unitree_g1",
        "Shipped robot by name, path of a robot file, URDF or MJCF, a name of robot_descriptions, "
        "or /robot_description.",
        read_only=True,
    )
    threads: int = option(
        2,
        "CPU threads of torch, in which the model runs; 0 leaves torch's default. Planning takes "
        "one.",
        0,
        64,
        read_only=True,
    )
    autostart: bool = option(
        True, "Configure and activate at start, without a lifecycle manager.", read_only=True
    )
    rate: float = option(50.0, "Trajectory points a second, in Hz.", 10.0, 500.0)
    temperature: float = option(
        0.0, "Of the sampling; 0 takes the most likely motion, more makes it varied.", 0.0, 2.0
    )
    seed: int = option(
        0, "Of the sampling; the same text and seed give the same motion.", 0, 2**31 - 1
    )
    max_duration: float = option(10.0, "Longest generated motion, in s.", 1.0, 10.0)
    min_confidence: float = option(
        0.62,
        "A command that is less near than this to everything that the model does well is refused: "
        "1 is the same, 0 refuses nothing.",
        0.0,
        1.0,
    )
    streaming: bool = option(
        True,
        "Publish the beginning of a motion while the rest is still generated, and go on from it.",
    )
    initial_pose: bool = option(
        True, "Tell the model which pose the robot is in, so that the motion goes on from it."
    )
    queue_policy: str = option(
        "replace",
        "What a command does to those before it: replace them, or append itself to them.",
        choices=POLICIES,
    )
    queue_length: int = option(8, "Most commands that wait; one more is refused.", 1, 100)
    mode: str = option(
        "whole_body",
        "What is told: all joints and base_path (whole_body); arms and trunk, and cmd_vel for the "
        "legs (split); all joints but those of legs and waist (upper_body); all joints and "
        "base_path, on feet that stay, in balance and not streamed (upper_body_balanced).",
        choices=MODES,
    )
    lead_time: float = option(
        0.1, "While a motion runs, a new one starts this much later than it is sent, in s.",
        0.02, 1.0,
    )  # fmt: skip
    state_timeout: float = option(
        1.0, "Oldest joint state that a motion may start from, or go on with, in s.", 0.05, 60.0
    )
    tracking_tolerance: float = option(
        0.5, "How far a joint may be from where it is told to be, in rad.", 0.01, 10.0
    )
    tracking_time: float = option(
        0.3, "A joint may be out of the tolerance for this long, in s.", 0.0, 10.0
    )

    def __post_init__(self) -> None:
        check_choices(self)


BASES = ("fixed", "kinematic", "free")


@dataclass(frozen=True)
class SimSettings:
    """Parameters of the simulated robot."""

    robot: str = option(
        "unitree_g1", "Shipped robot by name, or the path of a robot file.", read_only=True
    )
    rate: float = option(100.0, "Joint states a second, in Hz.", 10.0, 500.0, read_only=True)
    base: str = option(
        "kinematic",
        "Held in the air, placed along base_path or by cmd_vel, or free to fall on the floor.",
        choices=BASES,
        read_only=True,
    )
    clock: bool = option(
        False, "Make the time: publish /clock, for nodes with use_sim_time.", read_only=True
    )
    clock_rate: float = option(
        100.0, "Messages on /clock a second, in Hz.", 10.0, 1000.0, read_only=True
    )
    speed: float = option(
        1.0, "Simulated seconds in a second, with clock.", 0.05, 20.0, read_only=True
    )
    partial_joints: bool = option(
        False, "Take trajectories that name some joints only; the others stay.", read_only=True
    )
    path_tolerance: float = option(
        0.0, "How far a joint may be off while a trajectory runs, in rad; 0 allows anything.",
        0.0, 10.0, read_only=True,
    )  # fmt: skip
    goal_tolerance: float = option(
        0.0, "How far a joint may be off at its end, in rad; 0 allows anything.", 0.0, 10.0,
        read_only=True,
    )  # fmt: skip
    goal_time: float = option(
        0.0, "How late it may get there, in s; 0 allows any time.", 0.0, 60.0, read_only=True
    )
    stiffness: float = option(
        300.0, "Gain of the joints' position servos, in N m/rad.", 1.0, 10000.0, read_only=True
    )
    camera_rate: float = option(
        0.0, "Pictures on camera a second, in Hz; 0 draws none.", 0.0, 60.0, read_only=True
    )
    camera_width: int = option(320, "Of a picture, in pixels.", 16, 1920, read_only=True)
    camera_height: int = option(240, "Of a picture, in pixels.", 16, 1080, read_only=True)

    def __post_init__(self) -> None:
        check_choices(self)


@dataclass(frozen=True)
class G1Settings:
    """Parameters of the bridge to a Unitree G1."""

    robot: str = option(
        "unitree_g1", "Shipped robot by name, or the path of a robot file.", read_only=True
    )
    dry_run: bool = option(
        True, "Send nothing to a robot; publish what would be sent.", read_only=True
    )
    interface: str = option(
        "eth0", "Network interface towards the robot, unless dry.", read_only=True
    )
    waist: bool = option(
        True, "Tell the three waist joints too, not the arms alone.", read_only=True
    )
    rate: float = option(50.0, "Commands a second, in Hz.", 20.0, 500.0, read_only=True)
    ramp_time: float = option(
        2.0, "Time in which the arms are taken over, and given back, in s.", 0.5, 10.0,
        read_only=True,
    )  # fmt: skip
    stiffness: float = option(60.0, "Gain of the arms, in N m/rad.", 1.0, 100.0, read_only=True)
    damping: float = option(1.5, "Damping of the arms, in N m s/rad.", 0.1, 5.0, read_only=True)
    max_forward: float = option(
        0.6, "Fastest walk forward and backward, in m/s.", 0.0, 1.5, read_only=True
    )
    max_sideways: float = option(0.3, "Fastest walk sideways, in m/s.", 0.0, 0.6, read_only=True)
    max_turn: float = option(0.8, "Fastest turn, in rad/s.", 0.0, 2.0, read_only=True)
    velocity_timeout: float = option(
        0.5, "A velocity counts for this long, in s.", 0.1, 1.0, read_only=True
    )
    state_timeout: float = option(
        0.5, "Oldest state of the robot with which the arms are kept, in s.", 0.05, 5.0,
        read_only=True,
    )  # fmt: skip


@dataclass(frozen=True)
class FollowSettings:
    """Parameters of the client of a controller's action."""

    action: str = option(
        "joint_trajectory_controller/follow_joint_trajectory",
        "Action of the controller.",
        read_only=True,
    )


@dataclass(frozen=True)
class RecorderSettings:
    """Parameters of the recorder."""

    folder: str = option("", "Folder that each session's bag goes into.", read_only=True)


def declare(node: Node, kind: type[Settings]) -> Settings:
    """Declare parameters on a node; later changes are checked against all others.

    Returns:
        The values that the node starts with.

    Raises:
        ParameterError: for a value that is not allowed.
        rclpy.exceptions.ParameterException: for a wrong type or a value out of range.
    """
    for parameter in declared(kind):
        node.declare_parameter(parameter.name, parameter.default, parameter.descriptor())
    settings = read(node, kind)

    def check(changes: Iterable[Parameter]) -> SetParametersResult:
        try:
            read(node, kind, {change.name: change.value for change in changes})
        except ParameterError as error:
            return SetParametersResult(successful=False, reason=str(error))
        return SetParametersResult(successful=True)

    node.add_on_set_parameters_callback(check)
    return settings


def read(node: Node, kind: type[Settings], changes: dict[str, Value] | None = None) -> Settings:
    """The parameters' current values, with changes that are considered.

    Raises:
        ParameterError: for a value that is not allowed.
    """
    names = [parameter.name for parameter in declared(kind)]
    values = {name: node.get_parameter(name).value for name in names}
    return kind(**values | {k: v for k, v in (changes or {}).items() if k in values})

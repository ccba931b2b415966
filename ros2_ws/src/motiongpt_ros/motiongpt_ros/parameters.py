"""Parameters of the nodes, each declared once: name, default, description and range."""

from dataclasses import dataclass

from rcl_interfaces.msg import FloatingPointRange, IntegerRange, ParameterDescriptor
from rclpy.node import Node

Value = str | int | float | bool


@dataclass(frozen=True)
class Parameter:
    """A ROS parameter.

    Attributes:
        name: its name.
        default: its default, which also gives its type.
        description: what it does, with unit.
        lowest: least value, for numbers.
        highest: greatest value, for numbers.
        read_only: whether it can only be set at start.
    """

    name: str
    default: Value
    description: str
    lowest: float | None = None
    highest: float | None = None
    read_only: bool = True

    def descriptor(self) -> ParameterDescriptor:
        """The descriptor that `ros2 param describe` shows."""
        descriptor = ParameterDescriptor(description=self.description, read_only=self.read_only)
        if self.lowest is not None and self.highest is not None:
            if isinstance(self.default, int):
                span = IntegerRange(
                    from_value=int(self.lowest), to_value=int(self.highest), step=0
                )
                descriptor.integer_range = [span]
            else:
                descriptor.floating_point_range = [
                    FloatingPointRange(from_value=self.lowest, to_value=self.highest, step=0.0)
                ]
        return descriptor


MOTION_PARAMETERS = (
    Parameter("model", "default", "Shipped model by name, or a model folder."),
    Parameter("device", "cpu", "Torch device of the language model, such as cpu or cuda:0."),
    Parameter("robot", "unitree_g1", "Shipped robot by name, or the path of a robot file."),
    Parameter("threads", 2, "CPU threads of the model; 0 leaves torch's default.", 0, 64),
    Parameter("rate", 50.0, "Trajectory points a second, in Hz.", 10.0, 500.0, False),
    Parameter("temperature", 0.0, "Sampling temperature; 0 takes the most likely motion.",
              0.0, 2.0, False),
    Parameter("seed", 0, "Seed of the sampling; the same text then gives the same motion.",
              0, 2**31 - 1, False),
    Parameter("max_duration", 10.0, "Longest generated motion, in s.", 1.0, 10.0, False),
    Parameter("lead_time", 0.1, "While a motion runs, a new one starts this much later than it is "
              "planned, in s.", 0.02, 1.0, False),
    Parameter("state_timeout", 1.0, "Oldest joint state that a motion may start from, in s.",
              0.05, 60.0, False),
)  # fmt: skip

SIM_PARAMETERS = (
    Parameter("robot", "unitree_g1", "Shipped robot by name, or the path of a robot file."),
    Parameter("rate", 100.0, "Joint states a second, in Hz.", 10.0, 500.0),
    Parameter("stiffness", 300.0, "Gain of the joints' position servos, in N m/rad.",
              1.0, 10000.0),
)  # fmt: skip


def declare(node: Node, parameters: tuple[Parameter, ...]) -> None:
    """Declare parameters on a node."""
    for parameter in parameters:
        node.declare_parameter(parameter.name, parameter.default, parameter.descriptor())

"""What goes to a Unitree G1's `arm_sdk` and walking controller; knows neither ROS nor the SDK.

`arm_sdk` blends what it is sent into what the walking controller wants, by a weight from 0 to 1.
Facts: Unitree's G1 developer documentation (arm_sdk, motor order, LocoClient).
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from motiongpt.errors import MotionGPTError, RobotError
from motiongpt.retarget import JointState, Robot

FIRST_ARM_MOTOR, FIRST_WAIST_MOTOR, N_MOTORS = 15, 12, 29
"""Of the 29 motors: legs 0 to 11, waist 12 to 14, arms 15 to 28."""


class LinkError(MotionGPTError):
    """The robot cannot be reached."""


@dataclass(frozen=True)
class ArmCommand:
    """One message for `arm_sdk`.

    Attributes:
        weight: share of these values in what the motors do, 0 to 1.
        motors: numbers of the motors, m of them.
        positions: shape (m,), in [rad].
        velocities: shape (m,), in [rad/s].
        stiffness: in [N m/rad].
        damping: in [N m s/rad].
    """

    weight: float
    motors: tuple[int, ...]
    positions: np.ndarray
    velocities: np.ndarray
    stiffness: float
    damping: float


class Link(Protocol):
    """The way to a robot."""

    def read(self) -> tuple[JointState, float] | None:
        """The newest state of all 29 joints and its age in [s]; None before the first one."""
        ...

    def send(self, command: ArmCommand) -> None:
        """Send a command to the arms."""
        ...

    def walk(self, velocity: np.ndarray) -> None:
        """Let the robot walk: velocity (3,) forward and left in [m/s], turn in [rad/s]."""
        ...

    def close(self) -> None:
        """End."""
        ...


class WeightRamp:
    """The weight on its way to 0 or 1, at an even pace."""

    def __init__(self, seconds: float) -> None:
        """Begin at 0; the whole way takes `seconds` in [s]."""
        self._seconds = seconds
        self.value = 0.0

    def step(self, on: bool, timestep: float) -> float:
        """The weight one time step in [s] later, on its way to 1 if `on`, else to 0."""
        change = timestep / self._seconds
        self.value = min(1.0, self.value + change) if on else max(0.0, self.value - change)
        return self.value


def check_robot(robot: Robot) -> None:
    """Refuse a robot whose joints are not the G1's 29 motors.

    Raises:
        RobotError: naming what is allowed.
    """
    names = robot.joint_names
    in_order = len(names) == N_MOTORS and all(
        word in names[motor]
        for motor, word in (
            (0, "left_hip_pitch"),
            (6, "right_hip_pitch"),
            (FIRST_WAIST_MOTOR, "waist_yaw"),
            (FIRST_ARM_MOTOR, "left_shoulder_pitch"),
            (22, "right_shoulder_pitch"),
        )
    )
    if not in_order:
        raise RobotError(
            f"robot '{robot.name}' has not the joints of a Unitree G1; allowed: a robot file with "
            f"the {N_MOTORS} joints of 'unitree_g1', in its order"
        )


def approach(
    before: np.ndarray, wanted: np.ndarray, robot: Robot, motors: list[int], timestep: float
) -> np.ndarray:
    """Positions (m,) in [rad] on the way to wanted ones that keep all limits.

    Args:
        before: what was sent before, shape (m,), in [rad].
        wanted: where to go, shape (m,), in [rad].
        robot: whose position and velocity limits hold.
        motors: which joints, m of them.
        timestep: since `before`, in [s].
    """
    most = robot.velocity_limit[motors] * timestep
    step = np.clip(wanted - before, -most, most)
    return np.clip(before + step, robot.lower[motors], robot.upper[motors])


def limit_velocity(velocity: np.ndarray, most: np.ndarray) -> np.ndarray:
    """A velocity (3,) with each part within +-`most` (3,).

    Raises:
        RobotError: for a value that is not finite.
    """
    if not np.isfinite(velocity).all():
        raise RobotError("cmd_vel has a value that is not finite")
    return np.clip(velocity, -most, most)


class DryLink:
    """A robot that exists in thought only and does at once what it is told."""

    def __init__(self, robot: Robot) -> None:
        """Stand in the rest pose."""
        self.positions = robot.rest_pose.copy()
        self.velocity = np.zeros(3)

    def read(self) -> tuple[JointState, float] | None:
        """Where it is."""
        return JointState(self.positions.copy(), np.zeros_like(self.positions)), 0.0

    def send(self, command: ArmCommand) -> None:
        """Go there, by the weight."""
        motors = list(command.motors)
        gap = command.positions - self.positions[motors]
        self.positions[motors] += command.weight * gap

    def walk(self, velocity: np.ndarray) -> None:
        """Remember the velocity."""
        self.velocity = velocity

    def close(self) -> None:
        """Nothing to end."""

"""What `/diagnostics` says once a second (REP-107)."""

from dataclasses import dataclass

from builtin_interfaces.msg import Time as TimeMsg
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue

from motiongpt_ros.conductor import State

LEVELS = {
    State.ERROR: DiagnosticStatus.ERROR,
    State.HOLDING: DiagnosticStatus.WARN,
    State.STOPPED: DiagnosticStatus.WARN,
}


@dataclass(frozen=True)
class Health:
    """The node at one moment.

    Attributes:
        name: fully qualified name of the node.
        hardware: the robot's name.
        lifecycle: label of the lifecycle state.
        state: what `status` said last.
        reason: why.
        estopped: whether the emergency stop is on.
        state_age: age of the last usable joint state in [s]; None if there is none.
        waiting: commands that wait.
        commands: commands that were heard.
        trajectories: trajectories that were sent.
    """

    name: str
    hardware: str
    lifecycle: str
    state: State
    reason: str
    estopped: bool
    state_age: float | None
    waiting: int
    commands: int
    trajectories: int


def diagnostics_message(health: Health, stamp: TimeMsg) -> DiagnosticArray:
    """Write a node's health."""
    status = DiagnosticStatus(name=f"{health.name}: motion", hardware_id=health.hardware)
    status.level = LEVELS.get(health.state, DiagnosticStatus.OK)
    status.message = (
        f"{health.state.value}: {health.reason}" if health.reason else health.state.value
    )
    age = "none" if health.state_age is None else f"{health.state_age:.3f}"
    values = {
        "state": health.state.value,
        "lifecycle": health.lifecycle,
        "emergency stop": "on" if health.estopped else "off",
        "joint state age [s]": age,
        "commands waiting": str(health.waiting),
        "commands heard": str(health.commands),
        "trajectories sent": str(health.trajectories),
    }
    status.values = [KeyValue(key=key, value=value) for key, value in values.items()]
    message = DiagnosticArray(status=[status])
    message.header.stamp = stamp
    return message

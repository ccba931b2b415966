"""Does the robot do what it is told, and is it heard at all?"""

from dataclasses import dataclass

import numpy as np

from motiongpt.retarget import JointState

LARGEST_STEP = 1.0
"""Most seconds of the node's clock between two looks, however short they are apart."""

FASTEST_CLOCK = 20.0
"""Most seconds of the node's clock in a second of real time; a simulation may be fast."""


@dataclass(frozen=True)
class Limits:
    """What the watchdog allows.

    Attributes:
        state_timeout: oldest joint state in [s].
        tracking_tolerance: largest distance of a joint from where it should be, in [rad].
        tracking_time: how long it may be out of the tolerance, in [s].
    """

    state_timeout: float
    tracking_tolerance: float
    tracking_time: float


@dataclass(frozen=True)
class Fault:
    """Why the robot must be held.

    Attributes:
        reason: what the user reads.
        command_valid: whether the robot is still likely to be where it was told to be.
    """

    reason: str
    command_valid: bool


class Watchdog:
    """Looks at what was told and what was measured, at every tick."""

    def __init__(self, joint_names: tuple[str, ...]) -> None:
        """Watch a robot's joints."""
        self._names = joint_names
        self._last: tuple[float, float] | None = None
        self._out_since: float | None = None

    def clock_jump(self, now: float, steady: float) -> Fault | None:
        """Whether the node's clock has jumped since the last look.

        Args:
            now: the node's clock, in [s].
            steady: a clock that never jumps, in [s].
        """
        last, self._last = self._last, (now, steady)
        if last is None:
            return None
        way = now - last[0]
        if 0 <= way <= LARGEST_STEP + FASTEST_CLOCK * (steady - last[1]):
            return None
        to = "back" if way < 0 else "forward"
        return Fault(f"the clock jumped {abs(way):.3f} s {to}", command_valid=False)

    def forget(self) -> None:
        """Begin to watch another motion."""
        self._out_since = None

    def tracking(
        self,
        now: float,
        told: JointState,
        measured: JointState,
        measured_at: float,
        limits: Limits,
        joints: np.ndarray | None = None,
    ) -> Fault | None:
        """Compare what is measured with what was told.

        Args:
            now: the node's clock, in [s].
            told: where the robot should have been when it was measured.
            measured: the last state.
            measured_at: when that came, in [s].
            limits: what is allowed.
            joints: which joints count, shape (n,); None takes all.
        """
        age = now - measured_at
        if age > limits.state_timeout:
            return Fault(
                f"the last joint state is {age:.2f} s old; allowed: {limits.state_timeout} s",
                command_valid=True,
            )
        gap = np.abs(measured.positions - told.positions)
        if joints is not None:
            gap = np.where(joints, gap, 0.0)
        if gap.max() <= limits.tracking_tolerance:
            self._out_since = None
            return None
        if self._out_since is None:
            self._out_since = now
        if now - self._out_since < limits.tracking_time:
            return None
        return Fault(
            f"joint '{self._names[int(gap.argmax())]}' is {gap.max():.2f} rad from where it is "
            f"told to be; allowed: {limits.tracking_tolerance}",
            command_valid=False,
        )

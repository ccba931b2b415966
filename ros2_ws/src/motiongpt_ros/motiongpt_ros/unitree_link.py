"""The way to a real Unitree G1, by `unitree_sdk2py`; imported by nothing that runs dry."""

import threading
import time
from typing import Any

import numpy as np

from motiongpt.retarget import JointState
from motiongpt_ros.arm_link import N_MOTORS, ArmCommand, LinkError

WEIGHT_MOTOR = 29
"""Place of the weight among the motors of an `arm_sdk` message."""

DOMAIN = 0
RPC_TIMEOUT = 1.0
"""Longest wait for the walking controller's answer, in [s]."""


def _sdk() -> dict[str, Any]:
    try:
        from unitree_sdk2py.core.channel import (
            ChannelFactoryInitialize,
            ChannelPublisher,
            ChannelSubscriber,
        )
        from unitree_sdk2py.g1.loco.g1_loco_client import LocoClient
        from unitree_sdk2py.idl.default import unitree_hg_msg_dds__LowCmd_
        from unitree_sdk2py.idl.unitree_hg.msg.dds_ import LowCmd_, LowState_
        from unitree_sdk2py.utils.crc import CRC
    except ImportError as error:
        raise LinkError(
            f"a real G1 needs unitree_sdk2py, which cannot be imported ({error}); install it from "
            "github.com/unitreerobotics/unitree_sdk2_python, or leave dry_run on"
        ) from error
    return {
        "initialize": ChannelFactoryInitialize,
        "publisher": ChannelPublisher,
        "subscriber": ChannelSubscriber,
        "loco": LocoClient,
        "command": unitree_hg_msg_dds__LowCmd_,
        "command_type": LowCmd_,
        "state_type": LowState_,
        "crc": CRC,
    }


class UnitreeLink:
    """A G1 whose walking controller runs (`ai` or `normal` mode), so that it stands by itself."""

    def __init__(self, interface: str) -> None:
        """Connect.

        Args:
            interface: network interface towards the robot, such as "eth0".

        Raises:
            LinkError: if the SDK is missing or cannot use the interface.
        """
        sdk = _sdk()
        try:
            sdk["initialize"](DOMAIN, interface)
            self._arms = sdk["publisher"]("rt/arm_sdk", sdk["command_type"])
            self._arms.Init()
            self._states = sdk["subscriber"]("rt/lowstate", sdk["state_type"])
            self._states.Init(self._keep, 10)
            self._loco = sdk["loco"]()
            self._loco.SetTimeout(RPC_TIMEOUT)
            self._loco.Init()
        except Exception as error:  # the SDK raises bare exceptions
            raise LinkError(f"no way to the robot over '{interface}': {error}") from error
        self._message, self._crc = sdk["command"](), sdk["crc"]()
        self._state: tuple[JointState, float] | None = None
        self._wanted: np.ndarray | None = None
        self._changed = threading.Condition()
        self._closed = False
        self._walker = threading.Thread(target=self._walk, name="unitree-loco", daemon=True)
        self._walker.start()

    def read(self) -> tuple[JointState, float] | None:
        """The newest state of all joints and its age in [s]."""
        state = self._state
        return None if state is None else (state[0], time.monotonic() - state[1])

    def send(self, command: ArmCommand) -> None:
        """Send a command to the arms."""
        message = self._message
        message.motor_cmd[WEIGHT_MOTOR].q = float(command.weight)
        for motor, q, dq in zip(
            command.motors, command.positions, command.velocities, strict=True
        ):
            slot = message.motor_cmd[motor]
            slot.q, slot.dq, slot.tau = float(q), float(dq), 0.0
            slot.kp, slot.kd = command.stiffness, command.damping
        message.crc = self._crc.Crc(message)
        self._arms.Write(message)

    def walk(self, velocity: np.ndarray) -> None:
        """Tell the walking controller; its answer is waited for in another thread."""
        with self._changed:
            self._wanted = velocity
            self._changed.notify()

    def close(self) -> None:
        """End."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._walker.join(timeout=RPC_TIMEOUT)

    def _keep(self, message: Any) -> None:
        motors = message.motor_state[:N_MOTORS]
        state = JointState(np.array([m.q for m in motors]), np.array([m.dq for m in motors]))
        self._state = (state, time.monotonic())

    def _walk(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._closed or self._wanted is not None)
                velocity, self._wanted = self._wanted, None
                if velocity is None:
                    return
            self._loco.Move(*(float(v) for v in velocity))

"""The way to a real G1, against a stand-in for Unitree's SDK, which no package index has."""

import sys
import time
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

from motiongpt_ros.arm_link import ArmCommand, LinkError
from motiongpt_ros.unitree_link import WEIGHT_MOTOR, UnitreeLink


def _motors(n: int) -> list[SimpleNamespace]:
    return [SimpleNamespace(q=0.0, dq=0.0, tau=0.0, kp=0.0, kd=0.0) for _ in range(n)]


class Sdk:
    """Keeps what is written."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.written: list[SimpleNamespace] = []
        self.moves: list[tuple[float, ...]] = []
        self.hear = None
        self.topics: list[str] = []
        sdk = self

        class Channel:
            def __init__(self, topic: str, kind: type) -> None:
                sdk.topics.append(topic)

            def Init(self, hear=None, depth: int = 0) -> None:
                sdk.hear = hear or sdk.hear

            def Write(self, message: SimpleNamespace) -> None:
                sdk.written.append(message)

        class Loco:
            def SetTimeout(self, seconds: float) -> None:
                pass

            def Init(self) -> None:
                pass

            def Move(self, forward: float, left: float, turn: float) -> None:
                sdk.moves.append((forward, left, turn))

        def message() -> SimpleNamespace:
            return SimpleNamespace(motor_cmd=_motors(35), crc=0)

        def initialize(domain: int, interface: str) -> None:
            if interface == "none0":
                raise RuntimeError("channel factory init error")

        crc = SimpleNamespace(Crc=lambda message: 7)
        for name, members in {
            "": {},
            ".core": {},
            ".core.channel": {
                "ChannelFactoryInitialize": initialize,
                "ChannelPublisher": Channel,
                "ChannelSubscriber": Channel,
            },
            ".g1": {},
            ".g1.loco": {},
            ".g1.loco.g1_loco_client": {"LocoClient": Loco},
            ".idl": {},
            ".idl.default": {"unitree_hg_msg_dds__LowCmd_": message},
            ".idl.unitree_hg": {},
            ".idl.unitree_hg.msg": {},
            ".idl.unitree_hg.msg.dds_": {"LowCmd_": object, "LowState_": object},
            ".utils": {},
            ".utils.crc": {"CRC": lambda: crc},
        }.items():
            module = ModuleType(f"unitree_sdk2py{name}")
            vars(module).update(members)
            monkeypatch.setitem(sys.modules, f"unitree_sdk2py{name}", module)


def test_without_the_sdk_the_error_says_what_to_install(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "unitree_sdk2py", None)
    with pytest.raises(LinkError, match="install it from github.com/unitreerobotics"):
        UnitreeLink("eth0")


def test_a_wrong_network_interface_is_named(monkeypatch) -> None:
    Sdk(monkeypatch)
    with pytest.raises(LinkError, match="no way to the robot over 'none0'"):
        UnitreeLink("none0")


def test_commands_reach_their_motors_and_states_come_back(monkeypatch) -> None:
    sdk = Sdk(monkeypatch)
    link = UnitreeLink("eth0")
    assert sdk.topics == ["rt/arm_sdk", "rt/lowstate"]
    assert link.read() is None
    state = SimpleNamespace(motor_state=_motors(35))
    state.motor_state[15].q = 0.3
    sdk.hear(state)
    read = link.read()
    assert read is not None
    assert read[0].positions.shape == (29,) and read[0].positions[15] == 0.3 and read[1] < 1.0
    link.send(ArmCommand(0.4, (15, 16), np.array([0.1, 0.2]), np.array([1.0, 2.0]), 60.0, 1.5))
    [sent] = sdk.written
    assert sent.motor_cmd[WEIGHT_MOTOR].q == 0.4 and sent.crc == 7
    assert (sent.motor_cmd[16].q, sent.motor_cmd[16].dq, sent.motor_cmd[16].kp) == (0.2, 2.0, 60.0)
    assert sent.motor_cmd[0].kp == 0.0  # legs stay with the walking controller
    link.walk(np.array([0.5, 0.0, 0.1]))
    end = time.monotonic() + 5.0
    while not sdk.moves and time.monotonic() < end:
        time.sleep(0.01)
    assert sdk.moves == [(0.5, 0.0, 0.1)]
    link.close()

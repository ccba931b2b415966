import numpy as np

from motiongpt.retarget import JointState
from motiongpt_ros.watchdog import Limits, Watchdog

LIMITS = Limits(state_timeout=1.0, tracking_tolerance=0.5, tracking_time=0.3)
TOLD = JointState(np.zeros(2), np.zeros(2))
NEAR = JointState(np.array([0.1, -0.4]), np.zeros(2))
FAR = JointState(np.array([0.1, -0.6]), np.zeros(2))


def test_a_robot_near_where_it_should_be_is_well() -> None:
    watchdog = Watchdog(("hip", "knee"))
    assert all(watchdog.tracking(t, TOLD, NEAR, t, LIMITS) is None for t in np.arange(0, 3, 0.05))


def test_an_old_state_is_a_fault_after_which_the_command_still_counts() -> None:
    watchdog = Watchdog(("hip", "knee"))
    assert watchdog.tracking(2.0, TOLD, NEAR, 1.0, LIMITS) is None
    fault = watchdog.tracking(2.1, TOLD, NEAR, 1.0, LIMITS)
    assert fault is not None and fault.command_valid
    assert fault.reason == "the last joint state is 1.10 s old; allowed: 1.0 s"


def test_a_joint_that_stays_away_is_a_fault_that_names_it() -> None:
    watchdog = Watchdog(("hip", "knee"))
    assert watchdog.tracking(1.0, TOLD, FAR, 1.0, LIMITS) is None
    assert watchdog.tracking(1.2, TOLD, FAR, 1.2, LIMITS) is None
    assert watchdog.tracking(1.25, TOLD, NEAR, 1.25, LIMITS) is None
    assert watchdog.tracking(1.3, TOLD, FAR, 1.3, LIMITS) is None
    fault = watchdog.tracking(1.7, TOLD, FAR, 1.7, LIMITS)
    assert fault is not None and not fault.command_valid
    assert "joint 'knee' is 0.60 rad" in fault.reason and "allowed: 0.5" in fault.reason


def test_a_clock_that_jumps_is_a_fault() -> None:
    watchdog = Watchdog(("hip",))
    assert watchdog.clock_jump(100.0, 7.0) is None
    assert watchdog.clock_jump(100.05, 7.05) is None
    back = watchdog.clock_jump(90.0, 7.1)
    assert back is not None and "10.050 s back" in back.reason
    assert watchdog.clock_jump(90.05, 7.15) is None
    forward = watchdog.clock_jump(500.0, 7.2)
    assert forward is not None and "409.950 s forward" in forward.reason


def test_a_slow_look_or_a_fast_simulation_is_no_jump() -> None:
    watchdog = Watchdog(("hip",))
    assert watchdog.clock_jump(100.0, 7.0) is None
    assert watchdog.clock_jump(103.0, 10.0) is None
    assert watchdog.clock_jump(104.0, 10.1) is None

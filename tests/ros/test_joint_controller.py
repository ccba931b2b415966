import numpy as np
import pytest

from motiongpt.errors import RobotError
from motiongpt.retarget import JointState
from motiongpt_ros.joint_controller import JointController, Points, Tolerances, TrajectoryFollower

STILL = JointState(np.zeros(1), np.zeros(1))


def _points(*rows: tuple[float, float]) -> Points:
    times, positions = zip(*rows, strict=True)
    column = np.array(positions)[:, None]
    return Points(np.array(times, dtype=float), column, np.zeros_like(column))


def _at(controller: JointController, time: float) -> float:
    return float(controller.target(time).positions[0])


def test_a_follower_passes_through_points_and_holds_the_last_one() -> None:
    times = np.array([0.0, 0.5, 1.0])
    positions = np.array([[0.0], [1.0], [1.5]])
    velocities = np.array([[0.0], [2.0], [0.0]])
    follower = TrajectoryFollower(10.0, Points(times, positions, velocities))
    for time, position, velocity in zip(times, positions, velocities, strict=True):
        state = follower.sample(10.0 + time)
        assert np.allclose(state.positions, position)
        assert np.allclose(state.velocities, velocity)
    assert follower.sample(99.0).positions == 1.5
    assert follower.sample(0.0).positions == 0.0


def test_a_later_trajectory_takes_over_at_its_time_stamp() -> None:
    controller = JointController(STILL)
    controller.accept(0.0, _points((0, 0.0), (2, 2.0)), now=0.0)
    controller.accept(1.0, _points((0, 5.0), (1, 6.0)), now=0.1)
    assert _at(controller, 0.999) < 1.0  # the first goes on until then
    assert _at(controller, 1.0) == 5.0
    assert _at(controller, 3.0) == 6.0


def test_of_several_that_wait_an_earlier_start_drops_the_later_ones() -> None:
    controller = JointController(STILL)
    controller.accept(0.0, _points((0, 1.0), (9, 1.0)), now=0.0)
    controller.accept(3.0, _points((0, 3.0), (1, 3.0)), now=0.1)
    controller.accept(2.0, _points((0, 2.0), (1, 2.0)), now=0.2)
    assert [_at(controller, t) for t in (1.0, 2.5, 3.5)] == [1.0, 2.0, 2.0]
    controller.accept(2.2, _points((0, 4.0), (1, 4.0)), now=0.3)
    assert [_at(controller, t) for t in (1.0, 2.1, 3.5)] == [1.0, 2.0, 4.0]


def test_a_first_point_that_is_later_is_reached_from_the_state_then() -> None:
    controller = JointController(STILL)
    controller.accept(0.0, _points((1, 1.0)), now=0.0)
    assert _at(controller, 0.0) == 0.0
    assert 0.4 < _at(controller, 0.5) < 0.6
    assert _at(controller, 1.0) == 1.0


def test_a_trajectory_that_has_ended_is_refused() -> None:
    controller = JointController(STILL)
    with pytest.raises(RobotError, match="ended 2.000 s ago"):
        controller.accept(1.0, _points((0, 0.0), (1, 1.0)), now=4.0)
    assert _at(controller, 4.0) == 0.0


def test_a_joint_out_of_the_path_tolerance_makes_the_robot_hold_where_it_is() -> None:
    controller = JointController(STILL, Tolerances(path=0.1))
    controller.accept(0.0, _points((0, 0.0), (1, 1.0)), now=0.0)
    assert controller.watch(0.0, STILL) is None
    stuck = JointState(np.array([0.2]), np.zeros(1))
    reason = controller.watch(0.9, stuck)
    assert reason is not None and "path tolerance: 0.7" in reason and "allowed: 0.1 rad" in reason
    assert _at(controller, 5.0) == 0.2
    assert controller.watch(5.0, STILL) is None


def test_a_goal_that_is_reached_late_is_a_failure_only_after_the_goal_time() -> None:
    allowed = Tolerances(goal=0.05, goal_time=0.5)
    controller = JointController(STILL, allowed)
    controller.accept(0.0, _points((0, 0.0), (1, 1.0)), now=0.0)
    short = JointState(np.array([0.9]), np.zeros(1))
    assert controller.watch(1.4, short) is None
    reason = controller.watch(1.6, short)
    assert reason is not None and reason.startswith("goal tolerance: 0.100 rad off 0.60 s after")
    controller.accept(2.0, _points((0, 0.9), (1, 1.0)), now=2.0)
    assert controller.watch(3.2, JointState(np.array([0.97]), np.zeros(1))) is None
    assert controller.watch(9.0, short) is None  # it was reached; what comes later is no matter


def test_without_tolerances_nothing_fails() -> None:
    controller = JointController(STILL)
    controller.accept(0.0, _points((0, 0.0), (1, 1.0)), now=0.0)
    far = JointState(np.array([50.0]), np.zeros(1))
    assert controller.watch(0.5, far) is None and controller.watch(50.0, far) is None

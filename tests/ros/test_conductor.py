from dataclasses import replace

import numpy as np
import pytest

from motiongpt.errors import RetargetError, RobotError
from motiongpt.retarget import JointState, RobotTrajectory, load_robot, plan_trajectory
from motiongpt_ros.conductor import Conductor, State, TooLateError
from motiongpt_ros.execution import Execution, Start
from motiongpt_ros.told import told_in
from motiongpt_ros.watchdog import Limits
from tests.retarget.figures import gesture

ROBOT = load_robot("unitree_g1")
REST = JointState(ROBOT.rest_pose, 0 * ROBOT.rest_pose)
MOTION = gesture(40)
PLAN = plan_trajectory(MOTION, ROBOT, REST)
LIMITS = Limits(1.0, 0.5, 0.3)
FAST = float(PLAN.times[np.abs(PLAN.velocities).max(axis=1).argmax()])
"""When the motion is fastest, in [s] from its start."""


class Stage:
    """A conductor, and what it lets out."""

    def __init__(self) -> None:
        self.sent: list[tuple[RobotTrajectory, float]] = []
        self.said: list[tuple[State, dict]] = []
        self.conductor = Conductor(ROBOT, self.write, lambda *said: self.said.append(said))
        self.conductor.measure(REST, 100.0)

    def write(self, trajectory: RobotTrajectory, told: object, has_base: bool):
        return lambda start: self.sent.append((trajectory, start))

    def play(
        self,
        now: float,
        wanted: bool = True,
        plan: RobotTrajectory = PLAN,
        start: Start | None = None,
        mode: str = "whole_body",
    ) -> bool:
        start = start or self.conductor.find_start(now, 0.1, False, 1.0)
        outgoing = self.conductor.prepare(plan, told_in(ROBOT, mode))
        return self.conductor.play(outgoing, start, now, lambda: wanted, "wave", MOTION)

    @property
    def states(self) -> list[State]:
        return [state for state, _ in self.said]


@pytest.fixture
def stage() -> Stage:
    return Stage()


def test_a_plan_is_sent_from_rest_and_done_in_its_time(stage: Stage) -> None:
    assert stage.play(100.0)
    assert stage.sent == [(PLAN, 100.0)]
    stage.conductor.finish(100.0 + PLAN.duration - 0.01)
    assert stage.states == [State.EXECUTING]
    stage.conductor.finish(100.0 + PLAN.duration + 0.01)
    assert stage.states == [State.EXECUTING, State.IDLE]


def test_a_plan_that_is_not_wanted_any_more_is_not_sent(stage: Stage) -> None:
    assert not stage.play(100.0, wanted=False)
    assert not stage.sent and not stage.said


def test_a_new_plan_starts_where_the_running_one_will_be(stage: Stage) -> None:
    stage.play(100.0)
    stage.conductor.measure(PLAN.sample(0.5), 100.5)
    start = stage.conductor.find_start(100.5, 0.1, False, 1.0)
    assert start.time == pytest.approx(100.6)
    assert np.allclose(start.state.positions, PLAN.sample(0.6).positions)
    assert np.allclose(start.state.velocities, PLAN.sample(0.6).velocities)
    plan = plan_trajectory(MOTION, ROBOT, start.state)
    assert stage.play(100.55, plan=plan, start=start)
    sent, at = stage.sent[-1]
    assert at == start.time
    assert np.allclose(sent.positions[0], PLAN.sample(0.6).positions)
    # Until then the robot does what it was told before.
    running = stage.conductor.running
    assert np.allclose(running.state_at(100.58).positions, PLAN.sample(0.58).positions)


def test_until_a_new_plan_starts_a_stop_leaves_what_the_robot_does_then(stage: Stage) -> None:
    """Also if the plan before that one has not begun either."""
    stage.play(100.0)
    for now in (100.5, 100.52):
        start = stage.conductor.find_start(now, 0.1, False, 1.0)
        assert stage.play(now, plan=plan_trajectory(MOTION, ROBOT, start.state), start=start)
    stage.conductor.halt(State.STOPPED, "stop was called", 100.55, 50.0)
    stop, _ = stage.sent[-1]
    assert np.allclose(stop.positions[0], PLAN.sample(0.55).positions)
    assert np.allclose(stop.velocities[0], PLAN.sample(0.55).velocities)


def test_joints_that_were_not_told_begin_where_they_are_measured(stage: Stage) -> None:
    stage.play(100.0, mode="split")
    walking = PLAN.sample(0.5).positions + 0.05
    stage.conductor.measure(JointState(walking, 0 * walking), 100.5)
    start = stage.conductor.find_start(100.5, 0.1, False, 1.0, told_in(ROBOT, "whole_body"))
    arms = told_in(ROBOT, "split").joints
    assert np.allclose(start.state.positions[arms], PLAN.sample(0.6).positions[arms])
    assert np.allclose(start.state.positions[~arms], walking[~arms])
    assert not start.state.velocities[~arms].any()


@pytest.mark.parametrize(
    ("mode", "from_told"), [("upper_body_balanced", True), ("whole_body", False)]
)
def test_a_robot_that_stands_by_its_trajectories_balances_from_where_it_was_told_to_be(
    stage: Stage, mode, from_told
) -> None:
    stage.play(100.0, mode=mode)
    end = 100.0 + PLAN.duration
    sunk = PLAN.positions[-1] + 0.05
    sunk[3] += 0.4  # this joint was moved by somebody
    stage.conductor.measure(JointState(sunk, 0 * sunk), end + 0.1)
    for finished in (False, True):
        if finished:
            stage.conductor.finish(end + 0.1)
        start = stage.conductor.find_start(end + 0.1, 0.1, False, 1.0, told_in(ROBOT, mode))
        assert np.array_equal(start.state.positions, sunk)
        if not from_told:
            assert start.posture is None
            continue
        others = np.arange(ROBOT.n_joints) != 3
        assert np.array_equal(start.posture[others], PLAN.positions[-1][others])
        assert start.posture[3] == sunk[3]


def test_a_robot_that_balances_is_stopped_on_its_path(stage: Stage) -> None:
    stage.play(100.0, mode="upper_body_balanced")
    slow = 100.0 + PLAN.duration - 0.5
    stage.conductor.halt(State.STOPPED, "stop was called", slow, 50.0)
    stop, _ = stage.sent[-1]
    assert np.allclose(stop.positions[0], PLAN.sample(PLAN.duration - 0.5).positions)
    assert np.allclose(stop.positions[-1], PLAN.positions[-1], atol=1e-6)
    assert stop.duration == pytest.approx(1.0)


def test_a_plan_that_took_too_long_is_to_be_planned_again(stage: Stage) -> None:
    stage.play(100.0)
    start = stage.conductor.find_start(100.1, 0.1, False, 1.0)
    plan = plan_trajectory(MOTION, ROBOT, start.state)
    with pytest.raises(TooLateError, match="0.100 s late"):
        stage.play(100.3, plan=plan, start=start)
    with pytest.raises(TooLateError, match="something else"):
        stage.play(100.15, plan=plan, start=Start(REST))
    assert len(stage.sent) == 1


def test_an_appended_plan_starts_at_rest_when_the_running_one_ends(stage: Stage) -> None:
    stage.play(100.0)
    start = stage.conductor.find_start(100.1, 0.1, True, 1.0)
    assert start.time == pytest.approx(100.0 + PLAN.duration)
    assert not start.state.velocities.any()
    plan = plan_trajectory(MOTION, ROBOT, start.state)
    late = start.time + 0.5
    assert stage.play(late, plan=plan, start=start)
    assert stage.sent[-1][1] == late


def test_stopping_slows_down_from_the_running_motion(stage: Stage) -> None:
    stage.play(100.0)
    stopped = stage.conductor.halt(State.STOPPED, "stop was called", 100.0 + FAST, 50.0)
    assert stopped is not None and stopped.text == "wave"
    stop, at = stage.sent[-1]
    assert at == 100.0 + FAST
    assert np.allclose(stop.positions[0], PLAN.sample(FAST).positions)
    assert np.allclose(stop.velocities[0], PLAN.sample(FAST).velocities)
    assert not stop.velocities[-1].any()
    assert stage.said[-1] == (State.STOPPED, {"reason": "stop was called"})
    stage.conductor.finish(110.0)
    assert stage.states[-1] is State.STOPPED


def test_stopping_a_robot_at_rest_sends_nothing(stage: Stage) -> None:
    assert stage.conductor.halt(State.STOPPED, "stop was called", 100.0, 50.0) is None
    assert not stage.sent
    assert stage.states == [State.STOPPED]


def test_a_robot_that_is_elsewhere_is_held_where_it_is(stage: Stage) -> None:
    stage.play(100.0)
    elsewhere = JointState(ROBOT.rest_pose + 0.01, 0 * ROBOT.rest_pose)
    stage.conductor.measure(elsewhere, 100.4)
    stage.conductor.halt(State.HOLDING, "diverged", 100.4, 50.0, believe=False)
    assert np.allclose(stage.sent[-1][0].positions, elsewhere.positions)


def test_after_an_emergency_stop_nothing_is_sent_until_it_is_released(stage: Stage) -> None:
    stage.play(100.0)
    stage.conductor.estop(True, 100.0 + FAST, 50.0)
    assert len(stage.sent) == 2
    assert not stage.sent[-1][0].velocities[-1].any()
    for act in (
        lambda: stage.play(101.5),
        lambda: stage.play(101.5, start=Start(REST)),
        lambda: stage.conductor.settle(101.5, 1.0, 50.0),
    ):
        with pytest.raises((RobotError, RetargetError), match="emergency stop|something else"):
            act()
    stage.conductor.halt(State.STOPPED, "again", 101.5, 50.0)
    stage.conductor.estop(True, 101.5, 50.0)
    assert len(stage.sent) == 2
    stage.conductor.estop(False, 102.0, 50.0)
    stage.conductor.measure(REST, 110.0)
    stage.conductor.finish(110.0)
    assert stage.play(110.0)


@pytest.mark.parametrize(
    ("measured", "at", "reason"),
    [
        (RobotError("joint state lacks ['hip']"), 100.0, "lacks"),
        (REST, 98.0, "2.00 s old; allowed: 1.0 s"),
    ],
)
def test_without_a_usable_state_nothing_starts(stage: Stage, measured, at, reason) -> None:
    stage.conductor.measure(measured, at)
    with pytest.raises(RobotError, match=reason):
        stage.conductor.find_start(100.0, 0.1, False, 1.0)


def test_a_robot_that_moves_by_itself_is_brought_to_rest_first(stage: Stage) -> None:
    moving = PLAN.sample(FAST)
    stage.conductor.measure(moving, 100.0)
    stage.conductor.settle(100.0, 1.0, 50.0)
    stop, at = stage.sent[-1]
    assert at == 100.0
    assert np.allclose(stop.velocities[0], moving.velocities)
    start = stage.conductor.find_start(100.05, 0.5, False, 1.0)
    assert start.time == pytest.approx(100.0 + stop.duration)


def test_the_watchdog_sees_a_stale_state_and_a_jump_only_while_a_motion_runs(stage: Stage) -> None:
    assert stage.conductor.watch(100.0, 7.0, LIMITS) is None
    assert stage.conductor.watch(200.0, 7.1, LIMITS) is None
    stage.conductor.measure(REST, 200.0)
    stage.play(200.0)
    assert stage.conductor.watch(200.5, 7.6, LIMITS) is None
    fault = stage.conductor.watch(201.2, 8.3, LIMITS)
    assert fault is not None and "old" in fault.reason
    jump = stage.conductor.watch(150.0, 8.4, LIMITS)
    assert jump is not None and "back" in jump.reason


def test_what_is_left_of_a_motion_shrinks_while_it_runs(stage: Stage) -> None:
    stage.play(100.0)
    running = stage.conductor.running
    lengths = [running.remaining(100.0 + t) for t in (0, PLAN.duration / 2, PLAN.duration)]
    assert lengths[0].n_frames == MOTION.n_frames
    assert 4 <= lengths[1].n_frames < MOTION.n_frames
    assert lengths[2] is None


def test_a_clock_that_was_set_back_makes_no_old_state_new(stage: Stage) -> None:
    with pytest.raises(RobotError, match="10.00 s ahead of the clock"):
        stage.conductor.find_start(90.0, 0.1, False, 1.0)


def test_after_a_jump_without_any_state_nothing_is_sent_that_could_be_a_step(stage: Stage) -> None:
    silent = Conductor(ROBOT, stage.write, lambda *said: stage.said.append(said))
    silent._running = Execution(PLAN, 100.0, "wave", MOTION)
    silent.halt(State.HOLDING, "the clock jumped", 50.0, 50.0, believe=False)
    assert not stage.sent
    assert stage.states == [State.HOLDING]
    assert silent.running is None


def test_commands_in_quick_succession_keep_only_what_is_still_to_be_done(stage: Stage) -> None:
    stays = replace(
        PLAN,
        positions=np.repeat(PLAN.positions[:1], len(PLAN.times), axis=0),
        velocities=0 * PLAN.velocities,
        accelerations=0 * PLAN.accelerations,
        base=np.repeat(PLAN.base[:1], len(PLAN.times), axis=0),
    )
    for k in range(40):
        assert stage.play(100.0 + 0.02 * k, plan=stays)
    execution, n = stage.conductor.running, 0
    while execution is not None:
        execution, n = execution.before, n + 1
    assert n <= 8  # a tenth of a second ahead, and what is done now

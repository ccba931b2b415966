import numpy as np
import pinocchio as pin
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from motiongpt.errors import RetargetError
from motiongpt.motion.motion import Motion
from motiongpt.retarget import JointState, Robot, count_violations, plan_trajectory, retarget
from motiongpt.retarget.solve import lowest_sole_points
from tests.retarget.figures import gesture, standing


def _at_rest(robot: Robot) -> JointState:
    return JointState(robot.rest_pose, np.zeros(robot.n_joints))


def _random_state(robot: Robot, seed: int, speed: float = 0.0) -> JointState:
    rng = np.random.default_rng(seed)
    middle, half = (robot.lower + robot.upper) / 2, (robot.upper - robot.lower) / 2
    positions = middle + half * rng.uniform(-1, 1, robot.n_joints) * (1.0 if speed == 0 else 0.3)
    return JointState(positions, speed * rng.uniform(-1, 1, robot.n_joints))


HOSTILE = {
    "teleport": lambda p, rng: p + rng.normal(0, 5, (len(p), 1, 3)),
    "noise": lambda p, rng: p + rng.normal(0, 0.3, p.shape),
    "upside down": lambda p, rng: p * [1, 1, -1],
    "collapsed": lambda p, rng: p * 0.1,
    "one frame": lambda p, rng: p[:1],
    "two frames": lambda p, rng: p[:2],
    "spin": lambda p, rng: _spun(p),
}


def _spun(p: np.ndarray) -> np.ndarray:
    a = np.arange(len(p)) * 1.5
    R = np.zeros((len(p), 3, 3))
    R[:, 0, 0], R[:, 0, 1], R[:, 1, 0], R[:, 1, 1] = np.cos(a), -np.sin(a), np.sin(a), np.cos(a)
    R[:, 2, 2] = 1
    return np.einsum("tij,tkj->tki", R, p)


@settings(
    deadline=None, max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.sampled_from(sorted(HOSTILE)), st.integers(0, 10_000), st.sampled_from([10, 50, 500]))
def test_whatever_the_motion_and_the_start_no_limit_is_exceeded(
    robot: Robot, kind: str, seed: int, rate: int
) -> None:
    rng = np.random.default_rng(seed)
    motion = Motion(HOSTILE[kind](gesture(25).positions, rng))
    start = _random_state(robot, seed)
    trajectory = plan_trajectory(motion, robot, start, rate=rate)
    assert count_violations(trajectory, robot).total == 0
    assert np.allclose(trajectory.positions[0], start.positions, atol=1e-9)
    assert np.abs(trajectory.velocities[-1]).max() < 1e-6
    assert np.isfinite(trajectory.base).all()
    assert np.allclose(np.diff(trajectory.times), 1 / rate)


@pytest.mark.parametrize("seed", range(5))
def test_a_moving_robot_is_taken_over_without_a_step(robot: Robot, seed: int) -> None:
    start = _random_state(robot, seed, speed=3.0)
    trajectory = plan_trajectory(gesture(25), robot, start, rate=200)
    assert np.allclose(trajectory.positions[0], start.positions, atol=1e-9)
    assert np.allclose(trajectory.velocities[0], start.velocities, atol=1e-6)
    assert count_violations(trajectory, robot).total == 0


def test_violations_are_found_when_they_are_there(robot: Robot) -> None:
    good = plan_trajectory(gesture(25), robot, _at_rest(robot))
    jump = good.positions.copy()
    jump[5, 3] += 1.0
    beyond = good.positions.copy()
    beyond[5, 3] = robot.upper[3] + 0.01
    bad = good.positions.copy()
    bad[7, 2] = np.nan
    for positions in (jump, beyond, bad):
        changed = type(good)(**{**good.__dict__, "positions": positions})
        assert count_violations(changed, robot).total > 0


def test_derivatives_agree_with_finite_differences(robot: Robot) -> None:
    t = plan_trajectory(gesture(), robot, _at_rest(robot), rate=500)
    inside = slice(int(t.handover_duration * 500) + 3, None)  # before it acceleration steps
    middle = ((t.positions[2:] - t.positions[:-2]) * 250)[inside]
    assert np.abs(middle - t.velocities[1:-1][inside]).max() < 0.005
    middle = ((t.velocities[2:] - t.velocities[:-2]) * 250)[inside]
    assert np.abs(middle - t.accelerations[1:-1][inside]).max() < 2.0


def test_the_right_hand_rises_when_the_humans_does(robot: Robot) -> None:
    motion = retarget(gesture(), robot)
    data = robot.model.createData()
    heights = []
    for q in motion.q:
        pin.framesForwardKinematics(robot.model, data, q)
        wrists = [
            data.oMf[robot.frames[f"{side}_wrist"]].translation[2] for side in ("left", "right")
        ]
        heights.append(np.array(wrists) - data.oMf[robot.frames["right_shoulder"]].translation[2])
    heights = np.array(heights)
    assert heights[30, 1] > 0.2
    assert heights[0, 1] < -0.1
    assert heights[:, 0].max() < -0.1


@pytest.mark.parametrize("heading", [0.5, 2.0, np.pi, -2.5])
def test_the_joints_do_not_depend_on_the_heading(robot: Robot, heading: float) -> None:
    straight, turned = retarget(gesture(20), robot), retarget(gesture(20, heading), robot)
    assert np.abs(straight.q[:, 7:] - turned.q[:, 7:]).max() < 1e-6


def test_soles_touch_the_ground_and_never_go_below(robot: Robot) -> None:
    trajectory = plan_trajectory(gesture(), robot, _at_rest(robot))
    data = robot.model.createData()
    for base, joints in zip(trajectory.base, trajectory.positions, strict=True):
        pin.framesForwardKinematics(robot.model, data, np.concatenate([base, joints]))
        lowest = lowest_sole_points(robot.model, data, robot)[:, 2].min()
        assert -1e-6 <= lowest < 0.01


def test_standing_still_keeps_the_base_in_place(robot: Robot) -> None:
    trajectory = plan_trajectory(Motion(standing(40)), robot, _at_rest(robot))
    assert np.abs(trajectory.base[:, :2]).max() < 0.02
    assert np.allclose(trajectory.base[0, [0, 1, 3, 4, 5]], 0, atol=1e-6)


def test_a_slow_enough_motion_keeps_its_speed(robot: Robot) -> None:
    slow = Motion(gesture(200).positions)
    trajectory = plan_trajectory(slow, robot, _at_rest(robot))
    assert trajectory.slowdown == pytest.approx(1.0)
    assert trajectory.duration == pytest.approx(
        slow.duration + trajectory.handover_duration, abs=0.2
    )


def test_samples_pass_through_the_points(robot: Robot) -> None:
    t = plan_trajectory(gesture(25), robot, _at_rest(robot))
    for i in (0, 7, len(t.times) - 1):
        state = t.sample(float(t.times[i]))
        assert np.allclose(state.positions, t.positions[i])
        assert np.allclose(state.velocities, t.velocities[i], atol=1e-9)
    assert np.array_equal(t.sample(t.duration + 5).positions, t.positions[-1])


@pytest.mark.parametrize(
    ("scale", "message"), [(1000.0, "millimetres"), (100.0, "centimetres"), (1e-4, "m tall")]
)
def test_other_units_are_recognised(robot: Robot, scale: float, message: str) -> None:
    with pytest.raises(RetargetError, match=message):
        retarget(Motion(scale * standing(3)), robot)


@pytest.mark.parametrize("rate", [0, 9, 501, float("nan")])
def test_a_rate_out_of_range_is_refused(robot: Robot, rate: float) -> None:
    with pytest.raises(RetargetError, match="allowed: 10 to 500"):
        plan_trajectory(gesture(5), robot, _at_rest(robot), rate=rate)

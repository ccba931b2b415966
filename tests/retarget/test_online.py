import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from motiongpt.errors import MotionError, RetargetError
from motiongpt.motion.motion import Motion
from motiongpt.retarget import OnlineRetargeter, Robot, retarget
from tests.retarget.figures import gesture, standing


def test_a_slow_motion_is_followed_as_the_whole_trajectory_is(robot: Robot) -> None:
    motion = Motion(0.7 * standing(60) + 0.3 * gesture(60).positions)
    online = OnlineRetargeter(robot)
    q = np.array([online.push(pose) for pose in motion.positions])
    whole = retarget(motion, robot).q
    assert np.abs(q[25:, 7:] - whole[25:, 7:]).mean() < 0.05
    assert np.abs(q[25:, 2] - whole[25:, 2]).max() < 0.03


@settings(
    deadline=None, max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.integers(0, 1000))
def test_whatever_comes_no_limit_is_exceeded(robot: Robot, seed: int) -> None:
    rng = np.random.default_rng(seed)
    online = OnlineRetargeter(robot)
    poses = standing(15) + rng.normal(0, 0.3, (15, 22, 3))
    q = np.array([online.push(pose)[7:] for pose in poses])
    assert ((q >= robot.lower) & (q <= robot.upper)).all()
    assert (np.abs(np.diff(q, axis=0)) * 20 <= robot.velocity_limit + 1e-9).all()
    assert (np.abs(np.diff(q, 2, axis=0)) * 400 <= robot.acceleration_limit + 1e-6).all()


def test_what_is_no_pose_is_refused(robot: Robot) -> None:
    online = OnlineRetargeter(robot)
    with pytest.raises(MotionError, match="not finite"):
        online.push(np.full((22, 3), np.nan))
    with pytest.raises(RetargetError, match="millimetres"):
        online.push(1000 * standing(1)[0])
    with pytest.raises(RetargetError, match="allowed: more than 0"):
        OnlineRetargeter(robot, fps=0)

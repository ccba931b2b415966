import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nav_msgs.msg import Path
from rclpy.serialization import deserialize_message
from rclpy.time import Time
from trajectory_msgs.msg import JointTrajectory

from motiongpt.retarget import RobotTrajectory
from motiongpt_ros import messages
from motiongpt_ros.cdr import write_path, write_trajectory

START = 1_753_000_000_987_654_321
"""A time of these days, in [ns]."""


def _random(seed: int, n: int, n_points: int) -> RobotTrajectory:
    random = np.random.default_rng(seed)
    names = tuple("j" * int(k) for k in random.integers(1, 12, n))
    q, v, a = random.normal(size=(3, n_points, n))
    times = np.arange(n_points) * random.uniform(0.002, 3.0)
    base = random.normal(size=(n_points, 7))
    base[:, 6] += 5.0  # a turn that is one
    return RobotTrajectory(names, times, q, v, a, base, 0.0, 1.0)


@settings(max_examples=200, deadline=None)
@given(seed=st.integers(0, 10**6), n=st.integers(1, 9), n_points=st.integers(1, 40))
def test_a_trajectory_is_read_by_ros_as_it_is_whatever_its_names_and_size(
    seed, n, n_points
) -> None:
    trajectory = _random(seed, n, n_points)
    named = np.random.default_rng(seed).random(n) < 0.7
    named[seed % n] = True
    message = deserialize_message(write_trajectory(trajectory, named).at(START), JointTrajectory)
    assert Time.from_msg(message.header.stamp).nanoseconds == START
    assert message.header.frame_id == ""
    assert message.joint_names == [trajectory.joint_names[i] for i in np.flatnonzero(named)]
    assert len(message.points) == n_points
    for k, point in enumerate(message.points):
        assert list(point.positions) == trajectory.positions[k, named].tolist()
        assert list(point.velocities) == trajectory.velocities[k, named].tolist()
        assert list(point.accelerations) == trajectory.accelerations[k, named].tolist()
        assert len(point.effort) == 0
        assert messages.seconds(point.time_from_start) == pytest.approx(trajectory.times[k])


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**6), n_points=st.integers(1, 40))
def test_a_base_path_is_read_by_ros_as_it_is(seed: int, n_points: int) -> None:
    trajectory = _random(seed, 1, n_points)
    written = write_path(trajectory.times, trajectory.base, messages.BASE_FRAME)
    for start in (START, 0):  # one message can be sent for several starts
        message = deserialize_message(written.at(start), Path)
        assert Time.from_msg(message.header.stamp).nanoseconds == start
        assert {pose.header.frame_id for pose in message.poses} == {messages.BASE_FRAME}
        times, poses = messages.read_path(message)
        assert np.allclose(times, trajectory.times, atol=1e-8)
        assert np.array_equal(poses, trajectory.base)

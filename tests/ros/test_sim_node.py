import numpy as np
import pytest
from builtin_interfaces.msg import Duration
from nav_msgs.msg import Path as PathMsg
from rclpy.time import Time
from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint

from motiongpt.retarget import JointState, load_robot, plan_trajectory
from motiongpt_ros import messages
from motiongpt_ros.simulation import BaseFollower, Simulation, TrajectoryFollower
from tests.retarget.figures import gesture

ROBOT = load_robot("unitree_g1")


def test_servos_follow_a_trajectory_closely() -> None:
    simulation = Simulation(ROBOT, 300.0)
    plan = plan_trajectory(gesture(40), ROBOT, simulation.state())
    follower = TrajectoryFollower(0.0, plan.times, plan.positions, plan.velocities)
    worst = 0.0
    while simulation.time < plan.duration:
        target = follower.sample(simulation.time)
        simulation.step(target)
        worst = max(worst, np.abs(simulation.state().positions - target.positions).max())
    assert worst < 0.03


def test_a_follower_passes_through_points_and_holds_the_last_one() -> None:
    times = np.array([0.0, 0.5, 1.0])
    positions = np.array([[0.0], [1.0], [1.5]])
    velocities = np.array([[0.0], [2.0], [0.0]])
    follower = TrajectoryFollower(10.0, times, positions, velocities)
    for time, position, velocity in zip(times, positions, velocities, strict=True):
        state = follower.sample(10.0 + time)
        assert np.allclose(state.positions, position)
        assert np.allclose(state.velocities, velocity)
    assert follower.sample(99.0).positions == 1.5
    assert follower.sample(0.0).positions == 0.0


def test_a_base_path_is_anchored_where_the_robot_stands() -> None:
    half = np.sqrt(0.5)
    base = np.array([2.0, 3.0, 0.8, 0.0, 0.0, half, half])  # at (2, 3), facing +y
    forward = np.array([[0, 0, 0.7, 0, 0, 0, 1.0], [1, 0, 0.7, 0, 0, 0, 1.0]])
    follower = BaseFollower(0.0, np.array([0.0, 1.0]), forward, base)
    assert np.allclose(follower.sample(0.5), [2.0, 3.5, 0.7, 0, 0, half, half])
    assert np.allclose(follower.sample(9.0)[:2], [2.0, 4.0])


def _message(**changes: object) -> JointTrajectory:
    n = ROBOT.n_joints
    fields = {"names": list(ROBOT.joint_names), "positions": [0.1] * n, "velocities": [0.0] * n}
    fields.update(changes)
    points = [
        JointTrajectoryPoint(
            positions=fields["positions"],
            velocities=fields["velocities"],
            time_from_start=Duration(sec=second),
        )
        for second in changes.get("seconds", (1, 2))
    ]
    return JointTrajectory(joint_names=fields["names"], points=points)


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (_message(names=["a"] * 29), "allowed: all joints"),
        (_message(positions=[0.0] * 3), "3 positions"),
        (_message(velocities=[]), "0 velocities"),
        (_message(positions=[float("nan")] * 29), "not finite"),
        (_message(seconds=(2, 1)), "do not rise"),
        (_message(seconds=()), "no point"),
    ],
)
def test_a_bad_trajectory_is_refused_with_the_reason(message: JointTrajectory, reason) -> None:
    with pytest.raises(messages.RobotError, match=reason):
        messages.read_points(message, ROBOT)


def test_a_bad_base_path_is_refused() -> None:
    with pytest.raises(messages.RobotError, match="0 poses"):
        messages.read_path(PathMsg())


def test_the_robot_holds_what_it_is_sent_and_ignores_what_is_wrong(processes, listen) -> None:
    process = processes.start("sim_node", "sim", rate=20.0)
    listener = listen("sim")
    publisher = listener.create_publisher(JointTrajectory, "joint_trajectory", 10)
    own = 1  # the listener hears its own publisher
    listener.wait(lambda: publisher.get_subscription_count() > own, "the simulated robot")
    listener.wait(lambda: listener.joint_state is not None, "joint states")
    goal = ROBOT.rest_pose + 0.05
    publisher.publish(_message(positions=[float("nan")] * 29))
    publisher.publish(_message(positions=goal.tolist(), seconds=(1,)))
    listener.spin(2.0)
    assert np.abs(np.array(listener.joint_state.position) - goal).max() < 0.02
    printed = processes.stop(process)
    assert process.returncode == 0
    assert printed.count("trajectory refused") == 1


def test_a_trajectory_message_brings_back_the_trajectory() -> None:
    rest = JointState(ROBOT.rest_pose, np.zeros(ROBOT.n_joints))
    plan = plan_trajectory(gesture(20), ROBOT, rest)
    times, positions, velocities = messages.read_points(
        messages.trajectory_message(plan, Time(seconds=5)), ROBOT
    )
    assert np.allclose(times, plan.times, atol=1e-8)
    assert np.array_equal(positions, plan.positions)
    assert np.array_equal(velocities, plan.velocities)
    path_times, poses = messages.read_path(messages.path_message(plan, Time(seconds=5)))
    assert np.allclose(path_times, plan.times, atol=1e-8)
    assert np.allclose(poses, plan.base)

import time

import numpy as np
import pytest
from builtin_interfaces.msg import Duration
from nav_msgs.msg import Odometry
from nav_msgs.msg import Path as PathMsg
from rclpy.time import Time
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import Image
from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint

from motiongpt.retarget import JointState, load_robot, plan_trajectory
from motiongpt_ros import messages
from motiongpt_ros.joint_controller import Points, TrajectoryFollower
from motiongpt_ros.sim_base import BaseFollower, BaseMover
from motiongpt_ros.simulation import TIMESTEP, Simulation
from tests.retarget.figures import gesture
from tests.ros.conftest import PATIENT

ROBOT = load_robot("unitree_g1")


def test_servos_follow_a_trajectory_closely() -> None:
    simulation = Simulation(ROBOT, 300.0)
    plan = plan_trajectory(gesture(40), ROBOT, simulation.state())
    follower = TrajectoryFollower(0.0, Points(plan.times, plan.positions, plan.velocities))
    worst = 0.0
    while simulation.time < plan.duration:
        target = follower.sample(simulation.time)
        simulation.step(target)
        worst = max(worst, np.abs(simulation.state().positions - target.positions).max())
    assert worst < 0.03


def test_effort_limits_hold_for_both_servos_of_a_joint_together() -> None:
    simulation = Simulation(ROBOT, 10000.0)
    far = JointState(ROBOT.rest_pose + 2.0, np.full(ROBOT.n_joints, 30.0))
    for _ in range(3):
        simulation.step(far)
    effort = np.abs(simulation.data.qfrc_actuator[6:])
    assert (effort <= ROBOT.effort_limit + 1e-6).all()
    assert (effort > 0.99 * ROBOT.effort_limit).any()


def test_a_free_robot_falls_on_the_floor_and_not_through_it() -> None:
    simulation = Simulation(ROBOT, 300.0, free=True)
    simulation.data.qpos[2] += 0.1
    still = JointState(ROBOT.rest_pose, 0 * ROBOT.rest_pose)
    start, fastest = simulation.data.qpos[2], 0.0
    while simulation.time < 1.5:
        simulation.step(still)
        fastest = min(fastest, simulation.base_velocity()[2])
    assert fastest == pytest.approx(-np.sqrt(2 * 9.81 * 0.1), abs=0.3)
    assert simulation.base[2] < start - 0.05
    assert simulation.data.geom_xpos[:, 2].min() > -0.05
    assert (np.abs(simulation.data.qfrc_actuator[6:]) <= ROBOT.effort_limit + 1e-6).all()


def test_a_fixed_base_stays_whatever_the_joints_do() -> None:
    simulation = Simulation(ROBOT, 300.0)
    before = simulation.base.copy()
    for _ in range(100):
        simulation.step(JointState(ROBOT.rest_pose + 0.2, 0 * ROBOT.rest_pose))
    assert np.array_equal(simulation.base, before)
    assert np.allclose(simulation.data.qpos[:3], before[:3], atol=1e-3)


def test_a_placed_base_has_the_velocity_of_its_path() -> None:
    simulation, walk = Simulation(ROBOT, 300.0), BaseMover()
    walk.follow_velocity(np.array([0.5, -0.1, 0.3]), 0.0)
    still = JointState(ROBOT.rest_pose, 0 * ROBOT.rest_pose)
    for _ in range(50):
        simulation.base = walk.step(simulation.base, simulation.time, TIMESTEP)
        simulation.step(still)
    assert np.allclose(simulation.base_velocity(), [0.5, -0.1, 0, 0, 0, 0.3], atol=5e-3)


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


def test_nodes_take_the_time_that_a_simulation_makes(processes, listen, tiny_model) -> None:
    processes.start(
        "sim_node", "clocked", rate=20.0, clock=True, clock_rate=50.0, speed=2.0, base="fixed"
    )
    processes.start("motion_node", "clocked", use_sim_time=True, model=tiny_model, **PATIENT)
    listener = listen("clocked")
    clocks: list[tuple[float, float]] = []
    odometry: list[Odometry] = []

    def keep(message: Clock) -> None:
        seconds = Time.from_msg(message.clock).nanoseconds * 1e-9
        clocks.append((time.monotonic(), seconds))

    listener.create_subscription(Clock, "/clock", keep, 10)
    listener.create_subscription(Odometry, "odom", odometry.append, 10)
    listener.wait_for_state("idle")
    listener.wait(lambda: len(clocks) > 50 and listener.joint_state is not None, "the clock")
    (real_a, simulated_a), (real_b, simulated_b) = clocks[0], clocks[-1]
    assert all(a[1] <= b[1] for a, b in zip(clocks, clocks[1:], strict=False))
    assert (simulated_b - simulated_a) / (real_b - real_a) == pytest.approx(2.0, rel=0.4)
    mark = listener.say("a person walks")
    listener.wait_for_state("executing", mark, 30.0)
    listener.wait(lambda: bool(listener.trajectories), "the trajectory")
    start = Time.from_msg(listener.trajectories[-1].header.stamp).nanoseconds * 1e-9
    assert simulated_a < start < clocks[-1][1] + 5.0  # simulated seconds, not those since 1970
    listener.wait_for_state("idle", mark, 30.0)
    assert odometry[-1].header.frame_id == "odom"
    places = {(o.pose.pose.position.x, o.pose.pose.position.y) for o in odometry}
    assert places == {(0.0, 0.0)}  # fixed


def test_a_trajectory_out_of_tolerance_is_aborted(processes, listen) -> None:
    process = processes.start("sim_node", "strict", rate=20.0, path_tolerance=0.05)
    listener = listen("strict")
    publisher = listener.create_publisher(JointTrajectory, "joint_trajectory", 10)
    listener.wait(lambda: publisher.get_subscription_count() > 1, "the simulated robot")
    listener.wait(lambda: listener.joint_state is not None, "joint states")
    jump = _message(positions=(ROBOT.rest_pose + 0.3).tolist(), seconds=(0, 2))
    publisher.publish(jump)
    listener.spin(1.0)
    assert "trajectory aborted, the robot holds: path tolerance" in processes.stop(process)


def test_a_camera_shows_the_robot_and_that_it_moves(processes, listen) -> None:
    processes.start("sim_node", "seen", rate=20.0, camera_rate=2.0)
    listener = listen("seen")
    images: list[Image] = []
    listener.create_subscription(Image, "camera", images.append, 10)
    publisher = listener.create_publisher(JointTrajectory, "joint_trajectory", 10)
    listener.wait(lambda: bool(images), "a picture")
    first = images[0]
    assert (first.width, first.height, first.step, first.encoding) == (320, 240, 960, "rgb8")
    pixels = np.frombuffer(first.data, dtype=np.uint8).reshape(240, 320, 3)
    assert pixels.std() > 10
    listener.wait(lambda: publisher.get_subscription_count() > 1, "the simulated robot")
    publisher.publish(_message(positions=(ROBOT.rest_pose + 0.4).tolist(), seconds=(1,)))

    def changed() -> float:
        moved = np.frombuffer(images[-1].data, dtype=np.uint8).reshape(240, 320, 3)
        return float((np.abs(moved.astype(int) - pixels) > 30).any(axis=2).mean())

    listener.wait(lambda: changed() > 0.005, "a picture of a robot that moved")
    assert changed() < 0.5


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

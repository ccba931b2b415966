"""A simulated robot that can fall, and all of the node but ROS, on the simulation's clock."""

import numpy as np
import pytest

from motiongpt.motion.motion import Motion
from motiongpt.pipeline import MotionGPT
from motiongpt.retarget import JointState, RobotTrajectory, load_robot
from motiongpt_ros.command_queue import Command, CommandQueue
from motiongpt_ros.conductor import Conductor
from motiongpt_ros.controls import Controls
from motiongpt_ros.engine import Engine
from motiongpt_ros.parameters import MotionSettings
from motiongpt_ros.publishing import Publisher, Task
from motiongpt_ros.simulation import Simulation

ROBOT = load_robot("unitree_g1")
SETTINGS = MotionSettings(mode="upper_body_balanced")


class Standing:
    """A robot on its feet that is told motions."""

    def __init__(self, engine: Engine) -> None:
        self._simulation = Simulation(ROBOT, 300.0, free=True)
        self._targets = [(0.0, None)]
        self.heights: list[float] = []
        self.tilts: list[float] = []
        self._conductor = Conductor(ROBOT, self._write, lambda *said: None)
        self._queue = CommandQueue()
        clock = lambda: self._simulation.time  # noqa: E731
        self.controls = Controls(self._queue, self._conductor, clock, lambda: SETTINGS)
        self._publisher = Publisher(engine, self._queue, self._conductor, clock)
        self.let_time_pass(1.0)

    def _write(self, trajectory: RobotTrajectory, told: object, has_base: bool):
        return lambda start: self._targets.append((start, trajectory))

    def _target(self, time: float) -> JointState:
        start, trajectory = [t for t in self._targets if t[0] <= time][-1]
        if trajectory is None:
            return JointState(ROBOT.rest_pose, 0 * ROBOT.rest_pose)
        return trajectory.sample(time - start)

    def let_time_pass(self, seconds: float) -> None:
        """Let the robot do what it is told."""
        end = self._simulation.time + seconds
        while self._simulation.time < end:
            self._simulation.step(self._target(self._simulation.time))
            base = self._simulation.base
            self.heights.append(float(base[2]))
            upright = 1 - 2 * (base[3] ** 2 + base[4] ** 2)
            self.tilts.append(float(np.degrees(np.arccos(np.clip(upright, -1, 1)))))
        state = self._simulation.state()
        inside = np.clip(state.positions, ROBOT.lower, ROBOT.upper)
        self._conductor.measure(JointState(inside, state.velocities), self._simulation.time)
        self._conductor.finish(self._simulation.time)

    def do(self, motion: Motion) -> float:
        """Tell it a motion; how long that takes, in [s]."""
        self._queue.put(Command("bow", motion=motion), "replace", 8)
        return self.go_on()

    def go_on(self) -> float:
        """Take the next command; how long it takes, in [s]."""
        command, ticket = self._queue.take()
        self._publisher.play(Task(command, ticket, SETTINGS, "bow"), command.motion, {})
        return self._conductor.running.end - self._simulation.time

    def check_stands(self) -> None:
        """The robot stood all the time."""
        assert min(self.heights) > 0.9 * self.heights[0], min(self.heights)
        assert max(self.tilts) < 15, max(self.tilts)


@pytest.fixture(scope="module")
def bow() -> Motion:
    return MotionGPT.load().generate("take a bow").motion


@pytest.fixture
def standing(tiny_model) -> Standing:
    return Standing(Engine(str(tiny_model), "cpu", ROBOT, 1))


def test_a_robot_stands_while_it_bows_again_and_again(standing, bow) -> None:
    for _ in range(3):
        standing.let_time_pass(standing.do(bow) + 0.5)
    standing.check_stands()
    assert max(standing.tilts) > 1  # nothing holds it


@pytest.mark.parametrize("when", [1.3, 1.7, 2.5])
def test_a_robot_that_is_stopped_in_its_bow_stands_and_goes_on(standing, bow, when) -> None:
    standing.do(bow)
    standing.let_time_pass(when)
    standing.controls.stop()
    standing.let_time_pass(2.0)
    standing.let_time_pass(standing.do(bow) + 1.0)
    standing.check_stands()


@pytest.mark.parametrize("when", [1.3, 1.7, 2.5])
def test_a_robot_that_is_told_another_motion_in_its_bow_stands(standing, bow, when) -> None:
    standing.do(bow)
    standing.let_time_pass(when)
    standing.let_time_pass(standing.do(bow) + 1.0)
    standing.check_stands()


def test_a_robot_that_is_held_in_its_bow_goes_on_and_stands(standing, bow) -> None:
    whole = standing.do(bow)
    standing.let_time_pass(1.7)
    standing.controls.hold()
    standing.let_time_pass(1.5)
    standing.controls.resume()
    seconds = standing.go_on()
    assert seconds < whole
    standing.let_time_pass(seconds + 1.0)
    standing.check_stands()

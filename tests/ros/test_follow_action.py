"""`motiongpt_follow` against a controller with the action of ros2_control, over DDS."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from action_msgs.srv import CancelGoal
from builtin_interfaces.msg import Duration
from std_msgs.msg import String
from std_srvs.srv import Trigger
from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint

from tests.ros.built import ROOT, environment_with, needs_compiler
from tests.ros.conftest import Listener

ACTION = "joint_trajectory_controller/follow_joint_trajectory"


class Motion:
    """Stands for the motion node: sends trajectories, and counts how often it is to hold."""

    def __init__(self, namespace: str, log: Path) -> None:
        self.listener, self._log = Listener(namespace), log
        self.goals: list[str] = []
        self.holds = 0
        self._sent = self.listener.create_publisher(JointTrajectory, "joint_trajectory", 10)
        self.listener.create_subscription(String, "goals", self._keep, 10)
        self.listener.create_service(Trigger, "hold", self._hold)

    def _keep(self, message: String) -> None:
        self.goals.append(message.data)

    def _hold(self, request: Trigger.Request, answer: Trigger.Response) -> Trigger.Response:
        self.holds += 1
        answer.success = True
        return answer

    @property
    def printed(self) -> str:
        """What motiongpt_follow said so far."""
        return self._log.read_text()

    def send(self, *words: str, n_points: int = 2) -> None:
        """Send trajectories, one behind the other."""
        points = [
            JointTrajectoryPoint(positions=[0.1 * k], time_from_start=Duration(sec=k + 1))
            for k in range(n_points)
        ]
        for word in words:
            self._sent.publish(JointTrajectory(joint_names=[word], points=points))

    def wait_until_said(self, what: str, holds: int) -> None:
        """Wait for a line of the log, and for the robot to be held so often in all."""
        self.listener.wait(lambda: what in self.printed, f"{what!r} in {self.printed}", 30)
        self.listener.wait(lambda: self.holds >= holds, "a hold", 30)
        self.listener.spin(0.3)
        assert self.holds == holds


@pytest.fixture(scope="module")
def environment() -> dict[str, str]:
    return environment_with(ROOT / "tests" / "ros" / "control_msgs")


@pytest.fixture
def motion(environment, request, tmp_path) -> Iterator[Motion]:
    name = f"follow{abs(hash(request.node.name)) % 10**6}"
    log = tmp_path / "follow.log"
    with log.open("w") as output:
        programs = [
            subprocess.Popen([sys.executable, "-m", *words], env=environment, **streams)
            for words, streams in (
                (("tests.ros.follow_server", name), {}),
                (
                    ("motiongpt_ros.follow_action", "--ros-args", "-r", f"__ns:=/{name}"),
                    {"stdout": output, "stderr": subprocess.STDOUT},
                ),
            )
        ]
    made = Motion(name, log)
    try:
        listener = made.listener
        # Both know each other once a first trajectory gets through.
        listener.wait(lambda: made._sent.get_subscription_count() > 1, "motiongpt_follow")
        listener.wait(lambda: listener.count_publishers("goals") > 0, "the controller")
        listener.spin(1.5)
        yield made
    finally:
        for program in programs:
            program.kill()
            program.wait()
        made.listener.destroy_node()


@needs_compiler
def test_each_trajectory_is_a_goal_and_what_becomes_of_it_is_said(motion) -> None:
    motion.send("succeed", n_points=7)
    motion.wait_until_said("trajectory 1 is done", holds=0)
    assert motion.goals == ["succeed 7"]
    motion.send("refuse")
    motion.wait_until_said("the controller refused trajectory 2; the robot is held", holds=1)
    motion.send("fail")
    motion.wait_until_said("trajectory 3 failed with code -4: knee is late", holds=2)
    motion.send("leave")
    motion.wait_until_said("trajectory 4 was aborted", holds=3)
    # One that a new trajectory takes the place of has not failed.
    motion.send("wait")
    motion.listener.wait(lambda: "wait 2" in motion.goals, "the goal", 30)
    motion.send("succeed")
    motion.wait_until_said("trajectory 6 is done", holds=3)
    motion.listener.call(CancelGoal, f"{ACTION}/_action/cancel_goal", CancelGoal.Request())
    motion.listener.spin(0.5)
    assert motion.holds == 3
    motion.send("wait")
    motion.listener.wait(lambda: motion.goals.count("wait 2") == 2, "the goal", 30)
    motion.listener.call(CancelGoal, f"{ACTION}/_action/cancel_goal", CancelGoal.Request())
    motion.wait_until_said("trajectory 7 was canceled", holds=4)
    assert "Traceback" not in motion.printed

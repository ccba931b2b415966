"""Hands trajectories to a controller by action FollowJointTrajectory instead of by topic.

An action says what became of a trajectory: refused, out of tolerance, done. What fails makes the
motion node hold.
"""

from typing import Any

from action_msgs.msg import GoalStatus
from rclpy.action import ActionClient
from rclpy.action.client import ClientGoalHandle
from rclpy.node import Node
from rclpy.task import Future
from std_srvs.srv import Trigger
from trajectory_msgs.msg import JointTrajectory

from motiongpt.errors import MotionGPTError
from motiongpt_ros import messages
from motiongpt_ros.parameters import FollowSettings, declare
from motiongpt_ros.spin import run

ENDS = {GoalStatus.STATUS_CANCELED: "canceled", GoalStatus.STATUS_ABORTED: "aborted"}


class ActionError(MotionGPTError):
    """Trajectories cannot be handed over by action."""


class FollowNode(Node):
    """Client of a controller's action."""

    def __init__(self) -> None:
        """Listen to `joint_trajectory`.

        Raises:
            ActionError: if control_msgs is not installed.
        """
        super().__init__("motiongpt_follow")
        settings = declare(self, FollowSettings)
        self._type = _action_type()
        self._action = settings.action
        self._client = ActionClient(self, self._type, settings.action)
        self._hold = self.create_client(Trigger, "hold")
        self._sent = 0
        self.create_subscription(
            JointTrajectory, "joint_trajectory", self._on_trajectory, messages.TRAJECTORY_QOS
        )

    def _on_trajectory(self, message: JointTrajectory) -> None:
        if not self._client.server_is_ready():
            self._fail(f"no controller serves '{self._action}'")
            return
        self._sent += 1
        number = self._sent
        sent = self._client.send_goal_async(self._type.Goal(trajectory=message))
        sent.add_done_callback(lambda future: self._on_answer(future, number))

    def _on_answer(self, future: Future, number: int) -> None:
        goal: ClientGoalHandle = future.result()
        if not goal.accepted:
            self._fail(f"the controller refused trajectory {number}")
            return
        goal.get_result_async().add_done_callback(lambda f: self._on_result(f.result(), number))

    def _on_result(self, answer: Any, number: int) -> None:
        result, ended = answer.result, ENDS.get(answer.status, "lost")
        if result.error_code != self._type.Result.SUCCESSFUL:
            what = f"failed with code {result.error_code}: {result.error_string}"
        elif answer.status == GoalStatus.STATUS_SUCCEEDED:
            self.get_logger().info(f"trajectory {number} is done")
            return
        else:  # of a goal that is cancelled, the code says nothing
            what = f"was {ended}"
        if number == self._sent:  # an older one was replaced, which is no failure
            self._fail(f"trajectory {number} {what}")

    def _fail(self, reason: str) -> None:
        self.get_logger().error(f"{reason}; the robot is held")
        if self._hold.service_is_ready():
            self._hold.call_async(Trigger.Request())


def _action_type() -> Any:
    try:
        from control_msgs.action import FollowJointTrajectory
    except ImportError as error:
        raise ActionError(
            "control_msgs is not installed: sudo apt-get install ros-$ROS_DISTRO-control-msgs, or "
            "let the controller listen to topic joint_trajectory"
        ) from error
    return FollowJointTrajectory


def main() -> None:
    """Run until interrupted."""
    run("motiongpt_follow", FollowNode)


if __name__ == "__main__":
    main()

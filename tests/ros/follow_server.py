"""A controller by action whose first joint's name says what becomes of a trajectory.

Says each goal on topic `goals`; a process of its own, since it needs control_msgs.
"""

import sys
import time

import rclpy
from control_msgs.action import FollowJointTrajectory
from rclpy.action import ActionServer, CancelResponse, GoalResponse
from rclpy.action.server import ServerGoalHandle
from rclpy.executors import ExternalShutdownException, MultiThreadedExecutor
from rclpy.node import Node
from std_msgs.msg import String

Result = FollowJointTrajectory.Result


class Controller(Node):
    """Serves the action where ros2_control's controller does."""

    def __init__(self, namespace: str) -> None:
        super().__init__("controller", namespace=namespace)
        self._goals = self.create_publisher(String, "goals", 10)
        self._server = ActionServer(
            self,
            FollowJointTrajectory,
            "joint_trajectory_controller/follow_joint_trajectory",
            self._follow,
            goal_callback=self._answer,
            cancel_callback=lambda goal: CancelResponse.ACCEPT,
            callback_group=rclpy.callback_groups.ReentrantCallbackGroup(),
        )

    def _answer(self, goal: FollowJointTrajectory.Goal) -> GoalResponse:
        refused = goal.trajectory.joint_names[0] == "refuse"
        return GoalResponse.REJECT if refused else GoalResponse.ACCEPT

    def _follow(self, handle: ServerGoalHandle) -> FollowJointTrajectory.Result:
        trajectory = handle.request.trajectory
        what = trajectory.joint_names[0]
        self._goals.publish(String(data=f"{what} {len(trajectory.points)}"))
        handle.publish_feedback(FollowJointTrajectory.Feedback(joint_names=[what]))
        if what == "succeed":
            handle.succeed()
            return Result(error_code=Result.SUCCESSFUL)
        if what == "fail":
            handle.abort()
            return Result(error_code=Result.PATH_TOLERANCE_VIOLATED, error_string="knee is late")
        while not handle.is_cancel_requested and what != "leave":
            time.sleep(0.02)
        if what == "leave":  # aborted without a code, as by a controller that is switched off
            handle.abort()
        else:
            handle.canceled()
        return Result()


def main() -> None:
    """Serve until interrupted."""
    rclpy.init()
    executor = MultiThreadedExecutor(4)
    executor.add_node(Controller(sys.argv[1]))
    try:
        while rclpy.ok():
            executor.spin_once(timeout_sec=0.2)
    except (KeyboardInterrupt, ExternalShutdownException):
        pass


if __name__ == "__main__":
    main()

"""A client of action `generate_motion` in a process of its own; says what it saw as JSON.

python -m tests.ros.action_client NAMESPACE, with motiongpt_interfaces importable.
"""

import json
import sys
import time
from collections.abc import Callable
from typing import Any

import rclpy
from motiongpt_interfaces.action import GenerateMotion
from rclpy.action import ActionClient
from rclpy.node import Node
from trajectory_msgs.msg import JointTrajectory

PATIENCE = 90.0
STATUS = {4: "succeeded", 5: "canceled", 6: "aborted"}


class Client(Node):
    """Sends goals, one by one."""

    def __init__(self, namespace: str) -> None:
        super().__init__("client", namespace=namespace)
        self._client = ActionClient(self, GenerateMotion, "generate_motion")
        self._sent = 0
        self.create_subscription(JointTrajectory, "joint_trajectory", self._on_trajectory, 10)
        assert self._client.wait_for_server(timeout_sec=PATIENCE)

    def _on_trajectory(self, trajectory: JointTrajectory) -> None:
        self._sent += 1

    def _spin(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            rclpy.spin_once(self, timeout_sec=0.05)

    def _wait(self, condition: Callable[[], bool]) -> None:
        end = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < end, "no answer"
            rclpy.spin_once(self, timeout_sec=0.05)

    def ask(self, cancel_at: str = "", interrupt: str = "", **goal: Any) -> dict[str, Any]:
        """Send a goal; cancel it once it is at a stage, or interrupt it by another one's text."""
        feedback: list[Any] = []
        sent = self._client.send_goal_async(
            GenerateMotion.Goal(**goal), lambda message: feedback.append(message.feedback)
        )
        self._wait(sent.done)
        handle = sent.result()
        answer = handle.get_result_async()
        if cancel_at:
            self._wait(lambda: any(f.stage == cancel_at for f in feedback))
            cancelled = handle.cancel_goal_async()
            self._wait(cancelled.done)
        second = None
        if interrupt:
            self._wait(lambda: any(f.stage == "executing" for f in feedback))
            second = self.ask(text=interrupt)
        self._wait(answer.done)
        self._spin(0.3)  # what is still on its way
        result = answer.result().result
        points = result.trajectory.points
        return {
            "sent": self._sent,
            "second": second,
            "status": STATUS[answer.result().status],
            "success": result.success,
            "message": result.message,
            "stages": list(dict.fromkeys(f.stage for f in feedback)),
            "tokens": result.tokens,
            "seconds_done": [f.seconds_done for f in feedback],
            "seconds_ready": [f.seconds_ready for f in feedback],
            "joints": len(result.trajectory.joint_names),
            "points": len(points),
            "first": list(points[0].positions) if points else [],
            "violations": result.violations,
            "slowdown": result.slowdown,
            "generation_seconds": result.generation_seconds,
            "planning_seconds": result.planning_seconds,
            "execution_seconds": result.execution_seconds,
        }


def main() -> None:
    """Ask for all that the test wants to know."""
    rclpy.init()
    client = Client(sys.argv[1])
    text = "a person walks"
    print(
        json.dumps(
            {
                "preview": client.ask(text=text, execute=False, seed=3, duration=1.0),
                "executed": client.ask(text=text, duration=1.0),
                "cancelled": client.ask("executing", text=text, duration=4.0),
                "interrupted": client.ask(text=text, duration=4.0, interrupt="Please, stop now!"),
                "stop to preview": client.ask(text="stop", execute=False),
                "stop to append": client.ask(text="stop", task=GenerateMotion.Goal.TASK_APPEND),
                "not to do": client.ask(text="do not walk"),
                "wrong text": client.ask(text="xyzzy"),
                "wrong task": client.ask(text=text, task="dance"),
                "wrong samples": client.ask(text=text, samples=99),
                "wrong seed": client.ask(text=text, seed=-5),
                "wrong duration": client.ask(text=text, duration=float("nan")),
            }
        )
    )
    client.destroy_node()
    rclpy.try_shutdown()


if __name__ == "__main__":
    main()

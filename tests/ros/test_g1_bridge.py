from pathlib import Path

import numpy as np
import yaml
from builtin_interfaces.msg import Duration
from geometry_msgs.msg import Twist
from sensor_msgs.msg import JointState as JointStateMsg
from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint

from motiongpt.retarget import load_robot

ROBOT = load_robot("unitree_g1")
ELBOW = "left_elbow_joint"
ROOT = Path(__file__).parents[2]


def _reach(position: float, seconds: int = 1) -> JointTrajectory:
    point = JointTrajectoryPoint(
        positions=[position], velocities=[0.0], time_from_start=Duration(sec=seconds)
    )
    return JointTrajectory(joint_names=[ELBOW], points=[point])


def test_a_dry_bridge_takes_the_arms_over_follows_and_gives_them_back(processes, listen) -> None:
    bridge = processes.start("g1_bridge", "dry", ramp_time=0.5, velocity_timeout=0.3)
    listener = listen("dry")
    sent: list[JointStateMsg] = []
    walks: list[Twist] = []
    listener.create_subscription(JointStateMsg, "would_send", sent.append, 100)
    listener.create_subscription(Twist, "would_walk", walks.append, 100)
    reach = listener.create_publisher(JointTrajectory, "joint_trajectory", 10)
    walk = listener.create_publisher(Twist, "cmd_vel", 10)
    listener.wait(lambda: bool(sent) and sent[-1].position[-1] == 1.0, "the arms")
    listener.wait(lambda: reach.get_subscription_count() > 1, "the bridge")
    weights = [message.position[-1] for message in sent]
    assert all(0 <= b - a < 0.05 for a, b in zip(weights, weights[1:], strict=False))
    assert sent[0].name[:3] == list(ROBOT.joint_names[12:15]) and sent[0].name[-1] == "weight"
    assert np.allclose(sent[0].position[:-1], ROBOT.rest_pose[12:])

    reach.publish(_reach(float("nan")))
    reach.publish(_reach(0.8))
    elbow = ROBOT.joint_names.index(ELBOW)
    listener.wait(lambda: abs(listener.joint_state.position[elbow] - 0.8) < 1e-3, "the elbow", 20)
    others = [i for i in range(29) if i != elbow]
    assert np.allclose(np.array(listener.joint_state.position)[others], ROBOT.rest_pose[others])
    steps = np.diff([message.position[:-1] for message in sent], axis=0)
    assert (np.abs(steps) <= ROBOT.velocity_limit[12:] / 50.0 + 1e-9).all()

    far = Twist()
    far.linear.x, far.angular.z = 9.0, -9.0
    walk.publish(far)
    listener.wait(lambda: bool(walks) and walks[-1].linear.x == 0.0, "the stand", 20)
    assert {message.linear.x for message in walks} == {0.6, 0.0}
    assert min(message.angular.z for message in walks) == -0.8

    printed = processes.stop(bridge)
    listener.spin(0.3)
    assert sent[-1].position[-1] == 0.0
    assert bridge.returncode == 0
    assert "dry: nothing goes to a robot" in printed
    assert printed.count("trajectory refused: trajectory has a value that is not finite") == 1


def test_a_bridge_that_is_not_dry_ends_without_the_sdk_and_says_why(processes) -> None:
    bridge = processes.start("g1_bridge", "real", dry_run=False)
    printed = bridge.wait(60)
    assert "a real G1 needs unitree_sdk2py" in printed
    assert bridge.returncode == 1


def test_an_action_client_without_control_msgs_ends_and_says_why(processes) -> None:
    client = processes.start("follow_action", "action")
    printed = client.wait(60)
    assert "control_msgs is not installed" in printed
    assert client.returncode == 1


def test_the_controllers_of_ros2_control_have_the_robots_joints() -> None:
    config = yaml.safe_load((ROOT / "config" / "ros2_control.yaml").read_text())
    controller = config["joint_trajectory_controller"]["ros__parameters"]
    assert tuple(controller["joints"]) == ROBOT.joint_names
    assert controller["allow_partial_joints_goal"] is True
    kinds = config["controller_manager"]["ros__parameters"]
    assert set(kinds) == {"update_rate", "joint_state_broadcaster", "joint_trajectory_controller"}

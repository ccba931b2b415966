import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np

from motiongpt.retarget import RobotTrajectory, count_violations, load_robot
from tests.ros.test_motion_node import COMMAND

ROBOT = load_robot("unitree_g1")
LOOPBACK = (
    "<CycloneDDS><Domain><General><Interfaces><NetworkInterface name='lo' multicast='true'/>"
    "</Interfaces></General><Discovery><ParticipantIndex>auto</ParticipantIndex><Peers>"
    "<Peer address='localhost'/></Peers></Discovery></Domain></CycloneDDS>"
)


def test_another_dds_implementation_commands_the_robot(robot_and_node, listen) -> None:
    listener = listen(robot_and_node)
    listener.wait(lambda: bool(listener.statuses), "a node")
    listener.wait(lambda: listener.statuses[-1]["state"] != "loading", "a node that is ready")
    client = Path(__file__).with_name("cyclone.py")
    done = subprocess.run(
        [sys.executable, str(client), os.environ["ROS_DOMAIN_ID"], robot_and_node, COMMAND],
        env={**os.environ, "CYCLONEDDS_URI": LOOPBACK},
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )
    assert done.returncode == 0, (done.stderr, listener.statuses[-3:], len(listener.trajectories))
    came = json.loads(done.stdout)
    assert came.pop("joint_names") == list(ROBOT.joint_names)
    values = {name: np.array(value) for name, value in came.items()}
    base = np.zeros((0, 7))
    trajectory = RobotTrajectory(
        ROBOT.joint_names, **values, base=base, handover_duration=0.0, slowdown=1.0
    )
    assert len(trajectory.times) > 10
    assert count_violations(trajectory, ROBOT).total == 0

"""Human motion to robot trajectories, all limits kept."""

from motiongpt.retarget.inverse import human_pose
from motiongpt.retarget.plan import plan_trajectory, retime_trajectory
from motiongpt.retarget.robot import Robot, load_robot
from motiongpt.retarget.solve import RobotMotion, retarget
from motiongpt.retarget.trajectory import JointState, RobotTrajectory
from motiongpt.retarget.violations import Violations, count_violations

__all__ = [
    "JointState",
    "Robot",
    "RobotMotion",
    "RobotTrajectory",
    "Violations",
    "count_violations",
    "human_pose",
    "load_robot",
    "plan_trajectory",
    "retarget",
    "retime_trajectory",
]

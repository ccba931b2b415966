import numpy as np
from builtin_interfaces.msg import Time
from visualization_msgs.msg import Marker

from motiongpt.motion.skeleton import JOINT_INDEX
from motiongpt.retarget import JointState, load_robot, plan_trajectory
from motiongpt_ros.markers import N_FIGURES, human_markers, robot_markers
from tests.retarget.figures import gesture

ROBOT = load_robot("unitree_g1")
MOTION = gesture(40)
PLAN = plan_trajectory(MOTION, ROBOT, JointState(ROBOT.rest_pose, 0 * ROBOT.rest_pose))


def _points(marker: Marker) -> np.ndarray:
    return np.array([[p.x, p.y, p.z] for p in marker.points])


def test_the_human_is_drawn_along_its_motion_bone_by_bone() -> None:
    clear, *figures = human_markers(MOTION, Time(sec=5)).markers
    assert clear.action == Marker.DELETEALL
    assert len(figures) == N_FIGURES
    assert all(len(figure.points) == 2 * 21 for figure in figures)
    drawn = _points(figures[-1])
    head = MOTION.positions[-1, JOINT_INDEX["head"]]
    assert np.isclose(np.linalg.norm(drawn - head, axis=1).min(), 0)
    opacity = [figure.color.a for figure in figures]
    assert opacity == sorted(opacity) and opacity[-1] == 1.0


def test_the_robot_stands_on_the_ground_that_its_base_path_means() -> None:
    _, *figures = robot_markers(PLAN, ROBOT, Time(sec=5)).markers
    assert len(figures) == N_FIGURES
    drawn = _points(figures[0])
    assert np.allclose(drawn[0], PLAN.base[0, :3])
    assert 0 < drawn[:, 2].min() < 0.15  # the ankles' joints are the lowest
    assert all(figure.header.frame_id == "base_footprint" for figure in figures)

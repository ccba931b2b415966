"""Stick figures for RViz: the human motion, and the robot as it will do it."""

import numpy as np
import pinocchio as pin
from builtin_interfaces.msg import Time as TimeMsg
from geometry_msgs.msg import Point
from std_msgs.msg import ColorRGBA
from visualization_msgs.msg import Marker, MarkerArray

from motiongpt.motion.motion import Motion
from motiongpt.motion.skeleton import HUMANML3D
from motiongpt.retarget import Robot, RobotTrajectory
from motiongpt_ros.messages import BASE_FRAME

N_FIGURES = 8
"""Figures along a motion, the later the more solid."""

LINE_WIDTH = 0.02
HUMAN_COLOUR, ROBOT_COLOUR = (0.2, 0.5, 1.0), (1.0, 0.5, 0.1)


def human_markers(motion: Motion, stamp: TimeMsg) -> MarkerArray:
    """Figures of a human motion, seen from where the robot stands at the start."""
    frames = np.unique(np.linspace(0, motion.n_frames - 1, N_FIGURES).round().astype(int))
    parents = HUMANML3D.parents
    bones = [(int(parents[j]), j) for j in range(len(parents)) if parents[j] >= 0]
    return _figures("human", motion.positions[frames], bones, HUMAN_COLOUR, stamp)


def robot_markers(trajectory: RobotTrajectory, robot: Robot, stamp: TimeMsg) -> MarkerArray:
    """Figures of a robot's trajectory, seen from where it stands at the start."""
    points = np.unique(np.linspace(0, len(trajectory.times) - 1, N_FIGURES).round().astype(int))
    model, data, figures = robot.model, robot.model.createData(), []
    for i in points:
        q = np.concatenate([trajectory.base[i], trajectory.positions[i]])
        pin.forwardKinematics(model, data, q)
        figures.append([data.oMi[joint].translation.copy() for joint in range(1, model.njoints)])
    bones = [(model.parents[joint] - 1, joint - 1) for joint in range(2, model.njoints)]
    return _figures("robot_preview", np.array(figures), bones, ROBOT_COLOUR, stamp)


def _figures(
    name: str,
    figures: np.ndarray,
    bones: list[tuple[int, int]],
    colour: tuple[float, float, float],
    stamp: TimeMsg,
) -> MarkerArray:
    """One line list a figure, after one marker that removes those of the motion before."""
    message = MarkerArray(markers=[Marker(action=Marker.DELETEALL, ns=name)])
    message.markers[0].header.frame_id, message.markers[0].header.stamp = BASE_FRAME, stamp
    for number, figure in enumerate(figures):
        marker = Marker(ns=name, id=number, type=Marker.LINE_LIST, action=Marker.ADD)
        marker.header.frame_id, marker.header.stamp = BASE_FRAME, stamp
        marker.pose.orientation.w, marker.scale.x = 1.0, LINE_WIDTH
        r, g, b = colour
        marker.color = ColorRGBA(r=r, g=g, b=b, a=0.2 + 0.8 * (number + 1) / len(figures))
        for bone in bones:
            marker.points += [_point(figure[joint]) for joint in bone]
        message.markers.append(marker)
    return message


def _point(place: np.ndarray) -> Point:
    x, y, z = place.tolist()
    return Point(x=x, y=y, z=z)

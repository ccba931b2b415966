"""A whole-body motion as the columns of a spline, and back.

Columns: joints; base quaternion [qx qy qz qw]; base x, y; height of the lower sole.
"""

import numpy as np

from motiongpt.retarget import spline
from motiongpt.retarget.robot import N_BASE_Q, Robot
from motiongpt.retarget.rotations import continuous, multiply, turn_axes
from motiongpt.retarget.solve import RobotMotion, lowest_sole_heights
from motiongpt.retarget.torque import base_tangents


def control_points(motion: RobotMotion, robot: Robot) -> np.ndarray:
    """Control points of a motion that begins and ends at rest, seen from where it begins."""
    q, joints = motion.q, motion.q[:, N_BASE_Q:]
    undo = np.array([0.0, 0.0, *_half_turn(-_yaw(q[:1, 3:N_BASE_Q], robot)[0])])
    turned = continuous(multiply(undo[None], q[:, 3:N_BASE_Q]))
    path = np.einsum("ki,tk->ti", turn_axes(undo[None])[..., 0], q[:, :3] - q[0, :3])
    path[:, 2] = lowest_sole_heights(q, robot)
    # The frames are the control points: what shakes from frame to frame is left out, and a foot
    # that stands stays, since the base goes with the joints.
    columns = np.concatenate([joints, turned, path], axis=1)
    columns[:, -3:-1] -= columns[0, -3:-1]
    if columns[0, robot.n_joints + 3] < 0:
        columns[:, robot.n_joints : robot.n_joints + 4] *= -1
    return spline.rest_at_ends(columns)


def _half_turn(angle: float) -> tuple[float, float]:
    return float(np.sin(angle / 2)), float(np.cos(angle / 2))


def _yaw(quaternions: np.ndarray, robot: Robot) -> np.ndarray:
    """Headings (T,) in [rad] of base orientations (T, 4)."""
    X = turn_axes(quaternions)
    c, s = np.cos(robot.forward_angle), np.sin(robot.forward_angle)
    forward = c * X[0] + s * X[1]
    return np.arctan2(forward[1], forward[0]) - robot.forward_angle


def base_poses(values: np.ndarray, robot: Robot) -> np.ndarray:
    """Base poses (N, 7) with the lower sole exactly at its height."""
    n = robot.n_joints
    turns = values[:, n : n + 4]
    q = np.zeros((len(values), N_BASE_Q + n))
    q[:, 3:N_BASE_Q] = turns / np.linalg.norm(turns, axis=1, keepdims=True)
    q[:, :2], q[:, N_BASE_Q:] = values[:, n + 4 : n + 6], values[:, :n]
    q[:, 2] = np.maximum(values[:, n + 6], 0.0) - lowest_sole_heights(q, robot)
    return q[:, :N_BASE_Q]


def tangents(
    values: tuple[np.ndarray, np.ndarray, np.ndarray], spacing: float, robot: Robot
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Configurations, tangent velocities and accelerations of a curve's columns at its knots."""
    joints = slice(0, robot.n_joints)
    base = base_poses(values[0], robot)
    moving = zip(base_tangents(base, spacing), values[1:], strict=True)
    v, a = (np.concatenate([mine, theirs[:, joints]], axis=1) for mine, theirs in moving)
    return np.concatenate([base, values[0][:, joints]], axis=1), v, a

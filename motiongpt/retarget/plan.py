"""From the robot's current state into a motion, all limits kept by construction."""

import numpy as np
import pinocchio as pin

from motiongpt.errors import RetargetError
from motiongpt.motion.motion import Motion
from motiongpt.retarget import spline
from motiongpt.retarget.robot import N_BASE_Q, Robot
from motiongpt.retarget.solve import RobotMotion, lowest_sole_points, retarget
from motiongpt.retarget.trajectory import JointState, RobotTrajectory

BRAKE_SPACING = 0.01
"""Knot spacing in [s] of the curve on which a moving robot comes to rest."""

LIMIT_SHARE = 0.98
"""Share of velocity and acceleration limits that is used; the rest is for rounding."""

MIN_HANDOVER = 0.3
"""Shortest way from standing to the first frame, in [s]."""


def plan_trajectory(
    motion: Motion, robot: Robot, start: JointState, rate: float = 50.0
) -> RobotTrajectory:
    """Bring the robot from where it is into a motion, through it, and to rest.

    A robot that moves first comes to rest as fast as its limits allow; then it goes to the first
    frame; then the motion follows, slowed where the robot is not fast enough.

    Args:
        motion: 22 joints in [m], world frame, z up.
        robot: the robot.
        start: its current state, inside limits.
        rate: points a second, in [Hz].

    Raises:
        RetargetError: if the rate is out of range or there is no finite solution.
    """
    if not 1 <= rate <= 1000:
        raise RetargetError(f"rate is {rate} Hz; allowed: 1 to 1000")
    brake = _brake(robot, start)
    rest = brake[-1]
    motion_of_robot = retarget(motion, robot)
    points, n_handover, spacing = _control_points(motion_of_robot, robot, rest)
    fine, index, slower = spline.retime(
        points,
        robot.n_joints,
        spacing,
        LIMIT_SHARE * robot.velocity_limit,
        LIMIT_SHARE * robot.acceleration_limit,
    )
    braking = spline.duration(brake, BRAKE_SPACING)
    moving = spline.duration(fine, slower)
    n = int(np.ceil((braking + moving) * rate - 1e-9)) + 1
    times = np.arange(n) / rate
    values = [
        np.concatenate(parts)
        for parts in zip(
            _padded(spline.evaluate(brake, BRAKE_SPACING, times[times < braking]), fine),
            spline.evaluate(fine, slower, times[times >= braking] - braking),
            strict=True,
        )
    ]
    joints = slice(0, robot.n_joints)
    reached = np.searchsorted(index, n_handover) * slower
    asked = spline.duration(points, spacing)
    return RobotTrajectory(
        joint_names=robot.joint_names,
        times=times,
        positions=np.clip(values[0][:, joints], robot.lower, robot.upper),
        velocities=values[1][:, joints],
        accelerations=values[2][:, joints],
        base=_base(values[0], robot),
        handover_duration=float(braking + reached),
        slowdown=float(max(moving / asked, 1.0)),
    )


def _brake(robot: Robot, start: JointState) -> np.ndarray:
    """Control points (M, n) from a state to rest, at the acceleration limit.

    Near a position limit the deceleration is as large as is needed to stay inside.
    """
    h = BRAKE_SPACING
    position, velocity = start.positions, start.velocities
    points = [position - velocity * h, position, position + velocity * h]
    step = velocity * h
    most = LIMIT_SHARE * robot.acceleration_limit * h * h
    while np.abs(step).max() > 0:
        step = np.sign(step) * np.maximum(np.abs(step) - most, 0)
        points.append(np.clip(points[-1] + step, robot.lower, robot.upper))
    points += [points[-1], points[-1]]
    return np.array(points)


def _padded(parts: tuple[np.ndarray, ...], like: np.ndarray) -> list[np.ndarray]:
    """The braking part with the base columns of the motion's start, which does not move."""
    n = len(parts[0])
    base = like[0, parts[0].shape[1] :]
    rows = [np.tile(base, (n, 1)), np.zeros((n, len(base))), np.zeros((n, len(base)))]
    return [np.concatenate(pair, axis=1) for pair in zip(parts, rows, strict=True)]


def _control_points(
    motion: RobotMotion, robot: Robot, rest: np.ndarray
) -> tuple[np.ndarray, int, float]:
    """Control points of hand-over and motion, how many are hand-over, and the knot spacing.

    Columns: joints; base quaternion [qx qy qz qw]; base x, y; height of the lower sole.
    """
    spacing = 1 / motion.fps
    q, joints = motion.q, motion.q[:, N_BASE_Q:]
    quaternions = _turned_to_start(q[:, 3:N_BASE_Q], robot)
    place = _turned_path(q, robot)
    columns = np.concatenate([joints, quaternions, place], axis=1)
    if len(columns) >= 4:
        columns = spline.control_points(columns)
    columns[:, : robot.n_joints] = np.clip(columns[:, : robot.n_joints], robot.lower, robot.upper)
    columns[:, -1] = np.maximum(columns[:, -1], 0)
    columns[:, -3:-1] -= columns[0, -3:-1]
    gap = np.abs(columns[0, : robot.n_joints] - rest)
    needed = np.maximum(
        1.9 * gap / robot.velocity_limit, np.sqrt(6.0 * gap / robot.acceleration_limit)
    )
    n = int(np.ceil(max(MIN_HANDOVER, needed.max()) / spacing))
    share = np.linspace(0, 1, n + 1)[:-1, None]
    share = share**3 * (10 - 15 * share + 6 * share**2)
    standing = np.concatenate([rest, [0, 0, 0, 1], columns[0, -3:]])
    turn = slice(robot.n_joints, robot.n_joints + 4)
    if standing[turn] @ columns[0, turn] < 0:
        columns[:, turn] *= -1
    handover = (1 - share) * standing + share * columns[0]
    return spline.rest_at_ends(np.concatenate([handover, columns])), n + 2, spacing


def _yaw(R: np.ndarray, robot: Robot) -> float:
    forward = R @ pin.utils.rotate("z", robot.forward_angle)[:, 0]
    return float(np.arctan2(forward[1], forward[0]) - robot.forward_angle)


def _turned_to_start(quaternions: np.ndarray, robot: Robot) -> np.ndarray:
    """Base orientations (T, 4) with the first heading turned away and no jump of sign."""
    first = pin.Quaternion(*quaternions[0][[3, 0, 1, 2]]).toRotationMatrix()
    undo = pin.Quaternion(pin.utils.rotate("z", -_yaw(first, robot)))
    turned = np.array([(undo * pin.Quaternion(*q[[3, 0, 1, 2]])).coeffs() for q in quaternions])
    flips = np.cumprod(np.where((turned[1:] * turned[:-1]).sum(axis=1) < 0, -1, 1))
    turned[1:] *= flips[:, None]
    return turned


def _turned_path(q: np.ndarray, robot: Robot) -> np.ndarray:
    """Base x, y from the first frame in its heading, and the lower sole's height, (T, 3)."""
    first = pin.Quaternion(*q[0, [6, 3, 4, 5]]).toRotationMatrix()
    undo = pin.utils.rotate("z", -_yaw(first, robot))
    path = (q[:, :3] - q[0, :3]) @ undo.T
    data = robot.model.createData()
    for t, configuration in enumerate(q):
        pin.framesForwardKinematics(robot.model, data, configuration)
        path[t, 2] = lowest_sole_points(robot.model, data, robot)[:, 2].min()
    return path


def _base(values: np.ndarray, robot: Robot) -> np.ndarray:
    """Base poses (N, 7) with the lower sole exactly at its height."""
    n = robot.n_joints
    base = np.zeros((len(values), N_BASE_Q))
    base[:, 3:] = values[:, n : n + 4] / np.linalg.norm(
        values[:, n : n + 4], axis=1, keepdims=True
    )
    base[:, :2] = values[:, n + 4 : n + 6]
    data = robot.model.createData()
    for t, row in enumerate(values):
        configuration = np.concatenate([base[t], row[:n]])
        pin.framesForwardKinematics(robot.model, data, configuration)
        lowest = lowest_sole_points(robot.model, data, robot)[:, 2].min()
        base[t, 2] = max(row[n + 6], 0.0) - lowest
    return base

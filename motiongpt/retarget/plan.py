"""From the robot's current state into a motion, all limits kept by construction."""

from dataclasses import dataclass

import numpy as np

from motiongpt.errors import RetargetError
from motiongpt.motion.motion import Motion
from motiongpt.retarget import spline
from motiongpt.retarget.modes import Mode, retarget_mode
from motiongpt.retarget.robot import N_BASE_Q, N_BASE_V, Robot
from motiongpt.retarget.rotations import continuous, multiply, turn_axes
from motiongpt.retarget.solve import RobotMotion, lowest_sole_heights
from motiongpt.retarget.torque import joint_torques, stretch_for_effort
from motiongpt.retarget.trajectory import JointState, RobotTrajectory
from motiongpt.retarget.transition import Transition, fastest_transition

LIMIT_SHARE = 0.98
"""Share of velocity and acceleration limits that is used; the rest is for rounding."""

MIN_RATE, MAX_RATE = 10.0, 500.0
"""Points a second that controllers take, in [Hz]."""

EFFORT_ROUNDS, MOST_STRETCH = 2, 2.0
"""How often, and how far at once, a motion is slowed for its torques."""


def plan_trajectory(
    motion: Motion,
    robot: Robot,
    start: JointState,
    rate: float = 50.0,
    mode: Mode = Mode.WHOLE_BODY,
    posture: np.ndarray | None = None,
) -> RobotTrajectory:
    """Bring the robot from where it is into a motion, through it, and to rest.

    The way to the first frame is the fastest that the limits allow, whether the robot stands or
    moves; then the motion follows, slowed where the robot is not fast or not strong enough.

    Args:
        motion: 22 joints in [m], world frame, z up.
        robot: the robot.
        start: its current state, inside limits.
        rate: points a second, in [Hz].
        mode: what of the robot follows; joints that do not stay where they are.
        posture: joints (n,) in [rad] in which the robot stands before it balances, if not those of
            `start`: position servos are told another position than they have under weight.

    Raises:
        RetargetError: if the rate is out of range or there is no finite solution.
    """
    _check_rate(rate)
    stands = start.positions if posture is None else posture
    followed = retarget_mode(motion, robot, mode, stands, enter=True)
    return retime_trajectory(followed, robot, rate, start)


def retime_trajectory(
    motion: RobotMotion, robot: Robot, rate: float = 50.0, start: JointState | None = None
) -> RobotTrajectory:
    """Slow a robot's motion just as much as its limits need, and nowhere make it faster.

    Velocities and accelerations stay inside limits at every instant; torques, by inverse
    dynamics, stay under the effort limits wherever slowing down can bring that about.

    Args:
        motion: configurations at a frame rate.
        robot: the robot.
        rate: points a second, in [Hz].
        start: the state to come from, inside limits; None begins at the first frame.

    Returns:
        Positions, velocities and accelerations that are derivatives of one another.

    Raises:
        RetargetError: if the rate is out of range.
    """
    _check_rate(rate)
    curve = _slowed(_control_points(motion, robot), robot, 1 / motion.fps)
    first = curve.points[0]
    entry = fastest_transition(
        first[: robot.n_joints] if start is None else start.positions,
        np.zeros(robot.n_joints) if start is None else start.velocities,
        first[: robot.n_joints],
        LIMIT_SHARE * robot.velocity_limit,
        LIMIT_SHARE * robot.acceleration_limit,
        robot.lower,
        robot.upper,
    )
    entering = entry.duration if entry.duration > 1e-6 else 0.0
    moving = spline.duration(curve.points, curve.spacing)
    n = int(np.ceil((entering + moving) * rate - 1e-9)) + 1
    times = np.arange(n) / rate
    before = times < entering
    values = [
        np.concatenate(parts)
        for parts in zip(
            _entry_values(entry, times[before], first, robot),
            spline.evaluate(curve.points, curve.spacing, times[~before] - entering),
            strict=True,
        )
    ]
    joints = slice(0, robot.n_joints)
    return RobotTrajectory(
        joint_names=robot.joint_names,
        times=times,
        positions=np.clip(values[0][:, joints], robot.lower, robot.upper),
        velocities=values[1][:, joints],
        accelerations=values[2][:, joints],
        base=_base(values[0], robot),
        handover_duration=float(entering) + curve.time_of_frame(motion.entry),
        slowdown=float(max(moving / curve.asked, 1.0)),
    )


def _check_rate(rate: float) -> None:
    if not MIN_RATE <= rate <= MAX_RATE:
        raise RetargetError(f"rate is {rate} Hz; allowed: {MIN_RATE:.0f} to {MAX_RATE:.0f}")


@dataclass(frozen=True)
class _Curve:
    """Control points, where they lie on the asked ones, spacing and asked duration in [s]."""

    points: np.ndarray
    index: np.ndarray
    spacing: float
    asked: float

    def time_of_frame(self, frame: int) -> float:
        """When a frame of the motion comes, in [s]; at once if it is the first."""
        if frame == 0:
            return 0.0
        # Two points repeat the first frame, and a knot lies under the second of three points.
        return (
            float(np.interp(frame + 2, self.index, np.arange(len(self.index))) - 1) * self.spacing
        )


def _slowed(points: np.ndarray, robot: Robot, spacing: float) -> _Curve:
    """Slow control points until velocities, accelerations and torques are inside limits."""
    limits = (LIMIT_SHARE * robot.velocity_limit, LIMIT_SHARE * robot.acceleration_limit)
    asked = spline.duration(points, spacing)
    fine, index, slower = spline.retime(points, robot.n_joints, spacing, *limits)
    effort = LIMIT_SHARE * robot.effort_limit
    for _ in range(EFFORT_ROUNDS):
        knots = np.arange(len(fine) - 2) * slower
        q, v, a = _tangent(spline.evaluate(fine, slower, knots), robot)
        need = stretch_for_effort(joint_torques(q, v, a, robot), effort, MOST_STRETCH)
        if need.max() <= 1.0:
            break
        # A knot lies under the middle one of three control points.
        wanted = np.concatenate([np.maximum(need, np.roll(need, 1)), need[-1:]])
        core = spline.stretch(index, wanted)
        fine, index, slower = spline.retime(points, robot.n_joints, spacing, *limits, core)
    return _Curve(fine, index, slower, asked)


def _control_points(motion: RobotMotion, robot: Robot) -> np.ndarray:
    """Control points of a motion that begins and ends at rest.

    Columns: joints; base quaternion [qx qy qz qw]; base x, y; height of the lower sole.
    """
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


def _entry_values(
    entry: Transition, times: np.ndarray, first: np.ndarray, robot: Robot
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Values and derivatives of all columns on the way to the first frame.

    The base turns from upright to the first frame's lean, smoothly in the same time.
    """
    q, v, a = entry.evaluate(times)
    share = (times / max(entry.duration, 1e-9))[:, None]
    share = share**3 * (10 - 15 * share + 6 * share**2)
    upright = np.array([0, 0, 0, 1, 0, 0, first[-1]])
    base = (1 - share) * upright + share * first[robot.n_joints :]
    none = np.zeros_like(base)
    return (
        np.concatenate([q, base], axis=1),
        np.concatenate([v, none], axis=1),
        np.concatenate([a, none], axis=1),
    )


def _base(values: np.ndarray, robot: Robot) -> np.ndarray:
    """Base poses (N, 7) with the lower sole exactly at its height."""
    n = robot.n_joints
    turns = values[:, n : n + 4]
    q = np.zeros((len(values), N_BASE_Q + n))
    q[:, 3:N_BASE_Q] = turns / np.linalg.norm(turns, axis=1, keepdims=True)
    q[:, :2], q[:, N_BASE_Q:] = values[:, n + 4 : n + 6], values[:, :n]
    q[:, 2] = np.maximum(values[:, n + 6], 0.0) - lowest_sole_heights(q, robot)
    return q[:, :N_BASE_Q]


def _tangent(
    values: tuple[np.ndarray, np.ndarray, np.ndarray], robot: Robot
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Configurations, tangent velocities and accelerations of a curve's columns.

    The base's acceleration is left out but for gravity: what shakes it are steps of its height
    between samples, not forces that the joints bear.
    """
    n = robot.n_joints
    q = np.concatenate([_base(values[0], robot), values[0][:, :n]], axis=1)
    v, a = (np.zeros((len(q), N_BASE_V + n)) for _ in range(2))
    v[:, N_BASE_V:], a[:, N_BASE_V:] = values[1][:, :n], values[2][:, :n]
    return q, v, a

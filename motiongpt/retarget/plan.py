"""From the robot's current state into a motion, all limits kept by construction."""

from dataclasses import dataclass

import numpy as np

from motiongpt.errors import RetargetError
from motiongpt.motion.motion import Motion
from motiongpt.retarget import spline
from motiongpt.retarget.columns import base_poses, control_points, tangents
from motiongpt.retarget.entry import entry_values, find_entry
from motiongpt.retarget.modes import Mode, retarget_mode
from motiongpt.retarget.robot import Robot
from motiongpt.retarget.solve import RobotMotion
from motiongpt.retarget.torque import SLOW_ENOUGH, stretch_for_effort
from motiongpt.retarget.trajectory import JointState, RobotTrajectory

LIMIT_SHARE = 0.98
"""Share of velocity and acceleration limits that is used; the rest is for rounding."""

MIN_RATE, MAX_RATE = 10.0, 500.0
"""Points a second that controllers take, in [Hz]."""

EFFORT_ROUNDS, MOST_STRETCH = 3, 2.0
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
    curve = _slowed(control_points(motion, robot), robot, 1 / motion.fps)
    first = curve.points[0]
    if start is None:
        start = JointState(first[: robot.n_joints], np.zeros(robot.n_joints))
    entry = find_entry(start, first, robot, LIMIT_SHARE)
    entering = entry.duration if entry.duration > 1e-6 else 0.0
    moving = spline.duration(curve.points, curve.spacing)
    n = int(np.ceil((entering + moving) * rate - 1e-9)) + 1
    times = np.arange(n) / rate
    before = times < entering
    values = [
        np.concatenate(parts)
        for parts in zip(
            entry_values(entry, times[before], first, robot),
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
        base=base_poses(values[0], robot),
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
        q, v, a = tangents(spline.evaluate(fine, slower, knots), slower, robot)
        need = stretch_for_effort(q, v, a, robot, effort, MOST_STRETCH)
        if need.max() <= SLOW_ENOUGH:
            break
        # A knot lies under the middle one of three control points.
        wanted = np.concatenate([np.maximum(need, np.roll(need, 1)), need[-1:]])
        core = spline.stretch(index, wanted)
        fine, index, slower = spline.retime(points, robot.n_joints, spacing, *limits, core)
    return _Curve(fine, index, slower, asked)

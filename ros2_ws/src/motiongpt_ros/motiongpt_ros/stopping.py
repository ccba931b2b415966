"""The shortest way to a stop: every joint brakes at its limit, and the base slows down."""

from dataclasses import replace

import numpy as np

from motiongpt.retarget import JointState, Robot, RobotTrajectory
from motiongpt_ros.base_motion import slow_down

SHORTEST = 0.2
"""Least duration of a stop in [s]: what the base has to slow down in."""

SHARE = 0.98
"""Share of the acceleration limit that braking uses; the rest is for rounding."""


def plan_stop(
    state: JointState,
    robot: Robot,
    rate: float,
    running: RobotTrajectory | None = None,
    elapsed: float = 0.0,
) -> RobotTrajectory:
    """Plan the way from a moving state to rest.

    A joint brakes evenly between points of the trajectory, so that a cubic between them brakes
    evenly too; one that would leave its limits by this brakes as hard as it may.

    Args:
        state: positions inside limits and velocities inside limits.
        robot: the robot.
        rate: points a second, in [Hz].
        running: the trajectory that is stopped; its base comes to rest on its path.
        elapsed: time in [s] since that trajectory's start.
    """
    step, v = 1.0 / rate, state.velocities
    limit = SHARE * robot.acceleration_limit
    n_steps = np.maximum(np.ceil(np.abs(v) / (limit * step) - 1e-9), 1.0)
    end = state.positions + v * n_steps * step / 2
    out = (end < robot.lower) | (end > robot.upper)
    brake = np.where(out, robot.acceleration_limit, np.abs(v) / (n_steps * step))
    stop_times = np.abs(v) / np.maximum(brake, 1e-9)
    n = int(np.ceil(max(SHORTEST, float(stop_times.max())) * rate - 1e-9)) + 1
    times = np.arange(n) * step
    braking = np.minimum(times[:, None], stop_times)
    sign = np.sign(v)
    positions = state.positions + v * braking - sign * brake * braking**2 / 2
    moving = times[:, None] < stop_times - 1e-9
    stop = RobotTrajectory(
        joint_names=robot.joint_names,
        times=times,
        positions=np.clip(positions, robot.lower, robot.upper),
        velocities=np.where(moving, v - sign * brake * braking, 0.0),
        accelerations=np.where(moving, -sign * brake, 0.0),
        base=np.tile([0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0], (n, 1)),
        handover_duration=0.0,
        slowdown=1.0,
    )
    if running is None:
        return stop
    return replace(stop, base=slow_down(running, elapsed, times))

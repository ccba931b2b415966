"""Ways to a stop: every joint brakes at its limit, or all gently on the path of a motion."""

from dataclasses import replace

import numpy as np

from motiongpt.retarget import JointState, Robot, RobotTrajectory, count_violations
from motiongpt_ros.base_motion import Planar, blend_base, slow_down

SHORTEST = 0.2
"""Least duration of a stop in [s]: what the base has to slow down in."""

GENTLE = 1.0
"""Duration in [s] of a stop along the path. A simulated G1 falls that stops a bow in 0.6 s."""

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


def stop_along(
    running: RobotTrajectory, elapsed: float, robot: Robot, rate: float
) -> RobotTrajectory | None:
    """Plan the way to rest on a trajectory's own path, evenly and without haste.

    A robot that balances by its trajectory would fall if each joint braked by itself.

    Args:
        running: the trajectory.
        elapsed: time in [s] since its start, where slowing down begins.
        robot: the robot.
        rate: points a second, in [Hz].

    Returns:
        The stop; None if it would break limits.
    """
    times = np.arange(int(np.ceil(GENTLE * rate - 1e-9)) + 1) / rate
    t = np.minimum(times, GENTLE)[:, None]
    along = (elapsed + t - t**2 / (2 * GENTLE))[:, 0]
    speed = 1 - t / GENTLE
    states = [running.sample(float(time)) for time in along]
    velocities = np.array([state.velocities for state in states])
    at = [np.interp(along, running.times, a) for a in running.accelerations.T]
    stop = replace(
        running,
        times=times,
        positions=np.array([state.positions for state in states]),
        velocities=velocities * speed,
        accelerations=np.array(at).T * speed**2 - velocities / GENTLE,
        base=slow_down(running, elapsed, np.minimum(times, GENTLE)),
        handover_duration=0.0,
        slowdown=1.0,
    )
    return None if count_violations(stop, robot).total else stop


def after_stop(stop: RobotTrajectory, trajectory: RobotTrajectory) -> RobotTrajectory:
    """A stop and then a trajectory that begins where it ends, at rest."""
    ground = Planar.of(stop.base[-1])
    rest = blend_base(trajectory, stop, stop.duration)
    base = np.array([ground.place_pose(pose) for pose in rest.base])
    arrays = {"base": np.concatenate([stop.base, base[1:]])}
    for name in ("positions", "velocities", "accelerations"):
        arrays[name] = np.concatenate([getattr(stop, name), getattr(trajectory, name)[1:]])
    return replace(
        trajectory,
        times=np.concatenate([stop.times, stop.duration + trajectory.times[1:]]),
        handover_duration=stop.duration + trajectory.handover_duration,
        **arrays,
    )

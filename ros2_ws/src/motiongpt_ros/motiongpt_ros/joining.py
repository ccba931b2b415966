"""From a trajectory that runs onto a longer one of the same motion, without a stop between.

Both come from the same motion, the running one from its beginning alone, so they differ by little
where they meet. The longer one is entered where it is nearest; what is left between the two fades
out, continuous in position and velocity, and in acceleration where limits leave room for that.
"""

from dataclasses import dataclass, replace
from itertools import product

import numpy as np
import pinocchio as pin

from motiongpt.retarget import JointState, Robot, RobotTrajectory, count_violations
from motiongpt.retarget.solve import lowest_sole_heights
from motiongpt_ros.base_motion import Planar, sample_base

NEAR = 0.6
"""How far from where the clocks say the longer trajectory is entered at most, in [s]."""

SPEED_WEIGHT = 0.1
"""What a difference of 1 rad/s counts beside one of 1 rad where the nearest state is sought."""

FADES = (0.4, 0.6, 0.9, 1.3)
"""Times in [s] in which the difference fades out; the first one that keeps all limits is taken."""


@dataclass(frozen=True)
class Joined:
    """A trajectory that goes on from a running one.

    Attributes:
        trajectory: from the state in which the running one is left.
        entered: where on the longer trajectory it begins, in [s].
    """

    trajectory: RobotTrajectory
    entered: float


def join_trajectories(
    running: RobotTrajectory,
    elapsed: float,
    longer: RobotTrajectory,
    expected: float,
    robot: Robot,
) -> Joined | None:
    """Leave a running trajectory for a longer one of the same motion.

    Args:
        running: what the robot does.
        elapsed: when that is left, in [s] from its start.
        longer: planned from the state in which the motion began.
        expected: about where on the longer one the robot is then, in [s].
        robot: the robot.

    Returns:
        The rest of the longer trajectory, led from where the robot is; None if no way onto it
        keeps all limits.
    """
    state = running.sample(elapsed)
    at = _nearest(state, longer, expected)
    times = longer.times[at:] - longer.times[at]
    rest = replace(
        longer,
        times=times,
        positions=longer.positions[at:],
        velocities=longer.velocities[at:],
        accelerations=longer.accelerations[at:],
        base=longer.base[at:],
        handover_duration=max(longer.handover_duration - float(longer.times[at]), 0.0),
    )
    fades = [fade for fade in FADES if fade <= times[-1]]
    accelerations = (_acceleration(running, elapsed), rest.accelerations[0])
    # Continuous in acceleration if that can be; a hand-over's own acceleration is not either.
    for acceleration, fade in product(accelerations, fades):
        joined = _faded(rest, state, acceleration, fade)
        if count_violations(joined, robot).total == 0:
            before = sample_base(running.times, running.base, elapsed)
            speed = _base_speed(running, elapsed)
            base = _faded_base(joined, rest, before, speed, state, fade, robot)
            return Joined(replace(joined, base=base), float(longer.times[at]))
    return None


def _nearest(state: JointState, longer: RobotTrajectory, expected: float) -> int:
    """Number of the point that is nearest to a state."""
    gap = np.abs(longer.positions - state.positions).max(axis=1)
    gap += SPEED_WEIGHT * np.abs(longer.velocities - state.velocities).max(axis=1)
    near = np.abs(longer.times - expected) <= NEAR
    near[int(np.abs(longer.times - expected).argmin())] = True
    return int(np.where(near, gap, np.inf).argmin())


def _acceleration(running: RobotTrajectory, elapsed: float) -> np.ndarray:
    """Accelerations (n,) at a time, linear between points."""
    i = int(np.clip(np.searchsorted(running.times, elapsed) - 1, 0, len(running.times) - 1))
    k = min(i + 1, len(running.times) - 1)
    span = running.times[k] - running.times[i]
    share = float(np.clip((elapsed - running.times[i]) / span, 0, 1)) if span > 0 else 0.0
    accelerations = running.accelerations
    return (1 - share) * accelerations[i] + share * accelerations[k]


def _faded(
    rest: RobotTrajectory, state: JointState, acceleration: np.ndarray, fade: float
) -> RobotTrajectory:
    """Add what lies between a state and the first point, and let it fade out."""
    t = np.minimum(rest.times, fade)[:, None]
    q0 = state.positions - rest.positions[0]
    v0 = state.velocities - rest.velocities[0]
    a0 = acceleration - rest.accelerations[0]
    # The quintic with these values at 0, and with nothing at its end.
    T = fade
    c = [
        q0,
        v0,
        a0 / 2,
        -(20 * q0 + 12 * v0 * T + 3 * a0 * T**2) / (2 * T**3),
        (30 * q0 + 16 * v0 * T + 3 * a0 * T**2) / (2 * T**4),
        -(12 * q0 + 6 * v0 * T + a0 * T**2) / (2 * T**5),
    ]
    inside = rest.times[:, None] < fade
    q = sum(c[k] * t**k for k in range(6))
    v = sum(k * c[k] * t ** (k - 1) for k in range(1, 6))
    a = sum(k * (k - 1) * c[k] * t ** (k - 2) for k in range(2, 6))
    return replace(
        rest,
        positions=rest.positions + np.where(inside, q, 0.0),
        velocities=rest.velocities + np.where(inside, v, 0.0),
        accelerations=rest.accelerations + np.where(inside, a, 0.0),
    )


def _base_speed(running: RobotTrajectory, elapsed: float) -> np.ndarray:
    """Velocity (2,) of the base in [m/s], seen from where it is."""
    step = 0.02
    here, there = (
        sample_base(running.times, running.base, elapsed + step * k) for k in (-0.5, 0.5)
    )
    return Planar.of(here).see_pose(there)[:2] / step


def _faded_base(
    joined: RobotTrajectory,
    rest: RobotTrajectory,
    before: np.ndarray,
    speed: np.ndarray,
    state: JointState,
    fade: float,
    robot: Robot,
) -> np.ndarray:
    """Base poses (N, 7), seen from where the robot stands when it leaves the running path.

    Lean and speed of the running path fade out; the lower sole stays as high over the ground as
    that of the motion, and never below it.
    """
    ground = Planar.of(rest.base[0])
    base = np.array([ground.see_pose(pose) for pose in rest.base])
    begin = Planar.of(before).see_pose(before)
    n = int(np.searchsorted(rest.times, fade)) + 1
    t = np.minimum(rest.times[:n], fade)
    share = (t / fade) ** 2 * (3 - 2 * t / fade)
    soles = lowest_sole_heights(np.hstack([base[:n], rest.positions[:n]]), robot)
    sole = lowest_sole_heights(np.concatenate([begin, state.positions])[None], robot)[0]
    first_speed = base[min(2, len(base) - 1), :2] - base[0, :2]
    first_speed = first_speed / max(float(rest.times[min(2, len(base) - 1)]), 1e-9)
    base[:n, :2] += (t * (1 - t / fade) ** 2)[:, None] * (speed - first_speed)
    leaning = pin.Quaternion(begin[6], *begin[3:6])
    lean = leaning * pin.Quaternion(base[0, 6], *base[0, 3:6]).conjugate()
    for k in range(n):
        turn = lean.slerp(float(share[k]), pin.Quaternion.Identity())
        base[k, 3:] = (turn * pin.Quaternion(base[k, 6], *base[k, 3:6])).coeffs()
    wanted = np.maximum(soles + (1 - share) * (sole - soles[0]), 0.0)
    now = lowest_sole_heights(np.hstack([base[:n], joined.positions[:n]]), robot)
    base[:n, 2] += wanted - now
    return base

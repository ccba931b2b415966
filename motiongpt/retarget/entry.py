"""The way from the robot's state to the first point of a curve."""

import numpy as np

from motiongpt.retarget.columns import tangents
from motiongpt.retarget.robot import Robot
from motiongpt.retarget.torque import SLOW_ENOUGH, stretch_for_effort
from motiongpt.retarget.trajectory import JointState
from motiongpt.retarget.transition import Transition, fastest_transition

SPACING = 0.025
"""Time in [s] between instants at which torques are looked at."""

EFFORT_ROUNDS, MOST_STRETCH = 2, 4.0
"""How often the way is slowed for its torques, and how far in all."""

EFFORT_SHARE = 0.93
"""Share of effort limits that is used; the rest is for what the last round leaves."""


def find_entry(start: JointState, first: np.ndarray, robot: Robot, share: float) -> Transition:
    """Find the fastest way that velocity, acceleration and effort limits allow.

    Args:
        start: where the robot is.
        first: the curve's first columns; see `columns`.
        robot: the robot.
        share: of velocity and acceleration limits that is used.
    """
    slower, entry = 1.0, _transition(start, first, robot, share)
    for _ in range(EFFORT_ROUNDS):
        times = np.arange(0.0, entry.duration + SPACING, SPACING)
        q, v, a = tangents(entry_values(entry, times, first, robot), SPACING, robot)
        effort, most = EFFORT_SHARE * robot.effort_limit, MOST_STRETCH / slower
        need = float(stretch_for_effort(q, v, a, robot, effort, most).max())
        if need <= SLOW_ENOUGH:
            break
        slower *= need
        moves = start.velocities.any()
        entry = _transition(start, first, robot, share, slower) if moves else entry.slowed(need)
    return entry


def _transition(
    start: JointState, first: np.ndarray, robot: Robot, share: float, slower: float = 1.0
) -> Transition:
    return fastest_transition(
        start.positions,
        start.velocities,
        first[: robot.n_joints],
        share / slower * robot.velocity_limit,
        share / slower**2 * robot.acceleration_limit,
        robot.lower,
        robot.upper,
    )


def entry_values(
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

"""Joint torques of a trajectory, by inverse dynamics with the feet on the ground."""

from dataclasses import dataclass

import numpy as np
import pinocchio as pin

from motiongpt.retarget.robot import N_BASE_V, Robot
from motiongpt.retarget.robot_file import SIDES

STANDING_HEIGHT = 0.01
"""A foot whose sole is this low in [m] carries weight."""

LEAST_ROOM = 0.2
"""Share of an effort limit that is taken to be left beside gravity, at least."""


@dataclass(frozen=True)
class Torques:
    """Torques over time.

    Attributes:
        total: shape (N, n), in [N m].
        gravity: of the same poses at rest, shape (N, n), in [N m].
    """

    total: np.ndarray
    gravity: np.ndarray


def joint_torques(q: np.ndarray, v: np.ndarray, a: np.ndarray, robot: Robot) -> Torques:
    """Recursive Newton-Euler, the ground's force shared between the feet that stand.

    What the base would need is brought up by forces at the corners of the soles that stand, as
    little of them in sum of squares as is enough. The ground pushes and does not pull: forces
    that would are left out, and with them what a motion lacks in balance.

    Args:
        q: configurations, shape (N, nq).
        v: tangent velocities, shape (N, nv).
        a: tangent accelerations, shape (N, nv).
        robot: the robot.
    """
    model, data = robot.model, robot.model.createData()
    total, gravity = np.empty((len(q), robot.n_joints)), np.empty((len(q), robot.n_joints))
    still = np.zeros(model.nv)
    frames = [robot.frames[f"{side}_ankle"] for side in SIDES]
    for t in range(len(q)):
        pin.computeJointJacobians(model, data, q[t])
        pin.updateFramePlacements(model, data)
        J = _standing_jacobian(robot, data, frames)
        for out, speed, acceleration in ((total, v[t], a[t]), (gravity, still, still)):
            tau = pin.rnea(model, data, q[t], speed, acceleration).copy()
            force = np.linalg.lstsq(J[:, :N_BASE_V].T, tau[:N_BASE_V], rcond=None)[0]
            force = force.reshape(-1, 3)
            force[force[:, 2] < 0] = 0.0
            tau -= J.T @ force.ravel()
            out[t] = tau[N_BASE_V:]
    return Torques(total, gravity)


def _standing_jacobian(robot: Robot, data: pin.Data, frames: list[int]) -> np.ndarray:
    """Jacobians (3 * k, nv) of the sole corners of the feet that stand."""
    corners = []
    for foot, frame in enumerate(frames):
        placement = data.oMf[frame]
        corners.append(robot.soles[foot] @ placement.rotation.T)
    heights = [
        c[:, 2].min() + data.oMf[f].translation[2] for c, f in zip(corners, frames, strict=True)
    ]
    rows = []
    for frame, arms, height in zip(frames, corners, heights, strict=True):
        if height > min(heights) + STANDING_HEIGHT:
            continue
        J = pin.getFrameJacobian(robot.model, data, frame, pin.ReferenceFrame.LOCAL_WORLD_ALIGNED)
        rows += [J[:3] - pin.skew(arm) @ J[3:] for arm in arms]
    return np.concatenate(rows)


def stretch_for_effort(torques: Torques, limit: np.ndarray, most: float) -> np.ndarray:
    """How much slower (N,) each instant must be so that torques keep their limits.

    Slowing down by s divides what is not gravity by s squared. Where gravity alone takes nearly
    all of a limit, slowing down helps little and is not asked to do more than that little.
    """
    moving = torques.total - torques.gravity
    room = np.where(moving > 0, limit - torques.gravity, limit + torques.gravity)
    need = np.where(
        np.abs(torques.total) > limit, np.abs(moving) / np.maximum(room, LEAST_ROOM * limit), 1.0
    )
    need = np.where(np.abs(torques.gravity) >= limit, 1.0, need)
    return np.clip(np.sqrt(need.max(axis=1)), 1.0, most)

"""Base and waist: the torso turns as the human's does, the pelvis as far as the waist allows."""

import numpy as np

from motiongpt.retarget.body import Body
from motiongpt.retarget.kinematics import BASE, Placements, rotate
from motiongpt.retarget.limb import solve_limb
from motiongpt.retarget.targets import Targets
from motiongpt.retarget.tasks import AxisDirection

POSTURE_WEIGHT = 0.02
ITERATIONS = 5


def columns_first(rotations: np.ndarray) -> np.ndarray:
    """Axes (3, 3, T), by columns, of rotations (T, 3, 3)."""
    return np.ascontiguousarray(rotations.transpose(2, 1, 0))


def solve_trunk(body: Body, targets: Targets, rest: np.ndarray, placed: Placements) -> np.ndarray:
    """Turn the base and solve the waist; the base stays at the origin.

    Args:
        body: the robot.
        targets: what the human does.
        rest: rest pose, shape (n,), in [rad].
        placed: filled for base and waist, in place.

    Returns:
        Waist joints (m, T) in [rad].
    """
    torso = body.points["torso"]
    wanted = rotate(body.torso_turn, columns_first(targets.torso))
    placed.X[BASE] = rotate(body.base_turn, columns_first(targets.pelvis))
    placed.p[BASE] = 0.0
    start = np.repeat(rest[body.waist.joints, None], wanted.shape[2], axis=1)
    q = start
    if len(body.waist.joints):
        tasks = [AxisDirection(torso.link, torso.axes[:, k], wanted[k], 1.0) for k in range(3)]
        q, _ = solve_limb(
            body.tree, placed, body.waist, tasks, start, start, POSTURE_WEIGHT, ITERATIONS
        )
    # What the waist cannot do the base does: the torso is where it should be.
    reached = placed.axes(torso)
    turn = np.einsum("kit,kjt->ijt", wanted, reached)
    placed.X[BASE] = np.einsum("ijt,kjt->kit", turn, placed.X[BASE])
    body.tree.move(placed, body.waist.joints, q)
    return q

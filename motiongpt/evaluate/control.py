"""Does a motion pass through the poses it was given? Recon and Vel.

The published results were never released as code, so these are our definitions. A given pose is
the frames of one motion token. Recon is how far the joints are from it, pelvis and heading placed;
Vel is how far their velocities are. The initial pose is looked for in the first frames, the last
one in the last; key poses in the order they were given in, where they fit best.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from motiongpt.errors import EvaluationError
from motiongpt.evaluate.tasks import Task
from motiongpt.motion import layout
from motiongpt.motion.features import facing_turn
from motiongpt.motion.layout import layout_of
from motiongpt.motion.rotation import rotate_about_y
from motiongpt.motion.skeleton import skeleton_with


@dataclass(frozen=True)
class Control:
    """Errors of given poses.

    Attributes:
        recon: mean joint error in [mm]; height counts, place and heading do not.
        vel: mean difference of joint velocities as seen from the heading, in [mm/s].
    """

    recon: float
    vel: float


def pose_errors(features: np.ndarray, poses: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Compare every window of a motion with every given pose.

    Args:
        features: shape (T, F), not normalized.
        poses: shape (K, n, F), n frames each; windows begin at multiples of n.

    Returns:
        Recon in [mm] and Vel in [mm/s] of each pose in each window, both (K, T // n).

    Raises:
        EvaluationError: for other shapes.
    """
    if features.ndim != 2 or poses.ndim != 3 or features.shape[1] != poses.shape[2]:
        raise EvaluationError(
            f"features have shape {features.shape} and poses {poses.shape}; "
            "allowed: (T, F) and (K, n, F)"
        )
    n = poses.shape[1]
    if len(features) < n:
        raise EvaluationError(f"a motion of {len(features)} frames holds no pose of {n}")
    windows = features[: len(features) // n * n].reshape(-1, n, features.shape[1])
    at = layout_of(features.shape[1])
    skeleton = skeleton_with(at.n_joints)
    scale = 1000 * skeleton.unit
    result = []
    for group, unit in ((_places, scale), (_velocities, scale * skeleton.fps)):
        one, other = group(poses), group(windows)
        gap = np.linalg.norm(one[:, None] - other[None], axis=-1)  # (K, W, n, J)
        result.append(unit * gap.mean(axis=(2, 3)))
    return result[0], result[1]


def _places(frames: np.ndarray) -> np.ndarray:
    """Joints (..., J, 3) with the pelvis above the origin and the body facing forward.

    Features keep a heading that is smoothed over a second; what comes around a pose would count.
    """
    at = layout_of(frames.shape[-1])
    local = frames[..., at.ric_positions].reshape(*frames.shape[:-1], at.n_joints - 1, 3)
    root = np.zeros((*frames.shape[:-1], 1, 3))
    root[..., 0, 1] = frames[..., layout.ROOT_HEIGHT][..., 0]
    joints = np.concatenate([root, local], axis=-2)
    flat = joints.reshape(-1, at.n_joints, 3)
    skeleton = skeleton_with(at.n_joints)
    return rotate_about_y(flat, facing_turn(flat, skeleton)[:, None]).reshape(joints.shape)


def _velocities(frames: np.ndarray) -> np.ndarray:
    at = layout_of(frames.shape[-1])
    return frames[..., at.local_velocities].reshape(*frames.shape[:-1], at.n_joints, 3)


def control_errors(features: np.ndarray, poses: np.ndarray, task: Task) -> Control:
    """Recon and Vel of a generated motion.

    Args:
        features: shape (T, F), not normalized.
        poses: given poses, shape (K, n, F), in time order.
        task: where they are looked for; not `Task.TEXT`, which gives none.

    Raises:
        EvaluationError: for other shapes.
    """
    recon, vel = pose_errors(features, poses)
    if task is Task.INITIAL:
        return Control(float(recon[0, 0]), float(vel[0, 0]))
    if task is Task.LAST:
        return Control(float(recon[-1, -1]), float(vel[-1, -1]))
    places = place_in_order(recon)
    rows = range(len(places))
    return Control(float(recon[rows, places].mean()), float(vel[rows, places].mean()))


def place_in_order(costs: np.ndarray) -> Sequence[int]:
    """Give each row a column, columns not decreasing, so that the sum of costs is least.

    Args:
        costs: shape (K, W), W at least 1.
    """
    n_rows, n_columns = costs.shape
    best = np.empty_like(costs)
    best[0] = costs[0]
    for row in range(1, n_rows):
        best[row] = costs[row] + np.minimum.accumulate(best[row - 1])
    places = [int(best[-1].argmin())]
    for row in range(n_rows - 2, -1, -1):
        places.append(int(best[row, : places[-1] + 1].argmin()))
    assert all(0 <= place < n_columns for place in places)
    return places[::-1]

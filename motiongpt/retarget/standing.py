"""How an unknown robot stands: hanging arms, and soles where a description has none."""

import numpy as np
import pinocchio as pin
from scipy.optimize import least_squares

from motiongpt.retarget.limb_tree import Chain, LimbTree
from motiongpt.retarget.robot_file import SIDES

UP = np.array([0.0, 0.0, 1.0])

UPPER_ARM, FOREARM = (0.0, 0.2, -1.0), (0.35, 0.1, -1.0)
"""How an arm hangs that is a little bent: forward, outwards, up."""

FOOT = ((0.2, -0.1), (0.06, -0.06), -0.1)
"""A foot of which nothing is known: front and back, left and right, below the ankle; in shares of
the leg's length."""

MARGIN = 0.02
"""Distance in [rad] kept from position limits."""


def _points(tree: LimbTree, links: dict[str, str], q: np.ndarray) -> dict[str, np.ndarray]:
    """Origin (3,) in [m] of each named link."""
    data = tree.model.createData()
    pin.framesForwardKinematics(tree.model, data, q)
    return {
        role: data.oMf[tree.model.getFrameId(link, pin.FrameType.BODY)].translation.copy()
        for role, link in links.items()
    }


def hanging_arms(
    tree: LimbTree, links: dict[str, str], arms: tuple[Chain, Chain], forward: np.ndarray
) -> dict[str, float]:
    """Joint values in [rad] with hanging arms, those that differ from zero."""
    q = tree.q.copy()
    for side, chain in zip(SIDES, arms, strict=True):
        left = np.cross(UP, forward) * (1 if side == "left" else -1)
        axes = np.stack([forward, left, UP], axis=1)
        wanted = [axes @ d / np.linalg.norm(d) for d in (UPPER_ARM, FOREARM)]
        index = [tree.model.joints[joint].idx_q for joint in chain]
        ends = {role: links[f"{side}_{role}"] for role in ("shoulder", "elbow", "wrist")}
        q[index] = _hang(tree, q, index, ends, wanted)
    values = zip(tree.model.names[2:], np.round(q[7:], 2), strict=True)
    return {str(name): float(value) for name, value in values if abs(value) >= 0.05}


def _hang(
    tree: LimbTree,
    q: np.ndarray,
    index: list[int],
    ends: dict[str, str],
    wanted: list[np.ndarray],
) -> np.ndarray:
    """Joints of an arm whose bones point as wanted, as near to zero as that allows."""

    def errors(x: np.ndarray) -> np.ndarray:
        moved = q.copy()
        moved[index] = x
        points = list(_points(tree, ends, moved).values())
        bones = [b - a for a, b in zip(points[:-1], points[1:], strict=True)]
        off = [b / np.linalg.norm(b) - w for b, w in zip(bones, wanted, strict=True)]
        return np.concatenate([*off, 0.05 * x])

    lower = tree.model.lowerPositionLimit[index] + MARGIN
    upper = tree.model.upperPositionLimit[index] - MARGIN
    start = np.clip(tree.q[index], lower + 1e-3, upper - 1e-3)
    found = least_squares(errors, start, bounds=(lower, upper), max_nfev=60)
    return np.asarray(found.x)


def guess_soles(
    tree: LimbTree, links: dict[str, str], forward: np.ndarray
) -> dict[str, list[list[float]]]:
    """Corners in [m] in the ankle links' frames, by the length of the leg."""
    points = _points(tree, links, tree.q)
    data = tree.model.createData()
    pin.framesForwardKinematics(tree.model, data, tree.q)
    soles = {}
    for side in SIDES:
        hip, knee, ankle = (points[f"{side}_{role}"] for role in ("hip", "knee", "ankle"))
        leg = np.linalg.norm(hip - knee) + np.linalg.norm(knee - ankle)
        R = data.oMf[tree.model.getFrameId(links[f"{side}_ankle"], pin.FrameType.BODY)].rotation
        corners = [
            leg * R.T @ (x * forward + y * np.cross(UP, forward) + FOOT[2] * UP)
            for x in FOOT[0]
            for y in FOOT[1]
        ]
        soles[side] = np.round(corners, 3).tolist()
    return soles

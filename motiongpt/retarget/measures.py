"""How well a robot's motion follows a human's, and how well it stands."""

from dataclasses import dataclass

import numpy as np
import pinocchio as pin

from motiongpt.motion.motion import Motion
from motiongpt.motion.skeleton import JOINT_INDEX as J
from motiongpt.retarget.kinematics import Placements
from motiongpt.retarget.robot import N_BASE_Q, Robot
from motiongpt.retarget.robot_file import SIDES
from motiongpt.retarget.rotations import turn_axes
from motiongpt.retarget.solve import RobotMotion
from motiongpt.retarget.targets import BONES, Calibration, find_targets, unit

BONE_NAMES = tuple(f"{side} {a}-{b}" for side in SIDES for a, b in BONES)


@dataclass(frozen=True)
class Tracking:
    """Errors and contacts of each frame.

    Attributes:
        bones: angle between robot's and human's limb segments, shape (T, 8), in [rad]; the
            human is not smoothed. Columns are `BONE_NAMES`.
        torso: angle to the human's torso, shape (T,), in [rad].
        pelvis: angle to the human's pelvis, shape (T,), in [rad].
        skate: horizontal speed of a robot's toe while the human's stands, shape (k,), in [m/s].
        penetration: depth of the lowest sole corner below the ground, shape (T,), in [m].
        floating: height of the lowest sole corner while a foot stands, shape (k,), in [m].
    """

    bones: np.ndarray
    torso: np.ndarray
    pelvis: np.ndarray
    skate: np.ndarray
    penetration: np.ndarray
    floating: np.ndarray


def place(q: np.ndarray, robot: Robot) -> Placements:
    """Place all links of configurations (T, nq)."""
    X = turn_axes(q[:, 3:N_BASE_Q])
    return robot.body.tree.place(q[:, N_BASE_Q:].T, X, q[:, :3].T)


def measure_tracking(
    motion: Motion, followed: RobotMotion, robot: Robot, calibration: Calibration | None = None
) -> Tracking:
    """Compare a robot's motion with the human's, frame by frame.

    Args:
        motion: 22 joints in [m], world frame, z up.
        followed: what the robot does, as many frames.
        robot: the robot.
        calibration: of the human's body; None reads it from the motion.
    """
    body, p = robot.body, motion.positions
    targets = find_targets(motion, calibration)
    placed = place(followed.q, robot)
    bones = [
        _angle(
            unit(p[:, J[f"{side}_{end}"]] - p[:, J[f"{side}_{start}"]]),
            unit(
                (
                    placed.point(body.points[f"{side}_{end}"])
                    - placed.point(body.points[f"{side}_{start}"])
                ).T
            ),
        )
        for side in SIDES
        for start, end in BONES
    ]
    torso = placed.axes(body.points["torso"]).transpose(2, 1, 0) @ body.torso_turn.T
    pelvis = placed.axes(body.points["pelvis"]).transpose(2, 1, 0) @ body.base_turn.T
    toes = np.stack([placed.point(foot.toe) for foot in body.feet])  # (2, 3, T)
    stands = targets.contact > 0.5
    speed = np.linalg.norm(np.diff(toes[:, :2], axis=2), axis=1).T * motion.fps
    lowest = np.minimum(*(foot.lowest(placed) for foot in body.feet))
    return Tracking(
        bones=np.stack(bones, axis=1),
        torso=_turn_angle(torso, targets.torso),
        pelvis=_turn_angle(pelvis, targets.pelvis),
        skate=speed[stands[1:] & stands[:-1]],
        penetration=np.maximum(-lowest, 0.0),
        floating=np.maximum(lowest[stands.any(axis=1)], 0.0),
    )


def _angle(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Angles (T,) in [rad] between unit vectors (T, 3)."""
    return 2 * np.arcsin(np.clip(np.linalg.norm(a - b, axis=1) / 2, 0, 1))


def _turn_angle(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Angles (T,) in [rad] between rotations (T, 3, 3)."""
    trace = np.einsum("tij,tij->t", a, b)
    return np.arccos(np.clip((trace - 1) / 2, -1, 1))


class CollisionChecker:
    """Self-collision of the URDF's own collision geometry, by Pinocchio."""

    def __init__(self, robot: Robot) -> None:
        """Take all pairs but neighbours and what touches at rest.

        Neighbours are links with at most one joint between them, and links on the same one.
        """
        self._robot = robot
        self._geometry = robot.collision.copy()
        self._geometry.addAllCollisionPairs()
        for pair in list(self._geometry.collisionPairs):
            if self._neighbours(pair):
                self._geometry.removeCollisionPair(pair)
        self._data = robot.model.createData()
        results = self._geometry.createData()
        self._compute(results, robot.rest_configuration(), False)
        touching = [
            self._geometry.collisionPairs[k]
            for k in range(len(self._geometry.collisionPairs))
            if results.collisionResults[k].isCollision()
        ]
        for pair in touching:
            self._geometry.removeCollisionPair(pair)
        self._results = self._geometry.createData()

    def collides(self, q: np.ndarray) -> bool:
        """Whether any two links of a configuration (nq,) touch."""
        return bool(self._compute(self._results, q, True))

    def touching_limbs(self, q: np.ndarray) -> set[tuple[str, str]]:
        """Pairs of limbs, such as ("left arm", "trunk"), of which links touch at (nq,)."""
        self._compute(self._results, q, False)
        pairs = zip(self._geometry.collisionPairs, self._results.collisionResults, strict=True)
        touching = [pair for pair, result in pairs if result.isCollision()]
        return {self._limbs(pair) for pair in touching}

    def _limbs(self, pair: pin.CollisionPair) -> tuple[str, str]:
        body, objects = self._robot.body, self._geometry.geometryObjects
        found = []
        for link in (objects[k].parentJoint - 2 for k in (pair.first, pair.second)):
            names = [
                f"{side} {kind}"
                for kind, limbs in (("arm", body.arms), ("leg", body.legs))
                for side, limb in zip(SIDES, limbs, strict=True)
                if link >= 0 and body.tree.support[link, limb.joints[0]]
            ]
            found.append(names[0] if names else "trunk")
        first, second = sorted(found)
        return first, second

    def _compute(self, results: pin.GeometryData, q: np.ndarray, stop: bool) -> bool:
        return pin.computeCollisions(
            self._robot.model, self._data, self._geometry, results, q, stop
        )

    def _neighbours(self, pair: pin.CollisionPair) -> bool:
        parents = self._robot.model.parents
        a, b = (self._geometry.geometryObjects[k].parentJoint for k in (pair.first, pair.second))
        up_a, up_b = [a, parents[a], parents[parents[a]]], [b, parents[b], parents[parents[b]]]
        return a in up_b or b in up_a or parents[a] == parents[b]


def jerk(q: np.ndarray, fps: float) -> np.ndarray:
    """Third differences (T - 3, n) of joints (T, n), in [rad/s^3]."""
    return np.diff(q, 3, axis=0) * fps**3

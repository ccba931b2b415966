"""A robot's limbs, named points and feet in the arrays of `kinematics`."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pinocchio as pin

from motiongpt.retarget.capsules import fit_capsules
from motiongpt.retarget.collision import Clearance, find_pairs
from motiongpt.retarget.kinematics import (
    BASE,
    Kinematics,
    LinkPoint,
    Placements,
    build_kinematics,
)
from motiongpt.retarget.limb import Limb
from motiongpt.retarget.robot_file import SIDES
from motiongpt.retarget.search import PoseTable, sample_poses
from motiongpt.retarget.tasks import cross

LEG_POINTS, ARM_POINTS = ("hip", "knee", "ankle"), ("shoulder", "elbow", "wrist")

CLEARANCE_WEIGHT = 50.0
"""Of a metre of penetration, beside a radian of a bone's direction."""


@dataclass(frozen=True)
class Foot:
    """A foot, in the turned frame of the link that carries it.

    Attributes:
        link: joint index.
        corners: of the sole, shape (k, 3), in [m].
        ankle: origin of the named ankle link.
        toe: middle of the sole's front edge, fixed to the link.
        forward: heel-to-toe direction (3,).
        left: lateral direction (3,).
    """

    link: int
    corners: np.ndarray
    ankle: LinkPoint
    toe: LinkPoint
    forward: np.ndarray
    left: np.ndarray

    def lowest(self, placed: Placements) -> np.ndarray:
        """Height (T,) in [m] of the lowest sole corner."""
        return placed.points(self.link, self.corners)[:, 2].min(axis=0)

    def turned(self, local: np.ndarray, forward: np.ndarray, left: np.ndarray) -> np.ndarray:
        """Vectors (k, 3, T) in the world of vectors (k, 3), for foot axes (3, T)."""
        up = np.cross(self.forward, self.left)
        world = np.stack([forward, left, cross(forward, left)])  # (3 axes, 3, T)
        return np.tensordot(local @ np.stack([self.forward, self.left, up], axis=1), world, 1)

    def toe_height(self, forward: np.ndarray, left: np.ndarray) -> np.ndarray:
        """Height (T,) in [m] of the toe point over the lowest corner, for foot axes (3, T)."""
        return self.turned(self.toe.point - self.corners, forward, left)[:, 2].max(axis=0)

    def toe_at(self, ankle: np.ndarray, forward: np.ndarray, left: np.ndarray) -> np.ndarray:
        """Toe point (3, T) in [m] of a foot whose ankle is at (3, T), for foot axes (3, T)."""
        arm = (self.toe.point - self.ankle.point)[None]
        return ankle + self.turned(arm, forward, left)[0]


@dataclass(frozen=True)
class Body:
    """What the solver knows of a robot.

    Attributes:
        tree: kinematics.
        points: origin and axes of the links by role.
        waist: joints between base and torso; may be none.
        legs: left and right.
        arms: left and right, down to the elbow.
        feet: left and right.
        leg_poses: sampled poses of the legs.
        arm_poses: sampled poses of the arms.
        clearances: what keeps the left and the right arm clear; without pairs if the robot has no
            collision geometry.
        masses: what moves with each joint, shape (n + 1,), in [kg]; the last is the base.
        levers: its centre of mass in the link's turned frame, shape (n + 1, 3), in [m].
        base_turn: axes of the base in the axes of a pelvis that faces +x, shape (3, 3).
        torso_turn: the same for the torso link.
        leg_length: thigh and shin, in [m].
    """

    tree: Kinematics
    points: dict[str, LinkPoint]
    waist: Limb
    legs: tuple[Limb, Limb]
    arms: tuple[Limb, Limb]
    feet: tuple[Foot, Foot]
    leg_poses: tuple[PoseTable, PoseTable]
    arm_poses: tuple[PoseTable, PoseTable]
    clearances: tuple[Clearance, ...]
    masses: np.ndarray
    levers: np.ndarray
    base_turn: np.ndarray
    torso_turn: np.ndarray
    leg_length: float

    def center_of_mass(self, placed: Placements) -> np.ndarray:
        """Centre of mass (3, T) in [m] in the world."""
        total = np.zeros_like(placed.p[BASE])
        for link, (mass, lever) in enumerate(zip(self.masses, self.levers, strict=True)):
            total += mass * (placed.p[link] + placed.axis(link, lever))
        return total / self.masses.sum()


def build_body(
    model: pin.Model,
    collision: pin.GeometryModel,
    named_capsules: dict[str, list[list[float]]],
    frames: dict[str, int],
    soles: Sequence[np.ndarray],
    rest: np.ndarray,
    forward_angle: float,
    limits: tuple[np.ndarray, np.ndarray],
) -> Body:
    """Derive limbs and feet from a model at rest.

    Args:
        model: Pinocchio model with a free-flyer.
        collision: its collision geometry.
        named_capsules: see `fit_capsules`.
        frames: frame id by role.
        soles: corners of both soles in the ankle links' frames, (k, 3) each, in [m].
        rest: upright standing, shape (n,), in [rad].
        forward_angle: direction that the robot faces in its base's frame, in [rad].
        limits: lowest and highest positions (n,) in [rad].
    """
    tree = build_kinematics(model)
    points = {role: tree.locate(model, frame) for role, frame in frames.items()}
    turn = pin.utils.rotate("z", forward_angle)
    placed = tree.place(rest[:, None], np.eye(3)[..., None], np.zeros((3, 1)))

    waist, legs, arms = _limbs(tree, points, limits)
    for side, leg, arm in zip(SIDES, legs, arms, strict=True):
        _bend_one_way(tree, rest, leg, [points[f"{side}_{n}"] for n in LEG_POINTS])
        _bend_one_way(tree, rest, arm, [points[f"{side}_{n}"] for n in ARM_POINTS])
    feet = [
        _foot(placed, points[f"{side}_ankle"], sole, turn)
        for side, sole in zip(SIDES, soles, strict=True)
    ]
    for side, arm in zip(SIDES, arms, strict=True):
        wrist = points[f"{side}_wrist"]
        if wrist.link not in arm.joints:
            points[f"{side}_wrist"] = _fixed_to(placed, wrist, arm.joints[-1])
    solved = np.concatenate([limb.joints for limb in (waist, *legs, *arms)])
    capsules = fit_capsules(model, collision, tree, rest, solved, named_capsules)
    inertias = [*model.inertias[2:], model.inertias[1]]
    torso = placed.axes(points["torso"])[..., 0].T
    hip, knee, ankle = (
        placed.point(points[f"left_{name}"])[:, 0] for name in ("hip", "knee", "ankle")
    )
    return Body(
        tree=tree,
        points=points,
        waist=waist,
        legs=legs,
        arms=arms,
        feet=(feet[0], feet[1]),
        leg_poses=_poses(tree, rest, points, legs, LEG_POINTS, BASE),
        arm_poses=_poses(tree, rest, points, arms, ARM_POINTS, points["torso"].link),
        clearances=tuple(
            Clearance(capsules, find_pairs(tree, capsules, arm, rest), CLEARANCE_WEIGHT)
            for arm in arms
        ),
        masses=np.array([inertia.mass for inertia in inertias]),
        levers=np.array(
            [align.T @ i.lever for align, i in zip(tree.align, inertias, strict=True)]
        ),
        base_turn=turn.T,
        torso_turn=turn.T @ torso,
        leg_length=float(np.linalg.norm(hip - knee) + np.linalg.norm(knee - ankle)),
    )


def _limbs(
    tree: Kinematics, points: dict[str, LinkPoint], limits: tuple[np.ndarray, np.ndarray]
) -> tuple[Limb, tuple[Limb, Limb], tuple[Limb, Limb]]:
    """Waist, legs and arms."""

    def limb(start: int, end: str) -> Limb:
        joints = tree.chain(start, points[end].link)
        return Limb(joints, limits[0][joints], limits[1][joints])

    torso = points["torso"].link
    return (
        limb(BASE, "torso"),
        (limb(BASE, "left_ankle"), limb(BASE, "right_ankle")),
        (limb(torso, "left_elbow"), limb(torso, "right_elbow")),
    )


def _poses(
    tree: Kinematics,
    rest: np.ndarray,
    points: dict[str, LinkPoint],
    limbs: tuple[Limb, Limb],
    names: tuple[str, ...],
    trunk: int,
) -> tuple[PoseTable, PoseTable]:
    """Sampled poses of both sides' limbs."""
    tables = []
    for side, limb in zip(SIDES, limbs, strict=True):
        ends = [points[f"{side}_{name}"] for name in names]
        bones = list(zip(ends[:-1], ends[1:], strict=True))
        tables.append(sample_poses(tree, rest, limb, bones, trunk))
    return tables[0], tables[1]


def _bend_one_way(
    tree: Kinematics, rest: np.ndarray, limb: Limb, points: Sequence[LinkPoint]
) -> None:
    """Keep a knee or an elbow on that side of straight on which it can bend far, in place.

    Beyond straight lies a second solution, with the limb turned about itself, that no human has.
    """
    hinge = points[1].link
    k = int(np.flatnonzero(limb.joints == hinge)[0])
    grid = np.linspace(limb.lower[k], limb.upper[k], 200)
    q = np.repeat(rest[:, None], len(grid), axis=1)
    q[hinge] = grid
    placed = tree.place(q, np.repeat(np.eye(3)[..., None], len(grid), axis=2), np.zeros((3, 200)))
    ends = [placed.point(point) for point in points]
    a, b = ends[1] - ends[0], ends[2] - ends[1]
    straight = grid[((a * b).sum(0) / np.sqrt((a * a).sum(0) * (b * b).sum(0))).argmax()]
    if limb.upper[k] - straight > straight - limb.lower[k]:
        limb.lower[k] = straight
    else:
        limb.upper[k] = straight


def _fixed_to(placed: Placements, at: LinkPoint, link: int) -> LinkPoint:
    """The same point at rest, fixed to another link."""
    X = placed.X[link, :, :, 0]  # rows are the link's axes in the world
    point = X @ (placed.point(at) - placed.p[link])[:, 0]
    return LinkPoint(link, point, X @ placed.axes(at)[..., 0].T)


def _foot(placed: Placements, ankle: LinkPoint, sole: np.ndarray, turn: np.ndarray) -> Foot:
    corners = ankle.point + sole @ ankle.axes.T
    axes = placed.X[ankle.link, :, :, 0]  # rows are the link's axes in the world
    forward, left = axes @ turn[:, 0], axes @ turn[:, 1]
    reach = corners @ forward
    front = corners[reach > reach.max() - 0.02]
    toe = LinkPoint(ankle.link, front.mean(axis=0), np.eye(3))
    return Foot(ankle.link, corners, ankle, toe, forward, left)

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

CLEARANCE_WEIGHT = 40.0
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
        clearances: what keeps the left and the right arm clear; none if the robot has no
            collision geometry.
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
    base_turn: np.ndarray
    torso_turn: np.ndarray
    leg_length: float


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

    def limb(start: str, end: str) -> Limb:
        links = [BASE if role == "base" else points[role].link for role in (start, end)]
        joints = tree.chain(*links)
        return Limb(joints, limits[0][joints], limits[1][joints])

    legs, arms = (
        [limb(start, f"{side}_{end}") for side in SIDES]
        for start, end in (("base", "ankle"), ("torso", "elbow"))
    )
    for side, leg, arm in zip(SIDES, legs, arms, strict=True):
        _bend_one_way(tree, rest, leg, [points[f"{side}_{n}"] for n in ("hip", "knee", "ankle")])
        ends = [points[f"{side}_{n}"] for n in ("shoulder", "elbow", "wrist")]
        _bend_one_way(tree, rest, arm, ends)
    feet = [
        _foot(placed, points[f"{side}_ankle"], sole, turn)
        for side, sole in zip(SIDES, soles, strict=True)
    ]
    for side, arm in zip(SIDES, arms, strict=True):
        wrist = points[f"{side}_wrist"]
        if wrist.link not in arm.joints:
            points[f"{side}_wrist"] = _fixed_to(placed, wrist, arm.joints[-1])

    def poses(limbs: list[Limb], names: tuple[str, str, str], trunk: int) -> list[PoseTable]:
        tables = []
        for side, limb in zip(SIDES, limbs, strict=True):
            ends = [points[f"{side}_{name}"] for name in names]
            bones = list(zip(ends[:-1], ends[1:], strict=True))
            tables.append(sample_poses(tree, rest, limb, bones, trunk))
        return tables

    leg_poses = poses(legs, ("hip", "knee", "ankle"), BASE)
    arm_poses = poses(arms, ("shoulder", "elbow", "wrist"), points["torso"].link)
    solved = np.concatenate([limb("base", "torso").joints, *(b.joints for b in (*legs, *arms))])
    capsules = fit_capsules(model, collision, tree, rest, solved, named_capsules)
    torso = placed.axes(points["torso"])[..., 0].T
    hip, knee, ankle = (
        placed.point(points[f"left_{name}"])[:, 0] for name in ("hip", "knee", "ankle")
    )
    return Body(
        tree=tree,
        points=points,
        waist=limb("base", "torso"),
        legs=(legs[0], legs[1]),
        arms=(arms[0], arms[1]),
        feet=(feet[0], feet[1]),
        leg_poses=(leg_poses[0], leg_poses[1]),
        arm_poses=(arm_poses[0], arm_poses[1]),
        clearances=tuple(
            Clearance(capsules, find_pairs(tree, capsules, arm, rest), CLEARANCE_WEIGHT)
            for arm in arms
        ),
        base_turn=turn.T,
        torso_turn=turn.T @ torso,
        leg_length=float(np.linalg.norm(hip - knee) + np.linalg.norm(knee - ankle)),
    )


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

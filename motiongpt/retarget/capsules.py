"""Capsules that stand for a robot's links when they could collide.

They are fitted to the vertices of the collision geometry, or named in the robot file.
"""

from dataclasses import dataclass

import numpy as np
import pinocchio as pin

from motiongpt.retarget.kinematics import BASE, Kinematics, LinkPoint, Placements

COVERED = 0.95
"""Share of a shape's vertices that a capsule's radius covers."""

MAX_SLICES = 3
"""A flat shape is covered by at most so many capsules side by side."""

MIN_RADIUS = 0.015
"""Smaller shapes than this in [m] are left out."""


@dataclass(frozen=True)
class Capsules:
    """Capsules fixed to links, in the links' turned frames.

    Attributes:
        links: joint index that moves each, shape (C,); `BASE` for the base.
        ends: both ends of each axis, shape (C, 2, 3), in [m].
        radii: shape (C,), in [m].
    """

    links: np.ndarray
    ends: np.ndarray
    radii: np.ndarray

    def place(self, placed: Placements, which: np.ndarray) -> np.ndarray:
        """Ends (k, 2, 3, T) in [m] in the world of some of the capsules (k,)."""
        points = [placed.points(self.links[c], self.ends[c]) for c in which]
        return np.stack(points)


def fit_capsules(
    model: pin.Model,
    collision: pin.GeometryModel,
    tree: Kinematics,
    rest: np.ndarray,
    solved: np.ndarray,
    named: dict[str, list[list[float]]],
) -> Capsules:
    """Cover every link.

    Args:
        model: Pinocchio model with a free-flyer.
        collision: its collision geometry.
        tree: kinematics of the same model.
        rest: rest pose, shape (n,), in [rad]; joints that are not solved for stay there.
        solved: joints that are solved for, shape (m,).
        named: capsules of the robot file by link: start, end and radius, 7 numbers each, in [m]
            and in the link's frame; an empty list leaves the link out.
    """
    placed = tree.place(rest[:, None], np.eye(3)[..., None], np.zeros((3, 1)))
    found: list[tuple[int, np.ndarray, float]] = []
    for item in collision.geometryObjects:
        frame = model.frames[item.parentFrame]
        if frame.name in named:
            continue
        vertices = _vertices(item)
        link = max(item.parentJoint - 2, BASE)
        inside = vertices @ tree.align[link]
        holder = _holder(tree, link, solved)
        found += [(holder, _carried(placed, link, holder, e), r) for e, r in _cover(inside)]
    for name, capsules in named.items():
        at = tree.locate(model, model.getFrameId(name))
        holder = _holder(tree, at.link, solved)
        for numbers in capsules:
            ends = at.point + np.reshape(numbers[:6], (2, 3)) @ at.axes.T
            found.append((holder, _carried(placed, at.link, holder, ends), float(numbers[6])))
    return Capsules(
        np.array([link for link, _, _ in found], dtype=int),
        np.array([ends for _, ends, _ in found]).reshape(-1, 2, 3),
        np.array([radius for _, _, radius in found]),
    )


def _holder(tree: Kinematics, link: int, solved: np.ndarray) -> int:
    """The link that moves with the last solved joint before this one."""
    while link != BASE and link not in solved:
        link = int(tree.parents[link])
    return link


def _carried(placed: Placements, link: int, holder: int, points: np.ndarray) -> np.ndarray:
    """Points (k, 3) of a link at rest, in the frame of the link that holds it."""
    world = placed.points(link, points)[..., 0] - placed.p[holder, :, 0]
    return world @ placed.X[holder, :, :, 0].T


def _vertices(item: pin.GeometryObject) -> np.ndarray:
    """Points (k, 3) on a shape's surface, in the parent joint's frame, in [m]."""
    shape = item.geometry
    if hasattr(shape, "vertices"):
        points = np.asarray(shape.vertices())
    elif hasattr(shape, "radius"):
        half = getattr(shape, "halfLength", 0.0)
        angles = np.linspace(0, 2 * np.pi, 12, endpoint=False)
        ring = shape.radius * np.stack([np.cos(angles), np.sin(angles), 0 * angles], axis=1)
        heights = [half, -half] if half else [0.0]
        points = np.concatenate([ring + [0, 0, z] for z in heights])
        if not half:
            points = np.concatenate([points, ring[:, [0, 2, 1]], ring[:, [2, 0, 1]]])
    else:
        shape.computeLocalAABB()
        box = shape.aabb_local
        points = np.array(np.meshgrid(*zip(box.min_, box.max_, strict=True))).reshape(3, -1).T
    return points @ item.placement.rotation.T + item.placement.translation


def _cover(points: np.ndarray) -> list[tuple[np.ndarray, float]]:
    """Capsules, as ends (2, 3) and radius, side by side along a shape's second axis."""
    center = points.mean(axis=0)
    _, _, axes = np.linalg.svd(points - center, full_matrices=False)
    local = (points - center) @ axes.T
    low, high = local.min(axis=0), local.max(axis=0)
    extent = high - low
    order = np.argsort(-extent)
    local, low, high, axes = local[:, order], low[order], high[order], axes[order]
    extent = extent[order]
    slices = int(np.clip(np.ceil(extent[1] / max(extent[2], 1e-3) - 0.3), 1, MAX_SLICES))
    edges = np.linspace(low[1], high[1], slices + 1)
    capsules = []
    for k in range(slices):
        part = local[(local[:, 1] >= edges[k] - 1e-9) & (local[:, 1] <= edges[k + 1] + 1e-9)]
        if len(part) < 2:
            continue
        middle = (part[:, 1:].min(axis=0) + part[:, 1:].max(axis=0)) / 2
        radius = float(np.quantile(np.linalg.norm(part[:, 1:] - middle, axis=1), COVERED))
        if radius < MIN_RADIUS:
            continue
        along = part[:, 0]
        ends = np.array([min(along.min() + radius, 0.0), max(along.max() - radius, 0.0)])
        if along.max() - along.min() < 2 * radius:
            ends[:] = (along.max() + along.min()) / 2
        line = np.column_stack([ends, np.tile(middle, (2, 1))])
        capsules.append((line @ axes + center, radius))
    return capsules


def point_on(capsules: Capsules, index: int, share: float) -> LinkPoint:
    """A point on a capsule's axis, from its first end (0) to its second (1)."""
    first, second = capsules.ends[index]
    return LinkPoint(int(capsules.links[index]), first + share * (second - first), np.eye(3))

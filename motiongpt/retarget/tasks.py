"""What a limb is asked to do, frame by frame: residuals and their Jacobians.

A task gives rows for the joints of one limb: errors (r, T) and Jacobians (r, m, T), weighted.
The same tasks serve the solver of whole trajectories and the one that sees a frame at a time.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from motiongpt.retarget.kinematics import Kinematics, LinkPoint, Placements

Rows = tuple[np.ndarray, np.ndarray]
Weight = float | np.ndarray
"""One for all frames, or one for each, shape (T,)."""


class Task(Protocol):
    """Something that a limb should do."""

    def rows(self, tree: Kinematics, placed: Placements, joints: np.ndarray) -> Rows:
        """Weighted errors (r, T) and Jacobians (r, m, T) by the joints (m,)."""

    def select(self, frames: np.ndarray) -> "Task":
        """The same task for some of the frames."""


@dataclass(frozen=True)
class BoneDirection:
    """The line from one point to another should point along unit vectors (3, T)."""

    start: LinkPoint
    end: LinkPoint
    target: np.ndarray
    weight: Weight

    def rows(self, tree: Kinematics, placed: Placements, joints: np.ndarray) -> Rows:
        """See `Task`; the error is the chord, which also has a slope from behind."""
        start, end = placed.point(self.start), placed.point(self.end)
        bone = end - start
        length = np.maximum(np.sqrt((bone * bone).sum(0)), 1e-6)
        u = bone / length
        J = np.zeros((3, len(joints), bone.shape[1]))
        for k, joint in enumerate(joints):
            if not tree.support[self.end.link, joint]:
                continue
            axis, origin = placed.X[joint, 2], placed.p[joint]
            if tree.support[self.start.link, joint]:
                J[:, k] = cross(axis, u)
                continue
            across = cross(axis, (end - origin) / length)
            J[:, k] = across - u * (u * across).sum(0)
        return self.weight * (self.target - u), self.weight * J

    def select(self, frames: np.ndarray) -> "BoneDirection":
        """See `Task`."""
        weight = _select(self.weight, frames)
        return BoneDirection(self.start, self.end, self.target[:, frames], weight)


@dataclass(frozen=True)
class AxisDirection:
    """An axis (3,) fixed in a link should point along unit vectors (3, T)."""

    link: int
    local: np.ndarray
    target: np.ndarray
    weight: Weight

    def rows(self, tree: Kinematics, placed: Placements, joints: np.ndarray) -> Rows:
        """See `Task`."""
        axis = placed.axis(self.link, self.local)
        J = np.zeros((3, len(joints), axis.shape[1]))
        for k, joint in enumerate(joints):
            if tree.support[self.link, joint]:
                J[:, k] = cross(placed.X[joint, 2], axis)
        return self.weight * (self.target - axis), self.weight * J

    def select(self, frames: np.ndarray) -> "AxisDirection":
        """See `Task`."""
        weight = _select(self.weight, frames)
        return AxisDirection(self.link, self.local, self.target[:, frames], weight)


@dataclass(frozen=True)
class PointPosition:
    """A point fixed in a link should be at positions (3, T) in [m]."""

    at: LinkPoint
    target: np.ndarray
    weight: Weight

    def rows(self, tree: Kinematics, placed: Placements, joints: np.ndarray) -> Rows:
        """See `Task`."""
        point = placed.point(self.at)
        J = np.zeros((3, len(joints), point.shape[1]))
        for k, joint in enumerate(joints):
            if tree.support[self.at.link, joint]:
                J[:, k] = cross(placed.X[joint, 2], point - placed.p[joint])
        return self.weight * (self.target - point), self.weight * J

    def select(self, frames: np.ndarray) -> "PointPosition":
        """See `Task`."""
        return PointPosition(self.at, self.target[:, frames], _select(self.weight, frames))


def cross(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Cross product of vectors (3, T); several times faster than NumPy's own."""
    out = np.empty_like(b)
    out[0] = a[1] * b[2] - a[2] * b[1]
    out[1] = a[2] * b[0] - a[0] * b[2]
    out[2] = a[0] * b[1] - a[1] * b[0]
    return out


def _select(weight: Weight, frames: np.ndarray) -> Weight:
    return weight[frames] if isinstance(weight, np.ndarray) else weight

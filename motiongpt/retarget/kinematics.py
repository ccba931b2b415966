"""Forward kinematics of all frames of a motion at once, in NumPy.

Pinocchio is the source of the model and the reference of the tests; a call to it for each frame
costs more than the arithmetic of a whole motion done here joint by joint.

Rotations are stored by columns and frames last, shape (3, 3, T): `X[k]` is the k-th axis of a
link in the world, (3, T). Every link's frame is turned so that its joint turns about `X[2]`.
"""

from dataclasses import dataclass

import numpy as np
import pinocchio as pin

from motiongpt.errors import RobotError

BASE = -1
"""Index of the floating base among links: the last one."""


@dataclass(frozen=True)
class LinkPoint:
    """A point and axes fixed to a link.

    Attributes:
        link: joint index that moves it, or `BASE`.
        point: shape (3,), in [m], in the link's turned frame.
        axes: shape (3, 3), columns are the axes of the named frame in the link's turned frame.
    """

    link: int
    point: np.ndarray
    axes: np.ndarray


@dataclass(frozen=True)
class Placements:
    """Where the links are.

    Attributes:
        X: axes of each link by columns, shape (n + 1, 3, 3, T); the last is the base.
        p: origin of each link, shape (n + 1, 3, T), in [m].
    """

    X: np.ndarray
    p: np.ndarray

    def point(self, at: LinkPoint) -> np.ndarray:
        """Position (3, T) in [m] of a point fixed to a link."""
        return self.p[at.link] + self.axis(at.link, at.point)

    def points(self, link: int, points: np.ndarray) -> np.ndarray:
        """Positions (k, 3, T) in [m] of points (k, 3) in a link's turned frame."""
        return self.p[link] + (points @ self.X[link].reshape(3, -1)).reshape(len(points), 3, -1)

    def axis(self, link: int, local: np.ndarray) -> np.ndarray:
        """Direction (3, T) in the world of a direction (3,) in a link's turned frame."""
        return (local @ self.X[link].reshape(3, -1)).reshape(3, -1)

    def axes(self, at: LinkPoint) -> np.ndarray:
        """Axes (3, 3, T), by columns, of a frame fixed to a link."""
        return rotate(at.axes, self.X[at.link])


@dataclass(frozen=True)
class Kinematics:
    """The tree of a robot's actuated joints as arrays.

    Attributes:
        parents: joint that carries each joint, shape (n,); `BASE` for the base.
        turns: rotation from the parent's turned frame to the joint's at 0, shape (n, 3, 3).
        offsets: origin in the parent's turned frame, shape (n, 3), in [m].
        align: from Pinocchio's joint frame to the turned one, shape (n + 1, 3, 3).
        support: support[i, j] says that joint j moves link i, shape (n + 1, n).
    """

    parents: np.ndarray
    turns: np.ndarray
    offsets: np.ndarray
    align: np.ndarray
    support: np.ndarray

    @property
    def n_joints(self) -> int:
        """Number of actuated joints n."""
        return len(self.parents)

    def locate(self, model: pin.Model, frame: int) -> LinkPoint:
        """Express a frame of the Pinocchio model in the arrays of this one."""
        found = model.frames[frame]
        link = max(found.parentJoint - 2, BASE)
        A = self.align[link].T
        return LinkPoint(link, A @ found.placement.translation, A @ found.placement.rotation)

    def chain(self, start: int, end: int) -> np.ndarray:
        """Joints (m,) that move link `end` but not link `start`, from the first to the last."""
        return np.flatnonzero(self.support[end] & ~self.support[start])

    def empty(self, n_frames: int) -> Placements:
        """Placements to be filled."""
        n = self.n_joints + 1
        return Placements(np.zeros((n, 3, 3, n_frames)), np.zeros((n, 3, n_frames)))

    def place(self, q: np.ndarray, X: np.ndarray, p: np.ndarray) -> Placements:
        """Place all links.

        Args:
            q: joint positions, shape (n, T), in [rad].
            X: the base's axes by columns, shape (3, 3, T).
            p: the base's position, shape (3, T), in [m].
        """
        placements = self.empty(q.shape[1])
        placements.X[BASE], placements.p[BASE] = X, p
        self.move(placements, range(self.n_joints), q)
        return placements

    def move(self, placements: Placements, joints: "np.ndarray | range", q: np.ndarray) -> None:
        """Place the links of some joints anew, parents first.

        Args:
            placements: changed in place.
            joints: indices (m,), sorted.
            q: their positions, shape (m, T), in [rad].
        """
        X, p = placements.X, placements.p
        cos, sin = np.cos(q), np.sin(q)
        for k, joint in enumerate(joints):
            parent = X[self.parents[joint]]
            M = rotate(self.turns[joint], parent)
            link = X[joint]
            np.multiply(cos[k], M[0], out=link[0])
            link[0] += sin[k] * M[1]
            np.multiply(cos[k], M[1], out=link[1])
            link[1] -= sin[k] * M[0]
            link[2] = M[2]
            arm = (self.offsets[joint] @ parent.reshape(3, -1)).reshape(3, -1)
            np.add(p[self.parents[joint]], arm, out=p[joint])


def rotate(local: np.ndarray, X: np.ndarray) -> np.ndarray:
    """Axes (3, 3, T), by columns, of a frame (3, 3) that is fixed in a link with axes X."""
    return (local.T @ X.reshape(3, -1)).reshape(X.shape)


def build_kinematics(model: pin.Model) -> Kinematics:
    """Read the joint tree of a Pinocchio model with a free-flyer.

    Raises:
        RobotError: naming a joint that does not turn about one axis.
    """
    n = model.njoints - 2
    data = model.createData()
    pin.computeJointJacobians(model, data, pin.neutral(model))
    parents, turns, offsets = np.empty(n, dtype=int), np.empty((n, 3, 3)), np.empty((n, 3))
    align, support = np.tile(np.eye(3), (n + 1, 1, 1)), np.zeros((n + 1, n), dtype=bool)
    for joint in range(n):
        index = joint + 2
        parent = max(model.parents[index] - 2, BASE)
        S = pin.getJointJacobian(model, data, index, pin.ReferenceFrame.LOCAL)[:, joint + 6]
        if np.abs(S[:3]).max() > 1e-9:
            raise RobotError(f"joint '{model.names[index]}' slides; allowed: joints that turn")
        align[joint] = _turn_to(S[3:])
        placement = model.jointPlacements[index]
        parents[joint] = parent
        turns[joint] = align[parent].T @ placement.rotation @ align[joint]
        offsets[joint] = align[parent].T @ placement.translation
        support[joint] = support[parent] if parent != BASE else False
        support[joint, joint] = True
    return Kinematics(parents, turns, offsets, align, support)


def _turn_to(axis: np.ndarray) -> np.ndarray:
    """A rotation (3, 3) whose third column is a unit axis."""
    other = np.eye(3)[int(np.argmin(np.abs(axis)))]
    x = np.cross(other, axis)
    x /= np.linalg.norm(x)
    return np.stack([x, np.cross(axis, x), axis], axis=1)

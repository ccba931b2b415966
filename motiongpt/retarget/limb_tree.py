"""A robot's joints as a tree in space, at the pose nearest to all zeros."""

from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pinocchio as pin

ROOT = 1
"""Pinocchio's index of the floating base's joint."""

SAME = 0.02
"""Places closer than this in [m] are the same."""

Chain = tuple[int, ...]
"""Joint indices from a limb's first joint to its last."""


@dataclass(frozen=True)
class LimbTree:
    """Joints with their places, in the base's frame.

    Attributes:
        model: Pinocchio model with a free-flyer.
        q: configuration nearest to zero inside the limits, shape (nq,).
        origins: of each joint, shape (n + 2, 3), in [m].
        axes: of each joint, unit vectors, shape (n + 2, 3).
    """

    model: pin.Model
    q: np.ndarray
    origins: np.ndarray
    axes: np.ndarray

    def parent(self, joint: int) -> int:
        """The joint that carries a joint."""
        return int(self.model.parents[joint])

    def children(self, joint: int) -> list[int]:
        """The joints that a joint carries."""
        return [j for j in range(2, self.model.njoints) if self.parent(j) == joint]

    def names(self, chain: Chain) -> list[str]:
        """Joint names of a chain."""
        return [self.model.names[joint] for joint in chain]

    def links(self, joint: int) -> list[pin.Frame]:
        """Links that move with a joint; those at its origin that carry joints come first."""
        frames = self.model.frames
        carriers = [f.parentFrame for f in frames if f.type == pin.FrameType.JOINT]
        own = [
            (float(np.linalg.norm(frame.placement.translation)) > 1e-6, -carriers.count(k), k)
            for k, frame in enumerate(frames)
            if frame.type == pin.FrameType.BODY and frame.parentJoint == joint
        ]
        return [frames[k] for _, _, k in sorted(own)]

    def link(self, joint: int) -> str:
        """The link that a joint moves."""
        return str(self.links(joint)[0].name)

    def far_link(self, joint: int) -> tuple[str, float]:
        """The link fixed to a joint whose origin is farthest from it, and how far in [m]."""
        far = max(self.links(joint), key=lambda f: np.linalg.norm(f.placement.translation))
        return str(far.name), float(np.linalg.norm(far.placement.translation))

    def chain(self, joint: int) -> Chain:
        """The way from a joint to the end of a limb, or to where it splits into fingers."""
        children = self.children(joint)
        return (joint, *self.chain(children[0])) if len(children) == 1 else (joint,)

    def length(self, chain: Chain) -> float:
        """Distance in [m] along the origins of a chain, and to its last link's centre of mass."""
        steps = np.diff(self.origins[list(chain)], axis=0)
        lever = np.linalg.norm(self.model.inertias[chain[-1]].lever)
        return float(np.linalg.norm(steps, axis=1).sum() + lever)

    def tip(self, chain: Chain, q: np.ndarray) -> np.ndarray:
        """Centre of mass (3,) in [m] of a chain's last link, seen from its first joint."""
        data = self.model.createData()
        pin.forwardKinematics(self.model, data, q)
        end = data.oMi[chain[-1]].act(self.model.inertias[chain[-1]].lever)
        return end - data.oMi[chain[0]].translation

    def mirrored_pairs(self) -> list[tuple[Chain, Chain]]:
        """Limbs of as many joints that begin side by side on the same link."""
        pairs = []
        for joint in range(ROOT, self.model.njoints):
            for a, b in combinations(self.children(joint), 2):
                one, other = self.chain(a), self.chain(b)
                gap = np.abs(self.origins[a] - self.origins[b])
                across = max(gap[:2])
                if len(one) == len(other) and across > SAME and gap.sum() - across < SAME:
                    pairs.append((one, other))
        return pairs

    def reach(self, chain: Chain, joint: int, points: int = 9) -> float:
        """How much in [m] a joint of a chain changes the distance from its start to its tip."""
        index = self.model.joints[joint].idx_q
        low, high = self.model.lowerPositionLimit[index], self.model.upperPositionLimit[index]
        distances = []
        for value in np.linspace(max(low, -np.pi), min(high, np.pi), points):
            q = self.q.copy()
            q[index] = value
            distances.append(np.linalg.norm(self.tip(chain, q)))
        return float(np.ptp(distances))

    def center(self, joints: Chain) -> np.ndarray:
        """The point (3,) in [m] nearest to the axes of some joints."""
        A, b = 1e-6 * np.eye(3), 1e-6 * self.origins[joints[-1]]
        for joint in joints:
            across = np.eye(3) - np.outer(self.axes[joint], self.axes[joint])
            A, b = A + across, b + across @ self.origins[joint]
        return np.linalg.solve(A, b)


def read_tree(model: pin.Model) -> LimbTree:
    """Place the joints of a model with a free-flyer, all of whose other joints turn."""
    q = pin.neutral(model)
    q[7:] = np.clip(q[7:], model.lowerPositionLimit[7:], model.upperPositionLimit[7:])
    data = model.createData()
    pin.computeJointJacobians(model, data, q)
    origins = np.array([data.oMi[joint].translation for joint in range(model.njoints)])
    axes = np.zeros((model.njoints, 3))
    for joint in range(2, model.njoints):
        frame = pin.ReferenceFrame.LOCAL_WORLD_ALIGNED
        J = pin.getJointJacobian(model, data, joint, frame)
        axes[joint] = J[3:, model.joints[joint].idx_v]
    return LimbTree(model, q, origins, axes)

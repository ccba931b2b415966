"""The skeletons of HumanML3D (22 SMPL joints) and KIT-ML (21 joints).

Source: HumanML3D (MIT): joint order, kinematic chains, rest directions, thresholds and frame rates
of its `t2m` and `kit` processing.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from motiongpt.errors import MotionError

_LEFT, _RIGHT, _UP, _DOWN, _FORWARD = (1, 0, 0), (-1, 0, 0), (0, 1, 0), (0, -1, 0), (0, 0, 1)


@dataclass(frozen=True, eq=False)
class Skeleton:
    """Joints of a dataset and what its features take from them.

    Attributes:
        name: of the dataset whose features these are.
        joint_names: in the order of every (T, J, 3) array.
        chains: kinematic chains; the first joint of each is where it is attached.
        rest_directions: (J, 3) direction of each bone from its parent in the pose that rotations
            are relative to (x left, y up, z forward); 0 for the root.
        hips: left and right hip.
        shoulders: left and right shoulder.
        feet: left ankle, left toe, right ankle, right toe.
        leg: knee and ankle of the leg whose length scales the root path.
        fps: frames a second.
        contact_threshold: squared displacement of a foot in a frame, in squared units, below
            which it counts as in contact.
        unit: length of one unit of the positions, in [m].
    """

    name: str
    joint_names: tuple[str, ...]
    chains: tuple[tuple[int, ...], ...]
    rest_directions: np.ndarray
    hips: tuple[int, int]
    shoulders: tuple[int, int]
    feet: tuple[int, int, int, int]
    leg: tuple[int, int]
    fps: float
    contact_threshold: float
    unit: float = 1.0

    @property
    def n_joints(self) -> int:
        """Number of joints J."""
        return len(self.joint_names)

    @cached_property
    def index(self) -> dict[str, int]:
        """Index of a joint by name."""
        return {name: index for index, name in enumerate(self.joint_names)}

    @cached_property
    def parents(self) -> np.ndarray:
        """Index of each joint's parent (J,); -1 for the root."""
        parents = np.full(self.n_joints, -1)
        for chain in self.chains:
            parents[list(chain[1:])] = chain[:-1]
        return parents

    @cached_property
    def mirror(self) -> np.ndarray:
        """For each joint, the index of its left-right counterpart (J,)."""
        swap = {"left": "right", "right": "left"}
        return np.array(
            [
                self.index["_".join(swap.get(part, part) for part in name.split("_"))]
                for name in self.joint_names
            ]
        )


HUMANML3D = Skeleton(
    name="humanml3d",
    joint_names=(
        "pelvis",
        "left_hip",
        "right_hip",
        "spine1",
        "left_knee",
        "right_knee",
        "spine2",
        "left_ankle",
        "right_ankle",
        "spine3",
        "left_foot",
        "right_foot",
        "neck",
        "left_collar",
        "right_collar",
        "head",
        "left_shoulder",
        "right_shoulder",
        "left_elbow",
        "right_elbow",
        "left_wrist",
        "right_wrist",
    ),
    chains=(
        (0, 2, 5, 8, 11),
        (0, 1, 4, 7, 10),
        (0, 3, 6, 9, 12, 15),
        (9, 14, 17, 19, 21),
        (9, 13, 16, 18, 20),
    ),
    rest_directions=np.array(
        [(0, 0, 0), _LEFT, _RIGHT, _UP, _DOWN, _DOWN, _UP, _DOWN, _DOWN, _UP, _FORWARD, _FORWARD]
        + [_UP, _LEFT, _RIGHT, _FORWARD, _DOWN, _DOWN, _DOWN, _DOWN, _DOWN, _DOWN],
        dtype=float,
    ),
    hips=(1, 2),
    shoulders=(16, 17),
    feet=(7, 10, 8, 11),
    leg=(5, 8),
    fps=20.0,
    contact_threshold=0.002,
)
"""22 joints, 263 features, 20 frames a second, metres."""

KIT_ML = Skeleton(
    name="kit-ml",
    joint_names=(
        "pelvis",
        "spine1",
        "spine2",
        "neck",
        "head",
        "right_shoulder",
        "right_elbow",
        "right_wrist",
        "left_shoulder",
        "left_elbow",
        "left_wrist",
        "right_hip",
        "right_knee",
        "right_ankle",
        "right_heel",
        "right_foot",
        "left_hip",
        "left_knee",
        "left_ankle",
        "left_heel",
        "left_foot",
    ),
    chains=(
        (0, 11, 12, 13, 14, 15),
        (0, 16, 17, 18, 19, 20),
        (0, 1, 2, 3, 4),
        (3, 5, 6, 7),
        (3, 8, 9, 10),
    ),
    # The rest pose has x to the right, unlike HumanML3D's; published features are relative to it.
    rest_directions=np.array(
        [(0, 0, 0), _UP, _UP, _UP, _UP, _LEFT, _DOWN, _DOWN, _RIGHT, _DOWN, _DOWN]
        + [_LEFT, _DOWN, _DOWN, _FORWARD, _FORWARD, _RIGHT, _DOWN, _DOWN, _FORWARD, _FORWARD],
        dtype=float,
    ),
    hips=(16, 11),
    shoulders=(8, 5),
    feet=(19, 20, 14, 15),
    leg=(17, 18),
    fps=12.5,
    contact_threshold=0.05,
    unit=0.001,
)
"""21 joints, 251 features, 12.5 frames a second, millimetres."""

SKELETONS = {skeleton.name: skeleton for skeleton in (HUMANML3D, KIT_ML)}
"""The skeletons that datasets and tokenizers may have, by name."""


def skeleton_with(n_joints: int) -> Skeleton:
    """Find the skeleton of a number of joints.

    Raises:
        MotionError: if there is none.
    """
    for skeleton in SKELETONS.values():
        if skeleton.n_joints == n_joints:
            return skeleton
    known = ", ".join(f"{s.n_joints} ({s.name})" for s in SKELETONS.values())
    raise MotionError(f"no skeleton has {n_joints} joints; allowed: {known}")


JOINT_NAMES = HUMANML3D.joint_names
"""Joint order of a `Motion`, which always has HumanML3D's 22 joints."""

JOINT_INDEX = HUMANML3D.index
"""Index of a joint in that order, by name."""

N_JOINTS = HUMANML3D.n_joints
PARENTS = HUMANML3D.parents
MIRROR = HUMANML3D.mirror

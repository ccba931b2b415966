"""The 22-joint SMPL skeleton that HumanML3D uses.

Source: HumanML3D (MIT), joint order and kinematic chains of its `t2m` skeleton.
"""

import numpy as np

JOINT_NAMES = (
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
)
"""Joint order of every (T, 22, 3) array in this package."""

JOINT_INDEX = {name: index for index, name in enumerate(JOINT_NAMES)}
"""Index of a joint in that order, by name."""

N_JOINTS = len(JOINT_NAMES)

CHAINS = (
    (0, 2, 5, 8, 11),
    (0, 1, 4, 7, 10),
    (0, 3, 6, 9, 12, 15),
    (9, 14, 17, 19, 21),
    (9, 13, 16, 18, 20),
)
"""Kinematic chains; the first joint of each is where it is attached."""

PARENTS = np.array([-1, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 12, 13, 14, 16, 17, 18, 19])
"""Index of each joint's parent; -1 for the pelvis."""

MIRROR = np.array(
    [
        JOINT_INDEX[
            name.replace("left_", "right_")
            if name.startswith("left_")
            else name.replace("right_", "left_")
        ]
        for name in JOINT_NAMES
    ]
)
"""For each joint, the index of its left-right counterpart."""

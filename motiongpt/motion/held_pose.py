"""Poses that are held still, as features."""

import numpy as np

from motiongpt.motion import layout
from motiongpt.motion.features import canonicalize, encode_features
from motiongpt.motion.layout import layout_of
from motiongpt.motion.motion import Motion


def hold_features(features: np.ndarray) -> np.ndarray:
    """Features of standing still in the pose of each frame.

    Args:
        features: shape (n, F), not normalized.

    Returns:
        Features (n, F) with the same pose, no velocity, and every foot in contact, as
        `encode_features` has it for a pose that does not change.
    """
    held = features.copy()
    at = layout_of(features.shape[1])
    held[:, layout.ROOT_YAW_VELOCITY] = 0
    held[:, layout.ROOT_PLANAR_VELOCITY] = 0
    held[:, at.local_velocities] = 0
    held[:, at.foot_contacts] = 1
    return held


def pose_features(pose: np.ndarray) -> np.ndarray:
    """Features (263,) of standing still in a pose.

    Args:
        pose: joint positions (22, 3) in [m], world frame of REP-103; place and heading are free.

    Raises:
        MotionError: for a wrong shape or a value that is not finite.
    """
    still = Motion(np.asarray(pose)[None]).to_y_up().repeat(2, axis=0)
    return encode_features(canonicalize(still))[0]

"""KIT-ML's 21 joints as HumanML3D's 22.

KIT-ML has no spine3 and no collars; they are put between the joints that it has.
"""

import numpy as np

from motiongpt.errors import MotionError
from motiongpt.motion.skeleton import HUMANML3D, KIT_ML

_BETWEEN = {
    "spine3": (("spine2", 0.5), ("neck", 0.5)),
    "left_collar": (("neck", 0.6), ("left_shoulder", 0.4)),
    "right_collar": (("neck", 0.6), ("right_shoulder", 0.4)),
}


def _weights() -> np.ndarray:
    """Share (22, 21) of each of KIT-ML's joints in each of HumanML3D's."""
    weights = np.zeros((HUMANML3D.n_joints, KIT_ML.n_joints))
    for row, name in zip(weights, HUMANML3D.joint_names, strict=True):
        for source, share in _BETWEEN.get(name, ((name, 1.0),)):
            row[KIT_ML.index[source]] = share
    return weights


_WEIGHTS = _weights()


def kit_to_humanml3d(positions: np.ndarray) -> np.ndarray:
    """Turn KIT-ML's joints into HumanML3D's.

    Args:
        positions: shape (T, 21, 3), in [mm], y up.

    Returns:
        Positions (T, 22, 3) in [m], y up, at the same frame rate.

    Raises:
        MotionError: for a wrong shape.
    """
    if positions.ndim != 3 or positions.shape[1:] != (KIT_ML.n_joints, 3):
        raise MotionError(
            f"positions have shape {positions.shape}; allowed: (T, {KIT_ML.n_joints}, 3)"
        )
    return KIT_ML.unit * np.einsum("jk,tkx->tjx", _WEIGHTS, positions)

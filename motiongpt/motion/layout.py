"""The HumanML3D feature vector, named once.

Source: HumanML3D (MIT): root yaw velocity, root planar velocity, root height, local joint
positions, 6D joint rotations, local joint velocities, foot contacts.
"""

from motiongpt.motion.skeleton import N_JOINTS


def _spans(*widths: int) -> list[slice]:
    starts = [sum(widths[:i]) for i in range(len(widths))]
    return [slice(start, start + width) for start, width in zip(starts, widths, strict=True)]


(
    ROOT_YAW_VELOCITY,
    ROOT_PLANAR_VELOCITY,
    ROOT_HEIGHT,
    RIC_POSITIONS,
    ROTATIONS_6D,
    LOCAL_VELOCITIES,
    FOOT_CONTACTS,
) = _spans(1, 2, 1, 3 * (N_JOINTS - 1), 6 * (N_JOINTS - 1), 3 * N_JOINTS, 4)

N_FEATURES = FOOT_CONTACTS.stop
"""Width of a feature vector: 263 for the 22-joint skeleton."""

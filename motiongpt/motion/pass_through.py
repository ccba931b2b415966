"""A motion is led through given poses, without a jump in position or velocity.

What a motion token can hold is not exactly the pose that was asked for. The difference is taken as
a turn and a change of length of each bone, in the frame that faces where the body faces, and is
added to the frames around with a weight that rises and falls smoothly.
"""

from dataclasses import dataclass

import numpy as np
from scipy.spatial.transform import Rotation

from motiongpt.errors import MotionError
from motiongpt.motion.features import facing_turn
from motiongpt.motion.motion import Motion
from motiongpt.motion.rotation import matrix_between, rotate_about_y
from motiongpt.motion.skeleton import N_JOINTS, PARENTS

BLEND_SECONDS = 0.6
"""Time over which a difference rises and falls."""

_CHILDREN = np.arange(1, N_JOINTS)
_PARENTS = np.array(PARENTS[1:])


@dataclass(frozen=True)
class PoseAt:
    """A pose that a motion passes through.

    Attributes:
        frame: where.
        pose: joint positions (22, 3) in [m], z up; place and heading are free.
    """

    frame: int
    pose: np.ndarray


def pass_through(motion: Motion, poses: list[PoseAt], seconds: float = BLEND_SECONDS) -> Motion:
    """Lead a motion through poses; where it goes and faces stays as it is.

    Args:
        motion: what was decoded.
        poses: in time order, each at another frame. After a run of frames, or before one, the
            motion goes on with the run's velocity.
        seconds: the motion is changed so long before and after each; less where poses are near.

    Raises:
        MotionError: for a pose of another shape, that is not finite, or at no frame of the motion.
    """
    frames = [at.frame for at in poses]
    if frames != sorted(set(frames)) or any(not 0 <= f < motion.n_frames for f in frames):
        raise MotionError(
            f"poses at frames {frames}; allowed: 0 to {motion.n_frames - 1}, in order, each once"
        )
    positions = motion.to_y_up()
    body = _Bones.of(positions)
    change = np.zeros_like(body.flat)
    differences = [
        _Bones.of(Motion(np.asarray(at.pose)[None]).to_y_up()).minus(body.at(at.frame))
        for at in poses
    ]
    places = np.arange(motion.n_frames)
    for k, frame in enumerate(frames):
        change[frame] = differences[k]
        for step in (-1, 1):
            other = k + step
            away = step * (places - frame)
            gap = abs(frames[other] - frame) if 0 <= other < len(frames) else motion.n_frames
            width = min(seconds * motion.fps, gap)
            side = (away > 0) & (away < width)
            s = (away[side] / width)[:, None]
            change[side] += falling_weight(s) * differences[k]
            behind = k - step
            if 0 <= behind < len(frames) and abs(frames[behind] - frame) == 1:
                speed = differences[k] - differences[behind]  # a frame, away from the pose
                change[side] += width * fading_slope(s) * speed
    return Motion.from_y_up(body.plus(change).to_positions(positions[:, 0]), motion.fps)


def falling_weight(s: np.ndarray) -> np.ndarray:
    """From 1 at 0 to 0 at 1 and beyond, flat to the second derivative at both ends."""
    s = np.clip(s, 0, 1)
    return 1 - s**3 * (10 - 15 * s + 6 * s * s)


def fading_slope(s: np.ndarray) -> np.ndarray:
    """From 0 with slope 1 at 0 to 0 at 1, flat to the second derivative at 1."""
    return s - s**3 * (6 - 8 * s + 3 * s * s)


@dataclass(frozen=True)
class _Bones:
    """Poses as bones in the frame that faces where the body faces.

    Attributes:
        turn: facing (T,), as `facing_turn` has it.
        height: of the pelvis (T, 1).
        vectors: from the parent joint to each joint but the pelvis (T, 21, 3).
    """

    turn: np.ndarray
    height: np.ndarray
    vectors: np.ndarray

    @classmethod
    def of(cls, positions: np.ndarray) -> "_Bones":
        """Bones of positions (T, 22, 3), y up."""
        turn = facing_turn(positions)
        vectors = positions[:, _CHILDREN] - positions[:, _PARENTS]
        return cls(turn, positions[:, 0, 1:2], rotate_about_y(vectors, turn[:, None]))

    @property
    def flat(self) -> np.ndarray:
        """Room for a change of each frame: height, lengths, turns; (T, 1 + 21 + 63)."""
        return np.zeros((len(self.turn), 1 + 4 * len(_CHILDREN)))

    def at(self, frame: int) -> "_Bones":
        """One frame."""
        part = slice(frame, frame + 1)
        return _Bones(self.turn[part], self.height[part], self.vectors[part])

    def minus(self, other: "_Bones") -> np.ndarray:
        """The change (85,) from another pose to this one."""
        lengths, directions = _split(self.vectors[0])
        other_lengths, other_directions = _split(other.vectors[0])
        turns = Rotation.from_matrix(matrix_between(other_directions, directions)).as_rotvec()
        change = [self.height[0] - other.height[0], lengths - other_lengths, turns.ravel()]
        return np.concatenate(change)

    def plus(self, change: np.ndarray) -> "_Bones":
        """Apply a change (T, 85)."""
        n = len(_CHILDREN)
        lengths, directions = _split(self.vectors.reshape(-1, 3))
        turns = Rotation.from_rotvec(change[:, 1 + n :].reshape(-1, 3))
        lengths = lengths + change[:, 1 : 1 + n].ravel()
        vectors = (turns.apply(directions) * lengths[:, None]).reshape(self.vectors.shape)
        return _Bones(self.turn, self.height + change[:, :1], vectors)

    def to_positions(self, pelvis: np.ndarray) -> np.ndarray:
        """Positions (T, 22, 3) above the places of a pelvis (T, 3)."""
        vectors = rotate_about_y(self.vectors, -self.turn[:, None])
        positions = np.zeros((len(pelvis), N_JOINTS, 3))
        positions[:, 0] = pelvis
        positions[:, 0, 1:2] = self.height
        for joint, parent in zip(_CHILDREN, _PARENTS, strict=True):
            positions[:, joint] = positions[:, parent] + vectors[:, joint - 1]
        return positions


def _split(vectors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Lengths (n,) and directions (n, 3)."""
    lengths = np.linalg.norm(vectors, axis=-1)
    return lengths, vectors / np.maximum(lengths, 1e-9)[:, None]

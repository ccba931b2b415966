"""Where the base goes when one trajectory gives way to another, or to a stop.

Base poses are [x y z] in [m] and [qx qy qz qw]; those of a trajectory are seen from the planar
pose (place and heading on the ground) that the robot has at the trajectory's start.
"""

from dataclasses import dataclass, replace

import numpy as np
import pinocchio as pin

from motiongpt.retarget import RobotTrajectory

BLEND_SECONDS = 0.5
"""Least time in [s] in which height and tilt of one motion become those of the next."""


@dataclass(frozen=True)
class Planar:
    """A pose on the ground.

    Attributes:
        place: x and y, in [m].
        turn: rotation about z.
    """

    place: np.ndarray
    turn: pin.Quaternion

    @classmethod
    def of(cls, pose: np.ndarray) -> "Planar":
        """The planar part of a base pose (7,)."""
        R = pin.Quaternion(pose[6], *pose[3:6]).toRotationMatrix()
        turn = pin.Quaternion(pin.utils.rotate("z", float(np.arctan2(R[1, 0], R[0, 0]))))
        return cls(pose[:2].copy(), turn)

    def place_pose(self, pose: np.ndarray) -> np.ndarray:
        """A base pose (7,) that was seen from here, in the world."""
        moved = self.turn.toRotationMatrix() @ pose[:3]
        moved[:2] += self.place
        return np.concatenate([moved, (self.turn * pin.Quaternion(pose[6], *pose[3:6])).coeffs()])

    def see_pose(self, pose: np.ndarray) -> np.ndarray:
        """A base pose (7,) of the world, seen from here."""
        back = self.turn.conjugate()
        place = pose[:3] - np.array([*self.place, 0.0])
        turned = back * pin.Quaternion(pose[6], *pose[3:6])
        return np.concatenate([back.toRotationMatrix() @ place, turned.coeffs()])


def interpolate(a: np.ndarray, b: np.ndarray, share: float) -> np.ndarray:
    """Base pose (7,) between two, at a share from 0 to 1."""
    sign = 1.0 if a[3:] @ b[3:] >= 0 else -1.0
    pose = (1 - share) * a + share * np.concatenate([b[:3], sign * b[3:]])
    pose[3:] /= np.linalg.norm(pose[3:])
    return pose


def sample_base(times: np.ndarray, poses: np.ndarray, time: float) -> np.ndarray:
    """Base pose (7,) at a time in [s] of poses (N, 7) at times (N,); the ends are held."""
    time = float(np.clip(time, times[0], times[-1]))
    i = max(int(np.searchsorted(times, time, side="right")) - 1, 0)
    if i >= len(times) - 1:
        return poses[-1].copy()
    return interpolate(poses[i], poses[i + 1], (time - times[i]) / (times[i + 1] - times[i]))


def slow_down(running: RobotTrajectory, elapsed: float, times: np.ndarray) -> np.ndarray:
    """Base poses (N, 7) that come to rest evenly on a trajectory's base path.

    Args:
        running: the trajectory.
        elapsed: time in [s] since its start, where slowing down begins.
        times: shape (N,), in [s], from 0 to standing still.

    Returns:
        Poses seen from the planar pose at the beginning.
    """
    along = elapsed + times - times**2 / (2 * times[-1])
    poses = [sample_base(running.times, running.base, float(t)) for t in along]
    begin = Planar.of(poses[0])
    return np.array([begin.see_pose(pose) for pose in poses])


def blend_base(
    trajectory: RobotTrajectory, running: RobotTrajectory, elapsed: float
) -> RobotTrajectory:
    """Let a trajectory's base go on from where and how fast that of a running one moves.

    The running path comes to rest while the new one is entered; the new one goes on from there.

    Args:
        trajectory: the new trajectory, whose base begins at rest and upright.
        running: the one that it takes over from.
        elapsed: time in [s] since the running one's start at which it does.
    """
    span = min(max(trajectory.handover_duration, BLEND_SECONDS), trajectory.duration)
    times = np.minimum(trajectory.times, span)
    slowed = slow_down(running, elapsed, np.append(times, span))
    poses = []
    for t, before, after in zip(times, slowed[:-1], trajectory.base, strict=True):
        ground = Planar.of(before)
        share = t / span
        share = share**2 * (3 - 2 * share)
        leaning = ground.see_pose(before)
        leaning[:2] = after[:2]
        poses.append(ground.place_pose(interpolate(leaning, after, share)))
    return replace(trajectory, base=np.array(poses))

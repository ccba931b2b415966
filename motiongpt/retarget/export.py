"""Trajectories in the files that motion trackers of the field read."""

from pathlib import Path

import numpy as np

from motiongpt.errors import RetargetError
from motiongpt.retarget.trajectory import RobotTrajectory

CSV_FPS = 30.0
"""Rows a second of the LAFAN1 data set that Unitree retargeted, which trackers expect."""


def write_csv(trajectory: RobotTrajectory, file: Path, fps: float = CSV_FPS) -> None:
    """Write rows of base x y z in [m], qx qy qz qw, and joints in [rad], without a header.

    This is the layout of Unitree's LAFAN1 retargeting data set, which whole_body_tracking
    (BeyondMimic) takes.

    Args:
        trajectory: what the robot does.
        file: the CSV file to write.
        fps: rows a second.

    Raises:
        RetargetError: if the rate is not above 0 or the file cannot be written.
    """
    if not fps > 0:
        raise RetargetError(f"{fps} rows a second; allowed: more than 0")
    times = np.arange(int(trajectory.duration * fps + 1e-9) + 1) / fps
    base = np.stack([np.interp(times, trajectory.times, x) for x in trajectory.base.T], axis=1)
    base[:, 3:] /= np.linalg.norm(base[:, 3:], axis=1, keepdims=True)
    joints = np.array([trajectory.sample(float(time)).positions for time in times])
    try:
        np.savetxt(file, np.concatenate([base, joints], axis=1), delimiter=",", fmt="%.6f")
    except OSError as error:
        raise RetargetError(f"{file}: cannot be written ({error})") from error


def write_npz(trajectory: RobotTrajectory, file: Path) -> None:
    """Write all arrays of a trajectory under the names of its attributes.

    Raises:
        RetargetError: if the file cannot be written.
    """
    try:
        np.savez(
            file,
            joint_names=np.array(trajectory.joint_names),
            times=trajectory.times,
            positions=trajectory.positions,
            velocities=trajectory.velocities,
            accelerations=trajectory.accelerations,
            base=trajectory.base,
        )
    except OSError as error:
        raise RetargetError(f"{file}: cannot be written ({error})") from error

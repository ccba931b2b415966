"""A trajectory played on a robot that can fall: free base, floor, servos clamped to the effort.

Each joint has a position servo that knows nothing of the others; there is no balance controller,
no gravity compensation and no feedback from base or feet.
"""

from dataclasses import dataclass

import mujoco
import numpy as np

from motiongpt.retarget import JointState, Robot, RobotTrajectory
from motiongpt.simulate.model import build_model

STIFFNESS = 300.0
"""Gain of the position servos in [N m/rad]; damping is critical for the motors' inertia."""

REST_AFTER = 2.0
"""The robot has to stand for so long in [s] after the trajectory."""

FALLEN_TILT, FALLEN_HEIGHT = 45.0, 0.7
"""A robot has fallen whose base tilts by more than this in [deg], or is lower than this share of
its first height."""

RECORD_EVERY = 10
"""Time steps between recorded poses."""


@dataclass(frozen=True)
class Played:
    """What happened.

    Attributes:
        fell_at: when the robot fell, in [s] from the trajectory's start; None if it stands.
        times: shape (N,), in [s].
        positions: joints, shape (N, n), in [rad].
        base: shape (N, 7), [x y z] in [m] and [qx qy qz qw].
        errors: distance of joints from the trajectory, shape (N, n), in [rad].
        torques: of the servos, shape (N, n), in [N m].
        effort_limit: shape (n,), in [N m].
        joint_names: n names.
    """

    fell_at: float | None
    times: np.ndarray
    positions: np.ndarray
    base: np.ndarray
    errors: np.ndarray
    torques: np.ndarray
    effort_limit: np.ndarray
    joint_names: tuple[str, ...]

    @property
    def stands(self) -> bool:
        """Whether the robot has not fallen."""
        return self.fell_at is None

    @property
    def tracking_error(self) -> float:
        """Mean distance of the joints from the trajectory, in [rad]."""
        return float(self.errors.mean())

    @property
    def peak_torque(self) -> tuple[str, float]:
        """The joint that came nearest to its effort limit, and the share of it."""
        share = (np.abs(self.torques) / self.effort_limit).max(axis=0)
        worst = int(share.argmax())
        return self.joint_names[worst], float(share[worst])


def play_trajectory(
    trajectory: RobotTrajectory,
    robot: Robot,
    stiffness: float = STIFFNESS,
    model: mujoco.MjModel | None = None,
) -> Played:
    """Play a trajectory in MuJoCo, and let the robot stand for a while after it.

    Args:
        trajectory: what the servos are told; the robot begins in its first pose, at rest.
        robot: the robot.
        stiffness: gain of the position servos in [N m/rad].
        model: of `build_model` with a floor, for several trajectories; None builds one.

    Raises:
        RobotError: if MuJoCo cannot read the URDF.
    """
    model = build_model(robot, stiffness, floor=True) if model is None else model
    data, n = mujoco.MjData(model), robot.n_joints
    x, y, z, qx, qy, qz, qw = trajectory.base[0]
    data.qpos[:7] = [x, y, z, qw, qx, qy, qz]
    data.qpos[7:] = trajectory.positions[0]
    mujoco.mj_forward(model, data)
    record: list[np.ndarray] = []
    steps = int(np.ceil((trajectory.duration + REST_AFTER) / model.opt.timestep))
    fell_at = None
    for step in range(steps):
        target = trajectory.sample(float(data.time))
        data.ctrl[:n], data.ctrl[n:] = target.positions, target.velocities
        mujoco.mj_step(model, data)
        if _has_fallen(data.qpos, z):
            fell_at = float(data.time)
        if step % RECORD_EVERY == 0 or fell_at is not None:
            record.append(_row(data, target))
        if fell_at is not None:
            break
    rows = np.array(record)
    return Played(
        fell_at=fell_at,
        times=rows[:, 0],
        positions=rows[:, 8 : 8 + n],
        base=rows[:, [1, 2, 3, 5, 6, 7, 4]],
        errors=np.abs(rows[:, 8 + n : 8 + 2 * n]),
        torques=rows[:, 8 + 2 * n :],
        effort_limit=robot.effort_limit,
        joint_names=robot.joint_names,
    )


def _row(data: mujoco.MjData, target: JointState) -> np.ndarray:
    away = target.positions - data.qpos[7:]
    return np.concatenate([[data.time], data.qpos, away, data.qfrc_actuator[6:]])


def _has_fallen(qpos: np.ndarray, first_height: float) -> bool:
    upright = 1 - 2 * (qpos[4] ** 2 + qpos[5] ** 2)  # cosine of the base's tilt
    low = qpos[2] < FALLEN_HEIGHT * first_height
    return bool(low or upright < np.cos(np.radians(FALLEN_TILT)))

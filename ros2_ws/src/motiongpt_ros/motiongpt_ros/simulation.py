"""A simulated humanoid in MuJoCo: position servos on the joints, base on a kinematic path."""

import mujoco
import numpy as np
import pinocchio as pin

from motiongpt.retarget import JointState, Robot
from motiongpt.retarget.solve import lowest_sole_points
from motiongpt.retarget.trajectory import hermite
from motiongpt.simulate.model import build_model
from motiongpt_ros.base_motion import Planar, sample_base

WALK_TIMEOUT = 0.5
"""A velocity counts for this long, in [s]."""


class Simulation:
    """MuJoCo model of a robot with its base placed and its joints driven by servos."""

    def __init__(self, robot: Robot, stiffness: float) -> None:
        """Build the model and put the robot into its rest pose on the ground.

        Args:
            robot: the robot.
            stiffness: gain of the position servos in [N m/rad].

        Raises:
            RobotError: if MuJoCo cannot read the URDF or has its joints in another order.
        """
        self.robot = robot
        self.model = build_model(robot, stiffness)
        self.data = mujoco.MjData(self.model)
        self.base = _standing_base(robot)
        self.reset(robot.rest_pose)

    @property
    def time(self) -> float:
        """Simulated time in [s]."""
        return float(self.data.time)

    def reset(self, joints: np.ndarray) -> None:
        """Put the joints (n,) in [rad] where they should be, at rest."""
        self.data.qpos[7:], self.data.qvel[:] = joints, 0.0
        self.data.ctrl[:] = np.concatenate([joints, np.zeros_like(joints)])
        self._place_base()
        mujoco.mj_forward(self.model, self.data)

    def step(self, target: JointState) -> None:
        """Advance by one time step towards a target, the base held where it is placed."""
        n = self.robot.n_joints
        self.data.ctrl[:n], self.data.ctrl[n:] = target.positions, target.velocities
        self._place_base()
        mujoco.mj_step(self.model, self.data)

    def state(self) -> JointState:
        """Positions and velocities of the joints now."""
        return JointState(self.data.qpos[7:].copy(), self.data.qvel[6:].copy())

    def _place_base(self) -> None:
        x, y, z, qx, qy, qz, qw = self.base
        self.data.qpos[:7] = [x, y, z, qw, qx, qy, qz]
        self.data.qvel[:6] = 0.0


class TrajectoryFollower:
    """What ros2_control's joint_trajectory_controller does with one trajectory.

    Attributes:
        start: time of its start in [s].
    """

    def __init__(
        self, start: float, times: np.ndarray, positions: np.ndarray, velocities: np.ndarray
    ) -> None:
        """Keep points: times (N,) in [s] after `start`, positions and velocities (N, n)."""
        self.start, self._times = start, times
        self._positions, self._velocities = positions, velocities

    def sample(self, time: float) -> JointState:
        """Desired state at a time in [s]; the last position is held."""
        elapsed = max(time - self.start, float(self._times[0]))
        if elapsed >= self._times[-1]:
            last = self._positions[-1]
            return JointState(last, np.zeros_like(last))
        i = int(np.searchsorted(self._times, elapsed, side="right")) - 1
        h = self._times[i + 1] - self._times[i]
        ends = (JointState(self._positions[k], self._velocities[k]) for k in (i, i + 1))
        return hermite(*ends, h, (elapsed - self._times[i]) / h)


def from_state(
    state: JointState, times: np.ndarray, positions: np.ndarray, velocities: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Let points (see `TrajectoryFollower`) begin at a state if the first one is later."""
    if times[0] <= 0:
        return times, positions, velocities
    return (
        np.concatenate([[0.0], times]),
        np.concatenate([[state.positions], positions]),
        np.concatenate([[state.velocities], velocities]),
    )


class BaseFollower:
    """A base path that was anchored where the robot stood."""

    def __init__(
        self, start: float, times: np.ndarray, poses: np.ndarray, base: np.ndarray
    ) -> None:
        """Anchor a path.

        Args:
            start: time of its start in [s].
            times: shape (N,), in [s] after the start.
            poses: shape (N, 7), seen from the planar pose of the robot at the start.
            base: base pose (7,) of the robot at the start.
        """
        self.start, self._times = start, times
        ground = Planar.of(base)
        self._poses = np.array([ground.place_pose(pose) for pose in poses])

    def sample(self, time: float) -> np.ndarray:
        """Base pose (7,) at a time in [s]; the last one is held."""
        return sample_base(self._times, self._poses, time - self.start)


class Walk:
    """What a walking controller does with a velocity: the base follows it and stays upright."""

    def __init__(self) -> None:
        """Stand."""
        self._velocity, self._until = np.zeros(3), 0.0

    def follow(self, velocity: np.ndarray, time: float) -> None:
        """Take a velocity (3,): forward, left in [m/s], turn in [rad/s]; it soon expires."""
        self._velocity, self._until = velocity, time + WALK_TIMEOUT

    def step(self, base: np.ndarray, time: float, timestep: float) -> np.ndarray:
        """Base pose (7,) one time step in [s] later."""
        if time >= self._until or not self._velocity.any():
            return base
        x, y, turn = self._velocity * timestep
        ahead = np.array([x, y, base[2], 0, 0, np.sin(turn / 2), np.cos(turn / 2)])
        return Planar.of(base).place_pose(ahead)


def _standing_base(robot: Robot) -> np.ndarray:
    """Base pose (7,) of the rest pose with the soles on the ground."""
    data = robot.model.createData()
    pin.framesForwardKinematics(robot.model, data, robot.rest_configuration())
    height = -lowest_sole_points(robot.model, data, robot)[:, 2].min()
    return np.array([0.0, 0.0, height, 0.0, 0.0, 0.0, 1.0])

"""A simulated humanoid in MuJoCo: servos on the joints; its base is placed, or falls freely."""

import mujoco
import numpy as np
import pinocchio as pin

from motiongpt.retarget import JointState, Robot
from motiongpt.retarget.solve import lowest_sole_points
from motiongpt.simulate.model import TIMESTEP, build_model


class Simulation:
    """MuJoCo model of a robot whose joints are driven by servos within their effort limits.

    Attributes:
        robot: the robot.
        base: base pose (7,), [x y z] in [m] and [qx qy qz qw], in the world; of a base that is
            placed it may be set.
    """

    def __init__(self, robot: Robot, stiffness: float, free: bool = False) -> None:
        """Build the model and put the robot into its rest pose on the ground.

        Args:
            robot: the robot.
            stiffness: gain of the position servos in [N m/rad].
            free: whether the base moves by gravity and contact with the floor; else it is placed.

        Raises:
            RobotError: if MuJoCo cannot read the URDF or has its joints in another order.
        """
        self.robot, self._free = robot, free
        self.model = build_model(robot, stiffness, floor=free)
        self.data = mujoco.MjData(self.model)
        self.base = _standing_base(robot)
        self._velocity = np.zeros(6)
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
        self._placed = self.data.qpos.copy()
        mujoco.mj_forward(self.model, self.data)

    def step(self, target: JointState) -> None:
        """Advance by one time step towards a target."""
        n = self.robot.n_joints
        self.data.ctrl[:n], self.data.ctrl[n:] = target.positions, target.velocities
        if self._free:
            mujoco.mj_step(self.model, self.data)
            x, y, z, qw, qx, qy, qz = self.data.qpos[:7]
            self.base = np.array([x, y, z, qx, qy, qz, qw])
            return
        self._place_base()
        placed, moved = self.data.qpos.copy(), np.zeros(self.model.nv)
        mujoco.mj_differentiatePos(self.model, moved, TIMESTEP, self._placed, placed)
        self._placed, self._velocity = placed, moved[:6]
        mujoco.mj_step(self.model, self.data)

    def state(self) -> JointState:
        """Positions and velocities of the joints now."""
        return JointState(self.data.qpos[7:].copy(), self.data.qvel[6:].copy())

    def base_velocity(self) -> np.ndarray:
        """Velocity of the base (6,), seen from the base: [m/s], then [rad/s]."""
        velocity = self.data.qvel[:6] if self._free else self._velocity
        R = pin.Quaternion(self.base[6], *self.base[3:6]).toRotationMatrix()
        return np.concatenate([R.T @ velocity[:3], velocity[3:]])

    def _place_base(self) -> None:
        x, y, z, qx, qy, qz, qw = self.base
        self.data.qpos[:7] = [x, y, z, qw, qx, qy, qz]
        self.data.qvel[:6] = 0.0


def _standing_base(robot: Robot) -> np.ndarray:
    """Base pose (7,) of the rest pose with the soles on the ground."""
    data = robot.model.createData()
    pin.framesForwardKinematics(robot.model, data, robot.rest_configuration())
    height = -lowest_sole_points(robot.model, data, robot)[:, 2].min()
    return np.array([0.0, 0.0, height, 0.0, 0.0, 0.0, 1.0])

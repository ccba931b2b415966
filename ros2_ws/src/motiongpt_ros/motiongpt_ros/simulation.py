"""A simulated humanoid in MuJoCo: servos on the joints; its base is placed, or falls freely."""

import re
from pathlib import Path

import mujoco
import numpy as np
import pinocchio as pin

from motiongpt.errors import RobotError
from motiongpt.retarget import JointState, Robot
from motiongpt.retarget.solve import lowest_sole_points

TIMESTEP = 0.002
DAMPING_RATIO = 1.0
REFLECTED_INERTIA = 0.05
"""Inertia in [kg m^2] that motor and gear add to each joint."""

FRICTION = (1.0, 0.005, 0.0001)
"""Of the floor: sliding, torsional, rolling."""

_PACKAGE = re.compile(r"package://")


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
        self.model = _build(robot, stiffness, free)
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


def _build(robot: Robot, stiffness: float, free: bool) -> mujoco.MjModel:
    """Compile the URDF with a free joint and one position servo a joint."""
    options = (
        '<mujoco><compiler discardvisual="true" fusestatic="false" strippath="false" '
        'balanceinertia="true"/></mujoco>'
    )
    text = Path(robot.urdf_path).read_text(encoding="utf-8")
    head = re.search(r"<robot[^>]*>", text)
    if head is None:
        raise RobotError(f"{robot.urdf_path}: no <robot> element")
    text = _PACKAGE.sub(f"{robot.package_dirs[0]}/", text)
    text = text[: head.end()] + options + text[head.end() :]
    try:
        spec = mujoco.MjSpec.from_string(text)
        spec.option.timestep = TIMESTEP
        spec.option.integrator = mujoco.mjtIntegrator.mjINT_IMPLICITFAST
        if free:
            _add_floor(spec)
        else:
            spec.option.disableflags |= mujoco.mjtDisableBit.mjDSBL_CONTACT
        root = spec.worldbody.first_body()
        if not any(j.type == mujoco.mjtJoint.mjJNT_FREE for j in root.joints):
            root.add_freejoint()
        _add_servos(spec, robot, stiffness)
        model = spec.compile()
    except (ValueError, RuntimeError) as error:
        raise RobotError(f"{robot.urdf_path}: MuJoCo cannot read this URDF ({error})") from error
    joints = tuple(model.joint(i).name for i in range(1, model.njnt))
    if joints != robot.joint_names:
        raise RobotError(f"{robot.urdf_path}: MuJoCo orders the joints differently: {joints}")
    return model


def _add_servos(spec: mujoco.MjSpec, robot: Robot, stiffness: float) -> None:
    damping = 2 * DAMPING_RATIO * float(np.sqrt(stiffness * REFLECTED_INERTIA))
    for gain, bias in (  # of positions, then of velocities
        (stiffness, (0.0, -stiffness, 0.0)),
        (damping, (0.0, 0.0, -damping)),
    ):
        for name in robot.joint_names:
            servo = spec.add_actuator(target=name, trntype=mujoco.mjtTrn.mjTRN_JOINT)
            servo.gainprm[0] = gain
            servo.biastype = mujoco.mjtBias.mjBIAS_AFFINE
            servo.biasprm[:3] = bias
    for name, effort in zip(robot.joint_names, robot.effort_limit, strict=True):
        joint = spec.joint(name)
        joint.armature = REFLECTED_INERTIA
        if np.isfinite(effort):  # both servos of the joint together
            joint.actfrclimited = True
            joint.actfrcrange = [-effort, effort]


def _add_floor(spec: mujoco.MjSpec) -> None:
    """A floor that the robot touches; the robot's links do not touch each other."""
    for geom in spec.geoms:
        geom.contype, geom.conaffinity = 1, 0
    spec.worldbody.add_geom(
        type=mujoco.mjtGeom.mjGEOM_PLANE,
        size=[0.0, 0.0, 1.0],
        contype=0,
        conaffinity=1,
        friction=FRICTION,
    )

"""MuJoCo's model of a robot: URDF with a free base, position servos and, if wanted, a floor."""

import re
from pathlib import Path

import mujoco
import numpy as np

from motiongpt.errors import RobotError
from motiongpt.retarget import Robot

TIMESTEP = 0.002
DAMPING_RATIO = 1.0
REFLECTED_INERTIA = 0.05
"""Inertia in [kg m^2] that motor and gear add to each joint."""

FRICTION = 0.8
"""Of the soles on the floor."""

_PACKAGE = re.compile(r"package://")
_OPTIONS = (
    '<mujoco><compiler discardvisual="true" fusestatic="false" strippath="false" '
    'balanceinertia="true"/></mujoco>'
)


def build_model(robot: Robot, stiffness: float, floor: bool = False) -> mujoco.MjModel:
    """Compile a robot's URDF with a free joint and two servos a joint.

    The first n actuators take positions in [rad], the others velocities in [rad/s]; each pair is
    clamped to the URDF's effort.

    Args:
        robot: the robot.
        stiffness: gain of the position servos in [N m/rad].
        floor: let the robot's collision geometry stand on a floor; otherwise nothing touches.

    Raises:
        RobotError: if MuJoCo cannot read the URDF or has its joints in another order.
    """
    text = Path(robot.urdf_path).read_text(encoding="utf-8")
    head = re.search(r"<robot[^>]*>", text)
    if head is None:
        raise RobotError(f"{robot.urdf_path}: no <robot> element")
    text = _PACKAGE.sub(f"{robot.package_dirs[0]}/", text)
    text = text[: head.end()] + _OPTIONS + text[head.end() :]
    try:
        spec = mujoco.MjSpec.from_string(text)
        spec.option.timestep = TIMESTEP
        spec.option.integrator = mujoco.mjtIntegrator.mjINT_IMPLICITFAST
        root = spec.worldbody.first_body()
        if not any(j.type == mujoco.mjtJoint.mjJNT_FREE for j in root.joints):
            root.add_freejoint()
        _add_servos(spec, robot, stiffness)
        if floor:
            _add_floor(spec)
        else:
            spec.option.disableflags |= mujoco.mjtDisableBit.mjDSBL_CONTACT
        model = spec.compile()
    except (ValueError, RuntimeError) as error:
        raise RobotError(f"{robot.urdf_path}: MuJoCo cannot read this URDF ({error})") from error
    joints = tuple(model.joint(i).name for i in range(1, model.njnt))
    if joints != robot.joint_names:
        raise RobotError(f"{robot.urdf_path}: MuJoCo orders the joints differently: {joints}")
    return model


def _add_servos(spec: mujoco.MjSpec, robot: Robot, stiffness: float) -> None:
    damping = 2 * DAMPING_RATIO * float(np.sqrt(stiffness * REFLECTED_INERTIA))
    for gain, bias in (
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
        if np.isfinite(effort):  # of both servos together
            joint.actfrclimited = mujoco.mjtLimited.mjLIMITED_TRUE
            joint.actfrcrange = [-effort, effort]


def _add_floor(spec: mujoco.MjSpec) -> None:
    """A plane that the robot touches; its links do not touch each other."""
    for shape in spec.geoms:
        shape.contype, shape.conaffinity = 1, 0
    spec.worldbody.add_geom(
        name="floor",
        type=mujoco.mjtGeom.mjGEOM_PLANE,
        size=(0, 0, 0.05),
        contype=0,
        conaffinity=1,
        friction=(FRICTION, 0.005, 0.0001),
    )

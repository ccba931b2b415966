"""A humanoid robot: its Pinocchio model, limits, limbs and soles."""

from dataclasses import dataclass

import numpy as np
import pinocchio as pin

from motiongpt.errors import RobotError
from motiongpt.retarget.body import Body, build_body
from motiongpt.retarget.robot_file import (
    FORWARD_AXES,
    SIDES,
    RobotFile,
    find_robot_file,
    read_robot_file,
)

N_BASE_Q, N_BASE_V = 7, 6
SOLE_THICKNESS = 0.01
"""Collision points this close in [m] to the lowest one belong to the sole."""


@dataclass(frozen=True)
class Robot:
    """A robot that motions are retargeted to.

    Attributes:
        file: the checked robot file.
        model: Pinocchio model with a free-flyer; q is [x y z, qx qy qz qw, joints].
        joint_names: actuated joints in the order of q, n of them.
        lower: lowest joint positions kept, shape (n,), in [rad], margin included.
        upper: highest joint positions kept, shape (n,), in [rad], margin included.
        velocity_limit: shape (n,), in [rad/s].
        acceleration_limit: shape (n,), in [rad/s^2].
        effort_limit: shape (n,), in [N m]; infinite where the URDF has none.
        rest_pose: upright standing, shape (n,), in [rad].
        frames: Pinocchio frame id by "pelvis", "torso" or "<side>_<limb>".
        soles: for left and right, corners in the ankle link's frame, shape (k, 3), in [m].
        body: limbs and feet as the solver sees them.
    """

    file: RobotFile
    model: pin.Model
    joint_names: tuple[str, ...]
    lower: np.ndarray
    upper: np.ndarray
    velocity_limit: np.ndarray
    acceleration_limit: np.ndarray
    effort_limit: np.ndarray
    rest_pose: np.ndarray
    frames: dict[str, int]
    soles: tuple[np.ndarray, np.ndarray]
    body: Body

    @property
    def name(self) -> str:
        """The robot's name."""
        return self.file.name

    @property
    def urdf_path(self) -> str:
        """Path of the URDF."""
        return str(self.file.urdf)

    @property
    def package_dirs(self) -> tuple[str, ...]:
        """Folders that `package://` names are looked up in."""
        return tuple(str(folder) for folder in self.file.package_dirs)

    @property
    def n_joints(self) -> int:
        """Number of actuated joints n."""
        return len(self.joint_names)

    @property
    def forward_angle(self) -> float:
        """Angle in [rad] about z from the base's x axis to the axis the robot faces along."""
        return FORWARD_AXES[self.file.forward]

    def rest_configuration(self) -> np.ndarray:
        """Configuration (nq,) of the rest pose with the base at the origin."""
        return np.concatenate([[0, 0, 0, 0, 0, 0, 1], self.rest_pose])


def load_robot(name_or_path: str = "unitree_g1") -> Robot:
    """Load a robot by the name of a shipped one or by the path of its YAML file.

    Raises:
        RobotError: if file or URDF is unreadable, or one contradicts the other.
    """
    file = read_robot_file(find_robot_file(str(name_or_path)))
    try:
        model, collision = _build(file)
    except (ValueError, RuntimeError) as error:
        raise RobotError(f"{file.urdf}: Pinocchio cannot read this URDF ({error})") from error
    names = tuple(model.names)[2:]
    if model.nq != N_BASE_Q + len(names) or model.nv != N_BASE_V + len(names):
        raise RobotError(f"{file.urdf}: joints with more than one value are not supported")
    lower = model.lowerPositionLimit[N_BASE_Q:] + file.margin
    upper = model.upperPositionLimit[N_BASE_Q:] - file.margin
    for name, low, high in zip(names, lower, upper, strict=True):
        if not (np.isfinite(low) and np.isfinite(high) and low < high):
            raise RobotError(f"{file.urdf}: joint '{name}' has no usable limits: {low} to {high}")
    frames = _find_frames(file, model)
    rest = _rest_pose(file, names, lower, upper)
    soles = (
        _find_sole(file, model, collision, frames, SIDES[0]),
        _find_sole(file, model, collision, frames, SIDES[1]),
    )
    forward = FORWARD_AXES[file.forward]
    effort = model.effortLimit[N_BASE_V:]
    return Robot(
        file=file,
        model=model,
        joint_names=names,
        lower=lower,
        upper=upper,
        velocity_limit=np.minimum(model.velocityLimit[N_BASE_V:], file.velocity),
        acceleration_limit=np.full(len(names), file.acceleration),
        effort_limit=np.where(effort > 0, effort, np.inf),
        rest_pose=rest,
        frames=frames,
        soles=soles,
        body=build_body(
            model, collision, file.capsules, frames, soles, rest, forward, (lower, upper)
        ),
    )


def _build(file: RobotFile) -> tuple[pin.Model, pin.GeometryModel]:
    packages = [str(folder) for folder in file.package_dirs]
    model = pin.buildModelFromUrdf(str(file.urdf), pin.JointModelFreeFlyer())
    return model, pin.buildGeomFromUrdf(
        model, str(file.urdf), pin.GeometryType.COLLISION, package_dirs=packages
    )


def _find_frames(file: RobotFile, model: pin.Model) -> dict[str, int]:
    bodies = [frame.name for frame in model.frames if frame.type == pin.FrameType.BODY]
    for role, link in file.links.items():
        if link not in bodies:
            raise RobotError(
                f"link '{link}' for '{role}' is not in robot '{file.name}'; "
                f"links: {', '.join(bodies)}"
            )
    return {role: model.getFrameId(link) for role, link in file.links.items()}


def _rest_pose(
    file: RobotFile, names: tuple[str, ...], lower: np.ndarray, upper: np.ndarray
) -> np.ndarray:
    unknown = set(file.rest_pose) - set(names)
    if unknown:
        raise RobotError(
            f"rest_pose names {sorted(unknown)}, not in robot '{file.name}'; "
            f"joints: {', '.join(names)}"
        )
    pose = np.array([file.rest_pose.get(name, 0.0) for name in names])
    return np.clip(pose, lower, upper)


def _find_sole(
    file: RobotFile,
    model: pin.Model,
    collision: pin.GeometryModel,
    frames: dict[str, int],
    side: str,
) -> np.ndarray:
    """Lowest collision points of the ankle link in the rest pose, in the link's frame."""
    frame = model.frames[frames[f"{side}_ankle"]]
    points = [
        _lowest_points(item)
        for item in collision.geometryObjects
        if item.parentJoint == frame.parentJoint
    ]
    if not points:
        raise RobotError(
            f"link '{frame.name}' of robot '{file.name}' has no collision geometry for a sole"
        )
    inside = frame.placement.inverse()
    corners = np.array([inside.act(point) for part in points for point in part])
    return corners[corners[:, 2] < corners[:, 2].min() + SOLE_THICKNESS]


def _lowest_points(item: pin.GeometryObject) -> list[np.ndarray]:
    """Points of a collision shape that can touch the ground, in the parent joint's frame."""
    radius = getattr(item.geometry, "radius", None)
    if radius is not None and not hasattr(item.geometry, "halfLength"):
        return [item.placement.translation - [0, 0, radius]]
    item.geometry.computeLocalAABB()
    box = item.geometry.aabb_local
    corners = np.array(np.meshgrid(*zip(box.min_, box.max_, strict=True))).reshape(3, -1).T
    return [item.placement.act(corner) for corner in corners]

"""A humanoid robot: its Pinocchio model, limits, limbs and soles."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pinocchio as pin

from motiongpt.errors import RobotError
from motiongpt.retarget.body import Body, build_body
from motiongpt.retarget.description import (
    Description,
    fetch_description,
    folders_around,
    mesh_folders,
    read_description,
    read_description_text,
)
from motiongpt.retarget.propose import propose_robot_file
from motiongpt.retarget.robot_file import (
    FORWARD_AXES,
    RobotFile,
    find_robot_file,
    read_robot_file,
)

_LOGGER = logging.getLogger(__name__)

N_BASE_Q, N_BASE_V = 7, 6
DESCRIPTION_TOPIC = "/robot_description"
DESCRIPTION_SUFFIXES = (".urdf", ".xml", ".mjcf")
SOLE_THICKNESS = 0.01
"""Collision points this close in [m] to the lowest one belong to the sole."""


@dataclass(frozen=True)
class Robot:
    """A robot that motions are retargeted to.

    Attributes:
        file: the checked robot file.
        collision: Pinocchio's collision geometry of the model.
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
    collision: pin.GeometryModel
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


def load_robot(source: str = "unitree_g1", description: str | None = None) -> Robot:
    """Load a robot.

    Args:
        source: a shipped robot by name, the path of a robot file (.yaml), of a URDF or of an MJCF
            file, or a name of the package `robot_descriptions`. Without a robot file the links'
            roles are proposed; see `propose`.
        description: text of a URDF that takes the place of the robot file's, such as that of the
            topic `/robot_description`; with the source `/robot_description` it is all there is.

    Raises:
        RobotError: if something is unreadable, or one part contradicts the other.
    """
    if source == DESCRIPTION_TOPIC:
        if description is None:
            raise RobotError(f"robot is '{source}', and no text was received there")
        return _proposed(read_description_text(description, mesh_folders(), source))
    if Path(source).suffix in DESCRIPTION_SUFFIXES:
        path = Path(source).expanduser()
        return _proposed(read_description(path, folders_around(path)))
    if source.endswith("_description") and "/" not in source:
        path = fetch_description(source)
        return _proposed(read_description(path, folders_around(path)))
    file = read_robot_file(find_robot_file(source))
    own = read_description(file.urdf, file.package_dirs)
    if description is None:
        return build_robot(file, own)
    folders = (*file.package_dirs, *mesh_folders())
    told = read_description_text(description, folders, DESCRIPTION_TOPIC)
    check_same_joints(own.model.names[2:], told.model.names[2:], file.name)
    return build_robot(file, told)


def _proposed(description: Description) -> Robot:
    proposal = propose_robot_file(description)
    for note in proposal.notes:
        _LOGGER.warning("robot '%s': %s", proposal.file.name, note)
    return build_robot(proposal.file, description)


def check_same_joints(own: Sequence[str], told: Sequence[str], robot: str) -> None:
    """Refuse a description that is of another robot.

    Raises:
        RobotError: naming the joints that only one of them has.
    """
    missing, more = sorted(set(own) - set(told)), sorted(set(told) - set(own))
    if missing or more:
        raise RobotError(
            f"{DESCRIPTION_TOPIC} is not of robot '{robot}': it lacks joints {missing or 'none'} "
            f"and has {more or 'none'} besides; set the parameter robot to the robot that runs"
        )


def build_robot(file: RobotFile, description: Description) -> Robot:
    """Put a robot file and a description together.

    Raises:
        RobotError: if one contradicts the other.
    """
    model, collision = description.model, description.collision
    names = tuple(model.names)[2:]
    lower = model.lowerPositionLimit[N_BASE_Q:] + file.margin
    upper = model.upperPositionLimit[N_BASE_Q:] - file.margin
    for name, low, high in zip(names, lower, upper, strict=True):
        if low >= high:
            raise RobotError(
                f"{description.source}: joint '{name}' has no range left inside the margin of "
                f"{file.margin} rad"
            )
    speed = model.velocityLimit[N_BASE_V:]
    frames = _find_frames(file, model)
    rest = _rest_pose(file, names, lower, upper)
    soles = (
        _find_sole(file, model, collision, rest, frames["left_ankle"], "left"),
        _find_sole(file, model, collision, rest, frames["right_ankle"], "right"),
    )
    forward = FORWARD_AXES[file.forward]
    effort = model.effortLimit[N_BASE_V:]
    return Robot(
        file=file,
        model=model,
        collision=collision,
        joint_names=names,
        lower=lower,
        upper=upper,
        velocity_limit=np.minimum(np.where(speed > 0, speed, np.inf), file.velocity),
        acceleration_limit=np.full(len(names), file.acceleration),
        effort_limit=np.where(effort > 0, effort, np.inf),
        rest_pose=rest,
        frames=frames,
        soles=soles,
        body=build_body(
            model, collision, file.capsules, frames, soles, rest, forward, (lower, upper)
        ),
    )


def _find_frames(file: RobotFile, model: pin.Model) -> dict[str, int]:
    bodies = [frame.name for frame in model.frames if frame.type == pin.FrameType.BODY]
    for role, link in file.links.items():
        if link not in bodies:
            raise RobotError(
                f"link '{link}' for '{role}' is not in robot '{file.name}'; "
                f"links: {', '.join(bodies)}"
            )
    for link in file.capsules:
        if link not in bodies:
            raise RobotError(
                f"link '{link}' of 'capsules' is not in robot '{file.name}'; "
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
    rest: np.ndarray,
    ankle: int,
    side: str,
) -> np.ndarray:
    """Corners (k, 3) in [m] in the ankle link's frame: the file's, or the lowest at rest."""
    if file.soles:
        return np.array(file.soles[side])
    frame = model.frames[ankle]
    points = [
        _lowest_points(item)
        for item in collision.geometryObjects
        if item.parentJoint == frame.parentJoint
    ]
    if not points:
        raise RobotError(
            f"link '{frame.name}' of robot '{file.name}' has no collision geometry for a sole; "
            "give the corners with 'soles'"
        )
    data = model.createData()
    base = pin.neutral(model)[:N_BASE_Q]
    pin.framesForwardKinematics(model, data, np.concatenate([base, rest]))
    up = data.oMf[ankle].rotation[2]  # the world's z in the link's frame
    inside = frame.placement.inverse()
    corners = np.array([inside.act(point) for part in points for point in part])
    heights = corners @ up
    return corners[heights < heights.min() + SOLE_THICKNESS]


def _lowest_points(item: pin.GeometryObject) -> list[np.ndarray]:
    """Points of a collision shape that can touch the ground, in the parent joint's frame."""
    radius = getattr(item.geometry, "radius", None)
    if radius is not None and not hasattr(item.geometry, "halfLength"):
        return [item.placement.translation - [0, 0, radius]]
    item.geometry.computeLocalAABB()
    box = item.geometry.aabb_local
    corners = np.array(np.meshgrid(*zip(box.min_, box.max_, strict=True))).reshape(3, -1).T
    return [item.placement.act(corner) for corner in corners]

"""A robot's description as Pinocchio reads it: URDF or MJCF, from a file or as text.

The text of a `/robot_description` comes over a network, so every description is looked at before
a parser for robots sees it: its size, its root element, and that it declares no entities.
"""

import importlib
import importlib.util
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree
from xml.parsers import expat

import numpy as np
import pinocchio as pin

from motiongpt.errors import RobotError

MAX_CHARACTERS = 20_000_000
"""Longest description that is read."""

FREE_FLYER = "JointModelFreeFlyer"


@dataclass(frozen=True)
class Description:
    """A robot's tree, limits and shapes.

    Attributes:
        source: where it is from, for messages.
        path: file that can be drawn; None for text.
        package_dirs: folders that `package://` names are looked up in.
        model: Pinocchio model with a free-flyer.
        collision: its collision geometry.
    """

    source: str
    path: Path | None
    package_dirs: tuple[Path, ...]
    model: pin.Model
    collision: pin.GeometryModel


def read_description(path: Path, package_dirs: Sequence[Path]) -> Description:
    """Read a URDF or an MJCF file.

    Raises:
        RobotError: if there is no such file, or it is not a robot that Pinocchio reads.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RobotError(f"{path}: unreadable robot description ({error})") from error
    root = _parse(text, str(path))
    if root.tag == "mujoco":
        return _read_mjcf(path, root, tuple(package_dirs))
    return _read_urdf(text, root, str(path), path, tuple(package_dirs))


def read_description_text(text: str, package_dirs: Sequence[Path], source: str) -> Description:
    """Read the text of a URDF, such as that of the topic `/robot_description`.

    Args:
        text: the URDF.
        package_dirs: folders that `package://` names are looked up in.
        source: what to call it in messages.

    Raises:
        RobotError: if it is too long, declares entities, is no URDF, or a mesh is not there.
    """
    root = _parse(text, source)
    if root.tag != "robot":
        raise RobotError(f"{source}: root element is <{root.tag}>; allowed: <robot>, a URDF")
    return _read_urdf(text, root, source, None, tuple(package_dirs))


def joint_names_in(text: str, source: str) -> tuple[str, ...]:
    """Names of a URDF's joints that move by themselves; needs no meshes.

    Raises:
        RobotError: if the text is no URDF.
    """
    joints = _parse(text, source).findall("joint")
    return tuple(
        str(joint.get("name"))
        for joint in joints
        if joint.get("type") not in (None, "fixed", "floating") and joint.find("mimic") is None
    )


def fetch_description(name: str) -> Path:
    """Path of the URDF or MJCF that the package `robot_descriptions` has under a name.

    The package downloads it at first use.

    Raises:
        RobotError: if the package is not installed, knows no such name, or cannot download it.
    """
    if importlib.util.find_spec("robot_descriptions") is None:
        raise RobotError(
            f"robot '{name}' may be one of the Python package 'robot_descriptions', which is not "
            "installed; pip install robot_descriptions"
        )
    if not re.fullmatch(r"\w+_description", name):
        raise RobotError(f"'{name}' is no name of robot_descriptions; allowed: ..._description")
    try:
        module = importlib.import_module(f"robot_descriptions.{name}")
    except ModuleNotFoundError as error:
        raise RobotError(
            f"robot_descriptions has no '{name}' ({error}); its names: "
            "python -m robot_descriptions list"
        ) from error
    except Exception as error:  # git and network fail in many ways
        raise RobotError(f"robot_descriptions cannot download '{name}' ({error})") from error
    path = getattr(module, "URDF_PATH", None) or getattr(module, "MJCF_PATH", None)
    if path is None:
        made = "; it has xacro: run xacro on it first" if hasattr(module, "XACRO_PATH") else ""
        raise RobotError(f"robot_descriptions has neither URDF nor MJCF of '{name}'{made}")
    return Path(path)


def folders_around(path: Path) -> tuple[Path, ...]:
    """Folders in which a description's `package://` names may lie: its own and those above."""
    return (path.parent, *path.resolve().parents[1:5])


def mesh_folders() -> tuple[Path, ...]:
    """Folders of ROS packages, in which the meshes of a `/robot_description` lie."""
    prefixes = os.environ.get("AMENT_PREFIX_PATH", "").split(os.pathsep)
    return tuple(Path(prefix) / "share" for prefix in prefixes if prefix)


def _parse(text: str, source: str) -> ElementTree.Element:
    """The root element of a harmless XML document that describes a robot."""
    if len(text) > MAX_CHARACTERS:
        raise RobotError(
            f"{source}: {len(text)} characters; allowed: a robot description of at most "
            f"{MAX_CHARACTERS}"
        )

    def refuse(*_: object) -> None:
        raise RobotError(f"{source}: declares a document type; allowed: XML without <!DOCTYPE>")

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(text, True)
        root = ElementTree.fromstring(text)
    except (expat.ExpatError, ElementTree.ParseError, ValueError) as error:
        raise RobotError(f"{source}: not XML ({error}); allowed: URDF or MJCF") from error
    if root.tag not in ("robot", "mujoco"):
        raise RobotError(
            f"{source}: root element is <{root.tag}>; allowed: <robot> (URDF), <mujoco> (MJCF)"
        )
    if any("xacro" in str(element.tag) for element in root.iter()):
        raise RobotError(f"{source}: has xacro macros; run xacro on it first")
    return root


def _read_urdf(
    text: str, root: ElementTree.Element, source: str, path: Path | None, folders: tuple[Path, ...]
) -> Description:
    for mesh in root.iterfind(".//collision/geometry/mesh"):
        _check_mesh(str(mesh.get("filename", "")), source, folders)
    packages = [str(folder) for folder in folders]
    kind = pin.GeometryType.COLLISION
    try:
        if path is None:
            model = pin.buildModelFromXML(text, pin.JointModelFreeFlyer())
            geometry = pin.buildGeomFromUrdfString(model, text, kind, package_dirs=packages)
        else:
            model = pin.buildModelFromUrdf(str(path), pin.JointModelFreeFlyer())
            geometry = pin.buildGeomFromUrdf(model, str(path), kind, package_dirs=packages)
    except (ValueError, RuntimeError) as error:
        raise RobotError(
            f"{source}: Pinocchio cannot read this URDF ({error}); every joint that turns needs a "
            "<limit> with lower, upper, effort and velocity"
        ) from error
    return _checked(Description(source, path, folders, model, geometry))


def _check_mesh(name: str, source: str, folders: tuple[Path, ...]) -> None:
    inside = name.removeprefix("file://")
    places = [Path(inside)]
    if name.startswith("package://") or not places[0].is_absolute():
        places = [folder / name.removeprefix("package://").lstrip("/") for folder in folders]
    if not any(place.is_file() for place in places):
        looked = ", ".join(str(folder) for folder in folders) or "no folder"
        raise RobotError(f"{source}: collision mesh '{name}' is not there; looked in: {looked}")


def _read_mjcf(path: Path, root: ElementTree.Element, folders: tuple[Path, ...]) -> Description:
    worlds = len(root.findall("worldbody"))
    for include in root.iterfind("include"):
        inside = path.parent / str(include.get("file", ""))
        if not inside.is_file():
            raise RobotError(f"{path}: includes {inside}, which is not there")
        worlds += len(_parse(inside.read_text(encoding="utf-8"), str(inside)).findall("worldbody"))
    if worlds != 1:
        raise RobotError(
            f"{path}: {worlds} <worldbody> sections, and Pinocchio would build the robot once for "
            "each; allowed: 1"
        )
    try:
        model = pin.buildModelFromMJCF(str(path))
        geometry = pin.buildGeomFromMJCF(model, str(path), pin.GeometryType.COLLISION)
    except (ValueError, RuntimeError) as error:
        raise RobotError(f"{path}: Pinocchio cannot read this MJCF ({error})") from error
    if model.njoints < 2 or model.joints[1].shortname() != FREE_FLYER:
        raise RobotError(f"{path}: the robot's first body is fixed; add a <freejoint/> to it")
    return _checked(Description(str(path), path, folders, model, geometry))


def _checked(description: Description) -> Description:
    """Refuse joints that are not hinges with limits."""
    model = description.model
    for joint in range(2, model.njoints):
        name, kind = model.names[joint], model.joints[joint]
        if kind.nq != 1 or kind.nv != 1:
            raise RobotError(
                f"{description.source}: joint '{name}' turns without end or about several axes "
                f"({kind.shortname()}); allowed: revolute joints with limits, and fixed ones"
            )
        low, high = (
            float(limit[kind.idx_q])
            for limit in (model.lowerPositionLimit, model.upperPositionLimit)
        )
        if not (np.isfinite(low) and np.isfinite(high) and low < high):
            raise RobotError(
                f"{description.source}: joint '{name}' has no usable limits: {low} to {high}; "
                "needed: a lower one below an upper one, in rad"
            )
    return description

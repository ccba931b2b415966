"""The YAML file that describes a robot: what it says and where it is found."""

import sys
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

import yaml

from motiongpt.errors import RobotError

SIDES = ("left", "right")
LIMB_LINKS = ("hip", "knee", "ankle", "shoulder", "elbow", "wrist")
FORWARD_AXES = {"+x": 0.0, "+y": 1.5707963267948966, "-x": 3.141592653589793, "-y": -1.5707963}
"""Angle in [rad] about z from the robot's x axis to the axis it faces along."""


@dataclass(frozen=True)
class RobotFile:
    """A checked robot file.

    Attributes:
        name: robot name.
        urdf: path of the URDF.
        package_dirs: folders that `package://` names in the URDF are looked up in.
        forward: one of `FORWARD_AXES`.
        rest_pose: joint values in [rad]; joints that are not named are 0.
        links: "pelvis", "torso", and "<side>_<limb>" to link name.
        velocity: largest joint speed in [rad/s].
        acceleration: largest joint acceleration in [rad/s^2].
        margin: distance kept from position limits in [rad].
        capsules: by link, start, end and radius in the link's frame, 7 numbers in [m] each;
            links that are not named have theirs fitted to the collision geometry.
        soles: for left and right, corners in the ankle link's frame, 3 numbers in [m] each;
            none takes the lowest points of the ankle link's collision geometry.
    """

    name: str
    urdf: Path
    package_dirs: tuple[Path, ...]
    forward: str
    rest_pose: dict[str, float]
    links: dict[str, str]
    velocity: float
    acceleration: float
    margin: float
    capsules: dict[str, list[list[float]]]
    soles: dict[str, list[list[float]]]


def find_robot_file(name_or_path: str) -> Path:
    """Find a robot file by path or by the name of a shipped robot.

    Raises:
        RobotError: if there is none; the message lists the shipped ones.
    """
    path = Path(name_or_path).expanduser()
    if path.suffix in {".yaml", ".yml"}:
        if path.is_file():
            return path
        raise RobotError(f"no robot file at {path}")
    for folder in _folders():
        if (folder / f"{name_or_path}.yaml").is_file():
            return folder / f"{name_or_path}.yaml"
    raise RobotError(
        f"no robot '{name_or_path}'; robots: {', '.join(shipped_robots())}, or a path to a .yaml, "
        ".urdf or .xml (MJCF), a name of the package robot_descriptions, or /robot_description"
    )


def shipped_robots() -> tuple[str, ...]:
    """Names of the shipped robots."""
    return tuple(sorted({file.stem for folder in _folders() for file in folder.glob("*.yaml")}))


def _folders() -> list[Path]:
    package = Path(__file__).resolve().parents[1]
    return [
        package.parent / "robots",
        *(p / "share" / "motiongpt_ros" / "robots" for p in (*package.parents, Path(sys.prefix))),
    ]


def read_robot_file(path: Path) -> RobotFile:
    """Read and check a robot file.

    Raises:
        RobotError: if it is unreadable, lacks a key, or has one that means nothing.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise RobotError(f"{path}: unreadable robot file ({error})") from error
    if not isinstance(content, dict):
        raise RobotError(f"{path}: a robot file is a mapping with 'robot', 'urdf' and 'links'")
    allowed = {"robot", "urdf", "forward", "rest_pose", "links", "limits", "capsules", "soles"}
    unknown, missing = set(content) - allowed, {"robot", "urdf", "links"} - set(content)
    if unknown or missing:
        raise RobotError(
            f"{path}: missing keys {sorted(missing)}, unknown keys {sorted(unknown)}; "
            f"allowed: {sorted(allowed)}"
        )
    forward = str(content.get("forward", "+x"))
    if forward not in FORWARD_AXES:
        raise RobotError(f"{path}: forward is '{forward}'; allowed: {', '.join(FORWARD_AXES)}")
    limits = _numbers(path, "limits", content.get("limits", {}))
    wrong = set(limits) - {"velocity", "acceleration", "margin"}
    if wrong or not all(value > 0 for value in limits.values()):
        raise RobotError(
            f"{path}: limits are {limits}; allowed: velocity, acceleration, margin, above 0"
        )
    urdf, package_dirs = _find_urdf(path, str(content["urdf"]))
    return RobotFile(
        name=str(content["robot"]),
        urdf=urdf,
        package_dirs=package_dirs,
        forward=forward,
        rest_pose=_numbers(path, "rest_pose", content.get("rest_pose", {})),
        links=_links(path, content["links"]),
        velocity=limits.get("velocity", 6.0),
        acceleration=limits.get("acceleration", 30.0),
        margin=limits.get("margin", 0.02),
        capsules=_capsules(path, content.get("capsules", "auto")),
        soles=_soles(path, content.get("soles", "auto")),
    )


def _numbers(path: Path, key: str, value: Any) -> dict[str, float]:
    try:
        return {str(name): float(number) for name, number in (value or {}).items()}
    except (AttributeError, TypeError, ValueError) as error:
        raise RobotError(f"{path}: '{key}' is a mapping of names to numbers ({error})") from error


def _capsules(path: Path, value: Any) -> dict[str, list[list[float]]]:
    if value == "auto":
        return {}
    try:
        named = {str(k): [[float(x) for x in row] for row in rows] for k, rows in value.items()}
    except (AttributeError, TypeError, ValueError) as error:
        raise RobotError(
            f"{path}: 'capsules' is 'auto' or a mapping of links ({error})"
        ) from error
    for link, rows in named.items():
        if any(len(row) != 7 or row[6] <= 0 for row in rows):
            raise RobotError(
                f"{path}: a capsule of link '{link}' is not 7 numbers (start, end, radius above 0)"
            )
    return named


def _soles(path: Path, value: Any) -> dict[str, list[list[float]]]:
    if value == "auto":
        return {}
    allowed = "'auto', or for left and right each 3 or more corners of 3 numbers"
    try:
        soles = {str(k): [[float(x) for x in row] for row in rows] for k, rows in value.items()}
    except (AttributeError, TypeError, ValueError) as error:
        raise RobotError(f"{path}: 'soles' is {value} ({error}); allowed: {allowed}") from error
    shaped = all(len(c) == 3 for corners in soles.values() for c in corners)
    if set(soles) != set(SIDES) or not shaped or min(map(len, soles.values())) < 3:
        raise RobotError(f"{path}: 'soles' is {value}; allowed: {allowed}")
    return soles


def _links(path: Path, value: Any) -> dict[str, str]:
    try:
        links = {name: str(value[name]) for name in ("pelvis", "torso")}
        for side in SIDES:
            links |= {f"{side}_{limb}": str(value[side][limb]) for limb in LIMB_LINKS}
    except (KeyError, TypeError) as error:
        raise RobotError(
            f"{path}: 'links' lacks {error}; needed: pelvis, torso, and for left and right "
            f"each {', '.join(LIMB_LINKS)}"
        ) from error
    return links


def _find_urdf(path: Path, urdf: str) -> tuple[Path, tuple[Path, ...]]:
    if urdf.startswith("pkg://"):
        package, _, inside = urdf.removeprefix("pkg://").partition("/")
        try:
            share = Path(str(distribution(package).locate_file("cmeel.prefix/share")))
        except PackageNotFoundError as error:
            raise RobotError(
                f"{path}: the Python package '{package}' is not installed; pip install {package}"
            ) from error
        found = share / package / inside
        package_dirs: tuple[Path, ...] = (share,)
    else:
        found = (path.parent / Path(urdf).expanduser()).resolve()
        package_dirs = (found.parent, *found.parents[:3])
    if not found.is_file():
        raise RobotError(f"{path}: no URDF at {found}")
    return found, package_dirs

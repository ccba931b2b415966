"""The YAML file of a joint map: what it says, where it is found, how it is recognised.

name: lafan1
units: cm                 # mm, cm, m, inch, metres a unit as a number, or auto
up: +y                    # axis of the source that points up
forward: +z               # axis that HumanML3D's z is; left follows
prefixes: [mixamorig_]    # taken off the names, besides everything up to a last ':'
joints:
  pelvis: Hips                          # a joint,
  left_foot: LeftFoot/end               # its first End Site,
  left_knee: [LKNE, LKNM]               # the middle of several,
  spine3: {Spine: 0.25, Chest: 0.75}    # or a weighted mean: weights sum to 1
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from motiongpt.errors import MotionError
from motiongpt.motion.skeleton import JOINT_NAMES
from motiongpt.motion.sources.joint_map import UNITS, JointMap, some_names

_AXES = tuple(sign + axis for axis in "xyz" for sign in "+-")
_FOLDER = Path(__file__).parent / "maps"


def shipped_maps() -> dict[str, Path]:
    """Paths of the maps that come with the package, by name."""
    return {path.stem: path for path in sorted(_FOLDER.glob("*.yaml"))}


def find_map_file(name_or_path: str) -> Path:
    """Find a map by path or by the name of a shipped one.

    Raises:
        MotionError: if there is none; the message lists the shipped ones.
    """
    shipped = shipped_maps()
    path = shipped.get(name_or_path, Path(name_or_path).expanduser())
    if path.suffix not in {".yaml", ".yml"} or not path.is_file():
        raise MotionError(
            f"no map '{name_or_path}'; maps: {', '.join(shipped)}, or a path to a .yaml"
        )
    return path


def find_map(name_or_path: str | None, names: Iterable[str]) -> JointMap:
    """Take the map that is asked for, or the only one all of whose joints are there.

    Args:
        name_or_path: name of a shipped map, path of a .yaml, or None to recognise it.
        names: names of the source's points.

    Raises:
        MotionError: if there is no such map, its joints are missing, or not exactly one fits.
    """
    names = list(names)
    if name_or_path is not None:
        joint_map = read_map(find_map_file(name_or_path))
        if missing := joint_map.missing(names):
            raise MotionError(
                f"map '{joint_map.name}' does not fit: {some_names(missing)} missing"
            )
        return joint_map
    maps = [read_map(path) for path in shipped_maps().values()]
    fits = [m for m in maps if not m.missing(names)]
    if len(fits) == 1:
        return fits[0]
    if fits:
        raise MotionError(f"maps {', '.join(m.name for m in fits)} all fit; choose with --map")
    maps.sort(key=lambda m: len(m.missing(names)))
    lacking = "; ".join(f"{m.name} (missing: {some_names(m.missing(names))})" for m in maps)
    raise MotionError(f"no map fits, choose or write one with --map; maps: {lacking}")


def read_map(path: Path) -> JointMap:
    """Read and check a map.

    Raises:
        MotionError: if it is unreadable, lacks a joint, or has a key or value that means nothing.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise MotionError(f"{path}: unreadable map ({str(error)[:200]})") from error
    allowed = {"name", "units", "up", "forward", "prefixes", "joints"}
    if not isinstance(content, dict) or set(content) - allowed or not content.get("joints"):
        raise MotionError(f"{path}: a map is a mapping with 'joints'; keys: {sorted(allowed)}")
    joints = content["joints"]
    if not isinstance(joints, dict) or set(joints) != set(JOINT_NAMES):
        wrong = set(joints) ^ set(JOINT_NAMES) if isinstance(joints, dict) else JOINT_NAMES
        raise MotionError(
            f"{path}: missing or unknown joints {some_names(sorted(map(str, wrong)))}; needed: "
            f"{', '.join(JOINT_NAMES)}"
        )
    prefixes = content.get("prefixes", [])
    if not isinstance(prefixes, list) or not all(isinstance(p, str) and p for p in prefixes):
        raise MotionError(f"{path}: 'prefixes' is {str(prefixes)[:60]!r}; allowed: list of names")
    return JointMap(
        name=str(content.get("name", path.stem)),
        scale=_scale(path, content.get("units", "auto")),
        axes=_axes(path, content.get("up", "+y"), content.get("forward", "+z")),
        joints={joint: _weights(path, joint, value) for joint, value in joints.items()},
        prefixes=tuple(prefixes),
    )


def _scale(path: Path, units: Any) -> float | None:
    if units == "auto":
        return None
    if isinstance(units, str) and units in UNITS:
        return UNITS[units]
    if isinstance(units, int | float) and not isinstance(units, bool) and 1e-6 < units < 1e6:
        return float(units)
    raise MotionError(
        f"{path}: 'units: {str(units)[:30]}'; allowed: auto, {', '.join(UNITS)}, metres a unit"
    )


def _axes(path: Path, up: Any, forward: Any) -> np.ndarray:
    rows = []
    for key, value in (("up", up), ("forward", forward)):
        if value not in _AXES:
            raise MotionError(f"{path}: '{key}: {str(value)[:30]}'; allowed: {', '.join(_AXES)}")
        rows.append(np.eye(3)["xyz".index(value[1])] * (1 if value[0] == "+" else -1))
    left = np.cross(*rows)
    if not left.any():
        raise MotionError(f"{path}: 'up: {up}' and 'forward: {forward}' lie on one axis")
    return np.array([left, *rows])


def _weights(path: Path, joint: str, value: Any) -> dict[str, float]:
    if isinstance(value, str) and value:
        return {value: 1.0}
    if isinstance(value, list) and value and all(isinstance(v, str) and v for v in value):
        return {point: value.count(point) / len(value) for point in value}
    if isinstance(value, dict) and all(
        isinstance(v, int | float) and np.isfinite(v) for v in value.values()
    ):
        if abs(sum(value.values()) - 1) < 1e-6:
            return {str(point): float(weight) for point, weight in value.items()}
    raise MotionError(
        f"{path}: '{joint}: {str(value)[:60]}'; allowed: a name, a list of names, or a mapping of "
        f"names to weights that sum to 1"
    )

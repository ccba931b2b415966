"""From a source's joints or markers to the 22 joints of HumanML3D."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from motiongpt.errors import MotionError
from motiongpt.motion.skeleton import JOINT_INDEX, JOINT_NAMES

UNITS = {"m": 1.0, "cm": 0.01, "mm": 0.001, "inch": 0.0254}
"""Metres a unit."""

LEG_RANGE = {"m": (0.5, 1.15), "inch": (20.0, 45.0), "cm": (50.0, 115.0), "mm": (500.0, 1150.0)}
"""Length of a leg, hip to knee to ankle, by which `units: auto` knows the unit."""


def some_names(names: list[str], most: int = 4) -> str:
    """A few names, and how many more there are."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


@dataclass(frozen=True)
class JointMap:
    """Where HumanML3D's joints are in a source.

    Attributes:
        name: name of the map.
        scale: metres a unit; None to find it (see `find_scale`).
        axes: rows are left, up and forward in the source's axes, shape (3, 3); a rotation.
        joints: for each of the 22 joints, weights of the source's points.
        prefixes: taken off the source's names.
    """

    name: str
    scale: float | None
    axes: np.ndarray
    joints: dict[str, dict[str, float]]
    prefixes: tuple[str, ...] = ()

    def missing(self, names: Iterable[str]) -> list[str]:
        """Points of this map that are not among a source's names."""
        known = self._index(names)
        needed = dict.fromkeys(point for weights in self.joints.values() for point in weights)
        return [point for point in needed if point not in known]

    def apply(self, points: np.ndarray, names: tuple[str, ...]) -> np.ndarray:
        """Place the 22 joints.

        Args:
            points: shape (T, J, 3), in the source's unit and axes.
            names: J names.

        Returns:
            Positions (T, 22, 3) in [m], x left, y up, z forward.

        Raises:
            MotionError: if points are missing or the unit cannot be told.
        """
        missing = self.missing(names)
        if missing:
            raise MotionError(f"joints {some_names(missing)} of map '{self.name}' are missing")
        known = self._index(names)
        weights = np.zeros((len(JOINT_NAMES), len(names)))
        for joint, parts in self.joints.items():
            for point, weight in parts.items():
                weights[JOINT_INDEX[joint], known[point]] = weight
        positions = np.einsum("kj,tjc,ac->tka", weights, points, self.axes, optimize=True)
        return positions * (self.scale or find_scale(positions))

    def _index(self, names: Iterable[str]) -> dict[str, int]:
        return {self._bare(name): i for i, name in reversed(list(enumerate(names)))}

    def _bare(self, name: str) -> str:
        name = name.rpartition(":")[2]
        for prefix in self.prefixes:
            if name.startswith(prefix):
                return name[len(prefix) :]
        return name


def leg_length(positions: np.ndarray) -> float:
    """Length hip to knee to ankle of positions (T, 22, 3): median over frames and sides."""
    chains = [
        [JOINT_INDEX[f"{s}_{j}"] for j in ("hip", "knee", "ankle")] for s in ("left", "right")
    ]
    bones = np.diff(positions[:, chains], axis=2)  # (T, 2, 2, 3)
    return float(np.median(np.linalg.norm(bones, axis=-1).sum(axis=-1)))


def find_scale(positions: np.ndarray) -> float:
    """Tell the unit from the length of the legs, which no pose changes.

    The rule is `LEG_RANGE`: 0.5 to 1.15 is metres, 20 to 45 inches, 50 to 115 centimetres and
    500 to 1150 millimetres. The ranges do not meet.

    Args:
        positions: shape (T, 22, 3), in an unknown unit.

    Returns:
        Metres a unit.

    Raises:
        MotionError: if the length is in none of the ranges.
    """
    length = leg_length(positions)
    for unit, (low, high) in LEG_RANGE.items():
        if low <= length <= high:
            return UNITS[unit]
    ranges = ", ".join(f"{low} to {high} ({unit})" for unit, (low, high) in LEG_RANGE.items())
    raise MotionError(
        f"'units: auto' cannot tell the unit: legs are {length:.4g} long; allowed: {ranges}; "
        f"give a map with 'units: <metres a unit>'"
    )

"""A BVH clip as a value, and its vectorised forward kinematics."""

from dataclasses import dataclass

import numpy as np

END = "/end"
"""A joint's first End Site is the point `<joint>/end`."""


@dataclass(frozen=True)
class BvhClip:
    """A skeleton and its channels over time.

    Attributes:
        names: J names of joints, and of End Sites as `<joint>/end`.
        parents: index of each one's parent, -1 for the root; parents come first.
        offsets: place in the parent's frame in the rest pose, shape (J, 3), in the file's unit.
        channels: for each one its channels in order: ("position" or "rotation", axis 0..2).
        values: shape (T, C), C channels of all joints in order; degrees or the file's unit.
        fps: frames a second.
    """

    names: tuple[str, ...]
    parents: tuple[int, ...]
    offsets: np.ndarray
    channels: tuple[tuple[tuple[str, int], ...], ...]
    values: np.ndarray
    fps: float

    def points(self) -> np.ndarray:
        """Place every joint and End Site in every frame.

        Rotation channels multiply in the order of the file (`Z X Y` is Rz Rx Ry). A position
        channel takes the place of the OFFSET on its axis, as Blender reads it and LAFAN1 and
        Bandai-Namco mean it.

        Returns:
            Points (T, J, 3) in the file's unit and axes.
        """
        n_frames = len(self.values)
        world = np.empty((n_frames, len(self.names), 3))
        turns: list[np.ndarray] = []  # (T, 3, 3) each, joint to world
        column = 0
        for joint, parent in enumerate(self.parents):
            place = np.tile(self.offsets[joint], (n_frames, 1))
            turn = np.broadcast_to(np.eye(3), (n_frames, 3, 3)) if parent < 0 else turns[parent]
            origin, to_world = (0.0, turn) if parent < 0 else (world[:, parent], turn)
            for kind, axis in self.channels[joint]:
                value = self.values[:, column]
                column += 1
                if kind == "position":
                    place[:, axis] = value
                else:
                    turn = turn @ _rotation(axis, np.deg2rad(value))
            world[:, joint] = origin + np.einsum("tij,tj->ti", to_world, place)
            turns.append(turn)
        return world


def _rotation(axis: int, angle: np.ndarray) -> np.ndarray:
    """Matrices (T, 3, 3) that turn by `angle` (T,) in [rad] about a coordinate axis."""
    a, b = (axis + 1) % 3, (axis + 2) % 3
    R = np.zeros((len(angle), 3, 3))
    R[:, axis, axis] = 1
    R[:, a, a] = R[:, b, b] = np.cos(angle)
    R[:, b, a] = np.sin(angle)
    R[:, a, b] = -R[:, b, a]
    return R

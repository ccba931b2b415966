"""Gestures of a labelled dataset, one after the other: how many leave the robot standing?"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rich.table import Table

from motiongpt.errors import MotionError
from motiongpt.motion.dataset import read_joints, read_labels, read_split
from motiongpt.motion.motion import Motion
from motiongpt.retarget import JointState, Mode, Robot, plan_trajectory
from motiongpt.simulate.model import build_model
from motiongpt.simulate.play import Played, play_trajectory

GESTURES = ("raise", "wave", "bow", "guide", "bye")
"""How the contents of clips begin that are gestures: the feet stay."""


@dataclass(frozen=True)
class GestureClip:
    """A clip of a dataset.

    Attributes:
        clip_id: its id.
        gesture: one of `GESTURES`.
        split: split it is in.
    """

    clip_id: str
    gesture: str
    split: str


@dataclass(frozen=True)
class GestureReport:
    """What happened with all clips."""

    played: tuple[tuple[GestureClip, Played], ...]

    @property
    def standing_share(self) -> float:
        """Share of clips after which the robot stands."""
        return sum(p.stands for _, p in self.played) / len(self.played)

    def table(self) -> Table:
        """One row a gesture and split."""
        table = Table("gesture", "split", "stands", "tracking error", "peak torque", "fell")
        for key in dict.fromkeys((clip.gesture, clip.split) for clip, _ in self.played):
            rows = [(c, p) for c, p in self.played if (c.gesture, c.split) == key]
            error = np.degrees(np.mean([p.tracking_error for _, p in rows]))
            torque = np.mean([p.peak_torque[1] for _, p in rows])
            fell = ", ".join(f"{c.clip_id} at {p.fell_at:.1f} s" for c, p in rows if not p.stands)
            table.add_row(
                *key,
                f"{sum(p.stands for _, p in rows)} of {len(rows)}",
                f"{error:.2f} deg",
                f"{100 * torque:.0f} %",
                fell,
            )
        return table


def find_gestures(folder: Path) -> tuple[GestureClip, ...]:
    """The gestures of a dataset's validation clips; those it has none of, of the training clips.

    Args:
        folder: dataset with `labels.json` (a `content` for each clip) and `joints/`.

    Raises:
        MotionError: if labels or splits cannot be read, or there is no gesture.
    """
    contents = {i: content for i, (content,) in read_labels(folder, "content").items()}
    found: list[GestureClip] = []
    for gesture in GESTURES:
        for split in ("val", "train"):
            ids = read_split(folder, split)
            clips = [GestureClip(i, gesture, split) for i in ids if _is(contents, i, gesture)]
            found += clips
            if clips:
                break
    if not found:
        raise MotionError(
            f"{folder / 'labels.json'}: no clip's content begins with {', '.join(GESTURES)}"
        )
    return tuple(found)


def _is(contents: dict[str, str], clip_id: str, gesture: str) -> bool:
    return contents.get(clip_id, "").startswith(gesture)


def play_gestures(
    folder: Path,
    clips: Iterable[GestureClip],
    robot: Robot,
    mode: Mode,
    stiffness: float,
    on_clip: Callable[[], None] = lambda: None,
) -> GestureReport:
    """Play clips from the rest pose.

    Args:
        folder: dataset with `joints/`.
        clips: of `find_gestures`.
        robot: the robot.
        mode: what follows the human.
        stiffness: gain of the position servos in [N m/rad].
        on_clip: called after each clip.

    Raises:
        MotionError: if a clip cannot be read.
    """
    model = build_model(robot, stiffness, floor=True)
    rest = JointState(robot.rest_pose, np.zeros(robot.n_joints))
    played = []
    for clip in clips:
        motion = Motion.from_y_up(read_joints(folder / "joints" / f"{clip.clip_id}.npy"))
        trajectory = plan_trajectory(motion, robot, rest, mode=mode)
        played.append((clip, play_trajectory(trajectory, robot, stiffness, model)))
        on_clip()
    return GestureReport(tuple(played))

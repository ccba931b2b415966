"""A film and a sheet of instants of a robot that follows a human motion."""

from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np

from motiongpt.errors import RenderError
from motiongpt.view.path import HumanPath, RobotPath
from motiongpt.view.stage import Stage
from motiongpt.view.video import VideoFile, check_writable, write_picture

VIDEO_SIZE = (768, 432)
TILE_SIZE = (640, 480)
SHEET_COLUMNS = 3
_BAR_HEIGHT = 56
_INK = (40, 44, 52)
_PAPER = (250, 250, 250)


def render_video(
    file: Path,
    urdf: Path,
    package_dirs: Sequence[Path],
    robot: RobotPath,
    human: HumanPath | None = None,
    *,
    caption: str = "",
    fps: float = 20.0,
    size: tuple[int, int] = VIDEO_SIZE,
    on_frame: Callable[[int, int], None] | None = None,
) -> None:
    """Film a robot along its path with the person beside it.

    Args:
        file: the MP4 file to write.
        urdf: the robot's description.
        package_dirs: folders in which `package://` names of mesh files are looked up.
        robot: where the robot is at any time.
        human: where the person is at any time; None films the robot alone.
        caption: text at the upper edge.
        fps: frames a second.
        size: width and height, in pixels.
        on_frame: called after each frame with frames done and frames in all.

    Raises:
        RenderError: if the file cannot be written or this machine cannot draw.
    """
    count = int(np.ceil(robot.duration * fps)) + 1
    check_writable(file)
    with (
        Stage(urdf, package_dirs, robot, human, size) as stage,
        VideoFile(file, size, fps) as film,
    ):
        for index in range(count):
            picture = stage.draw(index / fps)
            film.write(label_picture(picture, caption, f"{index / fps:4.1f} s"))
            if on_frame is not None:
                on_frame(index + 1, count)


def render_picture(
    file: Path,
    urdf: Path,
    package_dirs: Sequence[Path],
    robot: RobotPath,
    human: HumanPath | None = None,
    *,
    caption: str = "",
    instants: int = 6,
    size: tuple[int, int] = TILE_SIZE,
) -> None:
    """Draw instants spread evenly over a robot's path on one sheet, left to right.

    Args:
        file: the PNG file to write.
        urdf: the robot's description.
        package_dirs: folders in which `package://` names of mesh files are looked up.
        robot: where the robot is at any time.
        human: where the person is at any time; None draws the robot alone.
        caption: text above the sheet.
        instants: how many.
        size: width and height of one instant, in pixels.

    Raises:
        RenderError: if the file cannot be written or this machine cannot draw.
    """
    if instants < 1:
        raise RenderError(f"a sheet of {instants} instants; allowed: 1 or more")
    check_writable(file)
    times = np.linspace(0.0, robot.duration, instants)
    with Stage(urdf, package_dirs, robot, human, size) as stage:
        tiles = [label_picture(stage.draw(time), "", f"{time:4.1f} s") for time in times]
    columns = min(SHEET_COLUMNS, instants)
    tiles += [np.full_like(tiles[0], _PAPER)] * (-len(tiles) % columns)
    rows = [np.hstack(tiles[start : start + columns]) for start in range(0, len(tiles), columns)]
    sheet = np.vstack(rows)
    bar = np.full((_BAR_HEIGHT, sheet.shape[1], 3), _PAPER, dtype=np.uint8)
    _write_text(bar, caption, (18, 38), 1.0)
    write_picture(file, np.vstack([bar, sheet]))


def label_picture(
    picture: np.ndarray, caption: str, clock: str, scale: float = 0.7, top: int = 32
) -> np.ndarray:
    """A copy of a picture with a caption at its upper edge and the time at its lower one.

    Args:
        picture: shape (height, width, 3), uint8.
        caption: text of the upper edge.
        clock: text of the lower edge.
        scale: size of the letters.
        top: where the caption stands, in pixels from the upper edge.
    """
    labelled = np.ascontiguousarray(picture)
    _write_text(labelled, caption, (16, top), scale)
    _write_text(labelled, clock, (16, picture.shape[0] - 16), scale)
    return labelled


def _write_text(picture: np.ndarray, text: str, place: tuple[int, int], scale: float) -> None:
    """Write text into a picture, cut where it would leave it; OpenCV's font is ASCII only."""
    text = text.encode("ascii", "replace").decode()
    font = cv2.FONT_HERSHEY_SIMPLEX
    room = picture.shape[1] - 2 * place[0]
    shown = text
    while shown and cv2.getTextSize(shown, font, scale, 2)[0][0] > room:
        text = text[:-1]
        shown = f"{text}..." if text else ""
    cv2.putText(picture, shown, place, font, scale, _INK, 2, cv2.LINE_AA)

"""Picture and film files."""

import os
from pathlib import Path
from types import TracebackType

import cv2
import numpy as np

from motiongpt.errors import RenderError

CODECS = ("vp09", "mp4v")
"""Film codings to try, best first. OpenCV's wheels have no H.264 encoder; browsers play VP9."""


class VideoFile:
    """An MP4 file that is written frame by frame; a context manager.

    The file gets its name only once it is whole, so an interrupted film leaves none behind.
    """

    def __init__(self, file: Path, size: tuple[int, int], fps: float) -> None:
        """Open a film.

        Args:
            file: where it goes; its name ends in `.mp4`.
            size: width and height, in pixels.
            fps: frames a second.

        Raises:
            RenderError: if the file cannot be written.
        """
        self._file = Path(file)
        self._partial = self._file.with_name(f"{self._file.stem}.partial.mp4")
        check_writable(self._file)
        for codec in CODECS:
            fourcc = cv2.VideoWriter.fourcc(*codec)
            self._writer = cv2.VideoWriter(str(self._partial), fourcc, fps, size)
            if self._writer.isOpened():
                return
        raise RenderError(f"film '{file}' cannot be written with any of: {', '.join(CODECS)}")

    def __enter__(self) -> "VideoFile":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._writer.release()
        if error is None:
            os.replace(self._partial, self._file)
        else:
            self._partial.unlink(missing_ok=True)

    def write(self, picture: np.ndarray) -> None:
        """Append a picture (height, width, 3), uint8, red, green, blue."""
        self._writer.write(cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))


def write_picture(file: Path, picture: np.ndarray) -> None:
    """Write a picture (height, width, 3), uint8, red, green, blue, as PNG.

    Raises:
        RenderError: if the file cannot be written.
    """
    check_writable(file)
    coded, data = cv2.imencode(".png", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
    if not coded:
        raise RenderError(f"picture '{file}' of shape {picture.shape} cannot be coded as PNG")
    Path(file).write_bytes(data.tobytes())


def check_writable(file: Path) -> None:
    """Make a file's folder and check that the file can be written there.

    Raises:
        RenderError: naming the folder or the file that cannot be written.
    """
    folder = Path(file).parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
        trial = folder / f".{Path(file).name}.trial"
        trial.touch()
        trial.unlink()
        if Path(file).exists() and not os.access(file, os.W_OK):
            raise PermissionError(f"'{file}' is write-protected")
    except OSError as error:
        raise RenderError(
            f"cannot write into '{folder}': {error.strerror or error}; "
            "give yourself write permission there or name another folder"
        ) from error

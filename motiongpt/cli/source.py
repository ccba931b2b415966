"""What a robot should do: a text, a motion file, or a clip of a dataset."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from motiongpt.errors import MotionError
from motiongpt.lm.decoding import Sampling
from motiongpt.motion.dataset import read_joints
from motiongpt.motion.motion import Motion
from motiongpt.motion.sources import import_motion
from motiongpt.pipeline import MotionGPT


@dataclass(frozen=True)
class MotionSource:
    """Where a human motion comes from; give one of text, file and clip."""

    text: Annotated[str | None, tyro.conf.Positional] = None
    """A sentence for the model."""

    file: Path | None = None
    """A motion: .bvh, .c3d, or .npy with (frames, 22, 3) in m, y up, 20 frames a second."""

    clip: str | None = None
    """Id of a clip of the dataset in --data."""

    data: Path | None = None
    """Dataset with joints/."""

    model: str = "default"
    """Name of a shipped model, or its folder; for a text."""

    temperature: float = 0.0
    """Of the sampling; for a text."""

    seed: int = 0
    """Of the sampling; for a text."""

    def read(self) -> Motion:
        """Generate or read the motion.

        Raises:
            MotionError: if not exactly one source is named, or it cannot be read.
        """
        if sum(part is not None for part in (self.text, self.file, self.clip)) != 1:
            raise MotionError("give one of a text, --file and --clip (with --data)")
        if self.text is not None:
            sampling = Sampling(temperature=self.temperature, seed=self.seed)
            return MotionGPT.load(self.model).generate(self.text, sampling=sampling).motion
        if self.file is not None:
            is_array = self.file.suffix.lower() == ".npy"
            read = read_joints if is_array else import_motion
            return Motion.from_y_up(read(self.file))
        if self.data is None:
            raise MotionError("--clip needs the dataset in --data")
        return Motion.from_y_up(read_joints(self.data / "joints" / f"{self.clip}.npy"))

    @property
    def title(self) -> str:
        """What it is called."""
        return self.text or self.clip or str(self.file)

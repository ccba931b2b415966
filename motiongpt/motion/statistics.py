"""Mean and standard deviation of features, which travel with every checkpoint."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from motiongpt.errors import MotionError
from motiongpt.motion.dataset import read_array, write_array
from motiongpt.motion.layout import layout_of

MEAN_FILE, STD_FILE = "Mean.npy", "Std.npy"


@dataclass(frozen=True)
class Statistics:
    """Scale of the features: normalized = (features - mean) / std.

    Attributes:
        mean: shape (263,) or (251,).
        std: of the same shape, positive.
    """

    mean: np.ndarray
    std: np.ndarray

    def __post_init__(self) -> None:
        for name, values in (("mean", self.mean), ("std", self.std)):
            if values.ndim != 1:
                raise MotionError(f"{name} has shape {values.shape}; allowed: (263,) or (251,)")
            layout_of(len(values))
            if not np.isfinite(values).all():
                at = int(np.argwhere(~np.isfinite(values))[0, 0])
                raise MotionError(f"{name} of feature {at} is {values[at]}; allowed: finite")
        if len(self.mean) != len(self.std):
            raise MotionError(f"mean has {len(self.mean)} values and std {len(self.std)}")
        if not (self.std > 0).all():
            raise MotionError(f"std of feature {int(np.argmin(self.std))} is not positive")

    @property
    def n_features(self) -> int:
        """Width of the features."""
        return len(self.mean)

    @classmethod
    def of(cls, clips: Iterable[np.ndarray]) -> "Statistics":
        """Compute statistics as HumanML3D does: one std for each group of features.

        Args:
            clips: features (T, F) each; at least one.

        Raises:
            MotionError: if there is no clip, their widths differ, or a group never changes.
        """
        n, total, squares = 0, np.zeros(()), np.zeros(())
        for clip in clips:
            if n and clip.shape[1] != len(total):
                raise MotionError(f"clips are {len(total)} and {clip.shape[1]} features wide")
            n += len(clip)
            total = total + clip.sum(axis=0, dtype=np.float64)
            squares = squares + (clip.astype(np.float64) ** 2).sum(axis=0)
        if n == 0:
            raise MotionError("statistics need at least one clip, got none")
        mean = total / n
        std = np.sqrt(np.maximum(squares / n - mean**2, 0))
        for group in layout_of(len(mean)).groups:
            std[group] = std[group].mean()
        return cls(mean, std)

    @classmethod
    def read(cls, folder: Path) -> "Statistics":
        """Read `Mean.npy` and `Std.npy`, or `mean.npy` and `std.npy`.

        Raises:
            MotionError: if one is missing, unreadable or cannot be used; it names the file.
        """
        values = []
        for name in (MEAN_FILE, STD_FILE):
            path = folder / name
            if not path.is_file() and (folder / name.lower()).is_file():
                path = folder / name.lower()
            values.append(read_array(path))
        try:
            return cls(*values)
        except MotionError as error:
            raise MotionError(f"{folder / MEAN_FILE}, {STD_FILE}: {error}") from error

    def write(self, folder: Path) -> None:
        """Write `Mean.npy` and `Std.npy`, float32 as the originals."""
        write_array(folder / MEAN_FILE, self.mean)
        write_array(folder / STD_FILE, self.std)

    def normalize(self, features: np.ndarray) -> np.ndarray:
        """Scale features (..., F)."""
        return (features - self.mean) / self.std

    def denormalize(self, normalized: np.ndarray) -> np.ndarray:
        """Undo `normalize`, (..., F)."""
        return normalized * self.std + self.mean

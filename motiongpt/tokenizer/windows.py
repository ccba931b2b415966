"""Random windows of training clips: crop and phase at random, and played faster or slower."""

import numpy as np
import torch
from torch import Tensor

from motiongpt.motion import layout
from motiongpt.motion.layout import layout_of
from motiongpt.motion.statistics import Statistics


class Windows:
    """Random windows of normalized features, in one array."""

    def __init__(
        self,
        clips: list[np.ndarray],
        window: int,
        statistics: Statistics,
        time_warp: float = 0.0,
    ) -> None:
        """Keep clips; longer ones are drawn more often.

        Args:
            clips: features (T, F), not normalized.
            window: frames a window.
            statistics: scale of the features.
            time_warp: a window is played at a speed between 1 - this and 1 + this.
        """
        self.window, self.time_warp = window, time_warp
        self.lengths = np.array([len(clip) for clip in clips])
        self.starts = np.concatenate([[0], np.cumsum(self.lengths)[:-1]])
        self.frames = np.concatenate([statistics.normalize(clip) for clip in clips], axis=0)
        self.frames = self.frames.astype(np.float32)
        weights = np.maximum(self.lengths / window, 1.0)
        self.cumulative = np.cumsum(weights / weights.sum())
        at = layout_of(statistics.n_features)
        moves = (layout.ROOT_YAW_VELOCITY, layout.ROOT_PLANAR_VELOCITY, at.local_velocities)
        self._velocities = np.r_[moves]
        shift = (statistics.mean / statistics.std)[self._velocities]
        self._shift = torch.from_numpy(shift).float()  # normalized value of no velocity, negated

    def draw(self, n: int, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
        """Draw n windows.

        Returns:
            Normalized features (n, window, F) and which frames are real (n, window, 1); the last
            frame of a clip that is too short is repeated.
        """
        clips = np.searchsorted(self.cumulative, rng.random(n)).clip(max=len(self.lengths) - 1)
        speeds = 1 + self.time_warp * rng.uniform(-1, 1, n)
        if not self.time_warp:
            return self._cut(clips, rng.random(n), np.ones(n))
        features, real = self._cut(clips, rng.random(n), speeds)
        moves = features[..., self._velocities]
        scale = torch.from_numpy(speeds.astype(np.float32))[:, None, None]
        features[..., self._velocities] = scale * (moves + self._shift) - self._shift
        return features, real

    def _cut(
        self, clips: np.ndarray, phases: np.ndarray, speeds: np.ndarray
    ) -> tuple[Tensor, Tensor]:
        lengths = self.lengths[clips]
        span = 1 + (self.window - 1) * speeds  # frames of the clip that a window covers
        free = np.maximum(lengths - span, 0)
        offsets = phases * (free + 1)
        if not self.time_warp:
            offsets = np.floor(offsets)
        offsets = np.minimum(offsets, free)
        at = offsets[:, None] + speeds[:, None] * np.arange(self.window)
        real = at <= lengths[:, None] - 1 + 1e-6
        at = np.minimum(at, lengths[:, None] - 1)
        before = at.astype(int)
        share = (at - before).astype(np.float32)[..., None]
        first = self.starts[clips][:, None]
        features = self.frames[first + before]
        if self.time_warp:
            after = np.minimum(before + 1, lengths[:, None] - 1)
            features = (1 - share) * features + share * self.frames[first + after]
        return torch.from_numpy(features), torch.from_numpy(real[..., None])

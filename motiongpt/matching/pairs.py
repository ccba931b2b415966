"""Clips with their captions, and the batches that the matching model learns from."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from motiongpt.lm.balance import draw_weights
from motiongpt.matching.compositions import compose
from motiongpt.matching.model import seen_features
from motiongpt.motion import layout
from motiongpt.motion.augment import mirror_text
from motiongpt.motion.crouches import cut_crouches
from motiongpt.motion.dataset import Caption, read_captions
from motiongpt.motion.features import canonicalize, encode_features, recover_positions
from motiongpt.motion.layout import layout_of
from motiongpt.motion.prepare import Preparation, mirrored_id
from motiongpt.motion.skeleton import HUMANML3D, skeleton_with

SPEEDS = (0.9, 1.12)
"""Slowest and fastest that a clip is played."""

TRIM = 0.1
"""At most this share of a clip's frames is left out at either end."""

MIN_FRAMES = 16


@dataclass(frozen=True)
class Clip:
    """A motion and what is said of it.

    Attributes:
        frames: the features that are read, shape (T, n), float16, not normalized.
        captions: at least one, in lower case.
    """

    frames: np.ndarray
    captions: tuple[Caption, ...]


@dataclass(frozen=True)
class Pairs:
    """Clips to draw from, each with its mirror image where there is one.

    Attributes:
        clips: one or two clips each.
        fps: frames a second.
        moving: which of the features that are read are velocities, booleans (n,).
        max_frames: longest motion that is drawn.
    """

    clips: tuple[tuple[Clip, ...], ...]
    fps: float
    moving: np.ndarray
    max_frames: int

    @property
    def texts(self) -> tuple[str, ...]:
        """All different captions, in order of their first clip."""
        return tuple(
            dict.fromkeys(c.text for images in self.clips for one in images for c in one.captions)
        )

    @cached_property
    def _cumulative(self) -> np.ndarray:
        weights = draw_weights([[c.text for c in images[0].captions] for images in self.clips])
        return np.cumsum(weights) / weights.sum()

    def draw(self, n: int, rng: np.random.Generator) -> list[tuple[Clip, str, np.ndarray]]:
        """Draw n motions with one caption each; a clip comes together with its mirror image.

        The two differ in nothing but left and right, so that these are learnt.

        Returns:
            The clip, one of its captions as it stands in `texts`, and frames (T, n).
        """
        drawn: list[tuple[Clip, str, np.ndarray]] = []
        while len(drawn) < n:
            at = int(np.searchsorted(self._cumulative, rng.random(), side="right"))
            images = self.clips[min(at, len(self.clips) - 1)]
            which = int(rng.integers(len(images[0].captions)))
            seed = int(rng.integers(1 << 31))
            for clip in images:
                caption = clip.captions[which]
                frames = self._play(clip, caption, np.random.default_rng(seed))
                drawn.append((clip, caption.text, frames))
        return drawn[:n]

    def _play(self, clip: Clip, caption: Caption, rng: np.random.Generator) -> np.ndarray:
        """Frames (T, n) of a caption's span at a random speed, trimmed a little."""
        frames = clip.frames
        if caption.end > caption.start:
            span = frames[int(caption.start * self.fps) : int(np.ceil(caption.end * self.fps))]
            frames = span if len(span) >= MIN_FRAMES else frames
        slack = int(TRIM * len(frames)) + 1
        begin, end = int(rng.integers(slack)), len(frames) - int(rng.integers(slack))
        speed = float(rng.uniform(*SPEEDS))
        longest = int(self.max_frames * speed)
        begin += int(rng.integers(max(end - begin - longest, 0) + 1))
        frames = frames[begin : min(end, begin + longest)].astype(np.float32)
        times = np.arange(0, len(frames) - 1, speed)
        before = times.astype(int)
        share = (times - before)[:, None].astype(np.float32)
        frames = (1 - share) * frames[before] + share * frames[before + 1]
        frames[:, self.moving] *= speed
        return frames[: self.max_frames // 4 * 4]


def _captions(folder: Path, clip_id: str) -> tuple[Caption, ...]:
    read = read_captions(folder / "texts" / f"{clip_id}.txt")
    return tuple(Caption(c.text.lower(), c.start, c.end) for c in read if c.text)


def _mirrored(captions: Iterable[Caption]) -> tuple[Caption, ...]:
    return tuple(Caption(mirror_text(c.text), c.start, c.end) for c in captions)


def moving_features(n_features: int) -> np.ndarray:
    """Which of the features that are read are velocities, booleans (n,)."""
    moving = np.zeros(n_features, dtype=bool)
    for group in (
        layout.ROOT_YAW_VELOCITY,
        layout.ROOT_PLANAR_VELOCITY,
        layout_of(n_features).local_velocities,
    ):
        moving[group] = True
    return moving[seen_features(n_features)]


def load_pairs(
    folder: Path,
    prepared: Path,
    data: Preparation,
    split: str,
    max_frames: int,
    n_composed: int = 0,
    seed: int = 0,
    on_progress: Callable[[int, int], None] | None = None,
) -> Pairs:
    """Read the clips of a split, each with its mirror image, and combine some.

    Args:
        folder: dataset in HumanML3D's layout.
        prepared: what `prepare` wrote of it.
        data: what `prepare` returned.
        split: such as "train".
        max_frames: longest motion that will be drawn.
        n_composed: pairs of clips to combine; only clips of HumanML3D's skeleton can be.
        seed: of the choice of pairs.
        on_progress: called with what is done and all there is to do.
    """
    n_features = data.statistics.n_features
    skeleton, seen = skeleton_with(layout_of(n_features).n_joints), seen_features(n_features)
    n_composed = n_composed if skeleton is HUMANML3D else 0
    ids, clips, short = data.ready[split], [], []
    for done, clip_id in enumerate(ids, start=1):
        said = _captions(folder, clip_id)
        names = (clip_id, mirrored_id(clip_id)) if data.mirrored else (clip_id,)
        features = [np.load(prepared / "features" / f"{name}.npy") for name in names]
        if said:
            both = zip(features, (said, _mirrored(said)), strict=False)
            clips.append(tuple(Clip(f[:, seen].astype(np.float16), texts) for f, texts in both))
        if n_composed:
            clips += _crouches(features, seen, skeleton.fps)
        whole = tuple(c.text for c in said if c.end <= c.start)
        if whole and len(features[0]) < max_frames:
            short.append((whole, features[0]))
        if on_progress is not None:
            on_progress(done, len(ids) + n_composed)
    rng = np.random.default_rng(seed)
    for done in range(n_composed):
        clips += _combine(short, seen, rng, max_frames)
        if on_progress is not None:
            on_progress(len(ids) + done + 1, len(ids) + n_composed)
    return Pairs(tuple(clips), skeleton.fps, moving_features(n_features), max_frames)


def _crouches(
    images: list[np.ndarray], seen: np.ndarray, fps: float
) -> Iterator[tuple[Clip, ...]]:
    """The squats of a clip, given as features, and of its mirror image."""
    found = (cut_crouches(recover_positions(features), fps) for features in images)
    for both in zip(*found, strict=False):
        yield tuple(
            Clip(
                encode_features(canonicalize(one.positions))[:, seen].astype(np.float16),
                tuple(map(Caption, one.captions)),
            )
            for one in both
        )


def _combine(
    short: list[tuple[tuple[str, ...], np.ndarray]],
    seen: np.ndarray,
    rng: np.random.Generator,
    max_frames: int,
) -> list[tuple[Clip, ...]]:
    """Draw two clips and combine them: one clip and its mirror image, or nothing."""
    one, other = (short[rng.integers(len(short))] for _ in range(2))
    combined = compose(one, other, rng, max_frames)
    clips = tuple(
        Clip(features[:, seen].astype(np.float16), tuple(map(Caption, said)))
        for said, features in combined
    )
    return [clips] if clips else []

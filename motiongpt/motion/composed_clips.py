"""Clips of two actions made of a dataset's clips of one, with what is said of them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from motiongpt.errors import MotionError
from motiongpt.motion.augment import mirror_text
from motiongpt.motion.compose import BLEND_FRAMES, join_captions, join_in_time, put_arms_on
from motiongpt.motion.dataset import Caption, read_captions
from motiongpt.motion.features import canonicalize, encode_features, recover_positions
from motiongpt.motion.prepare import mirrored_id
from motiongpt.motion.skeleton import HUMANML3D

LINKS = (" and ", " and then ", ", then ", " then ")
"""How two captions are joined that follow each other."""

LINKS_TOGETHER = (" and ", " while also ", " and at the same time ")
"""How two captions are joined that happen together."""

MAX_FRAMES = 196
MOST_DRAWN = 100
"""Clips that are looked at for one of the right length, or one that goes somewhere."""

TOGETHER_SHARE = 0.4
"""Share of the pairs that are done at once: a gesture of the arms while going somewhere."""


@dataclass(frozen=True)
class ComposedClip:
    """Two actions in one clip.

    Attributes:
        captions: each says both, or the second action in its span.
        features: shape (T, 263), not normalized.
        together: whether the actions happen at once.
    """

    captions: tuple[Caption, ...]
    features: np.ndarray
    together: bool


def compose_clips(
    folder: Path, prepared: Path, ids: tuple[str, ...], n: int, seed: int, mirrored: bool = True
) -> Iterator[ComposedClip]:
    """Compose clips, one action after the other or with the arms of another clip.

    Args:
        folder: dataset in HumanML3D's layout, of the 22-joint skeleton.
        prepared: what `prepare` wrote of it.
        ids: clips to combine.
        n: pairs to try; a pair whose captions cannot be joined, that is too long or that gives
            an impossible motion is left out.
        seed: of the choice of pairs.
        mirrored: whether `prepare` made mirror images.
    """
    rng = np.random.default_rng(seed)
    clips = _Clips(folder, prepared, mirrored)
    gestures = tuple(i for i in ids if _arms_of(clips.captions(i)))
    for _ in range(n):
        together = bool(gestures) and rng.random() < TOGETHER_SHARE
        first = clips.draw(ids, rng)
        for _ in range(MOST_DRAWN if together else 0):
            if _legs_move(first[1]):
                break
            first = clips.draw(ids, rng)
        together = together and _legs_move(first[1])
        second = clips.draw(gestures if together else ids, rng)
        links: tuple[str, ...]
        if together:
            links, positions = (
                LINKS_TOGETHER,
                put_arms_on(first[1], second[1], _arms_of(second[0])),
            )
        else:
            links, positions = LINKS, join_in_time(first[1], second[1])
        captions = tuple(
            Caption(text)
            for one in first[0]
            for other in second[0]
            if (text := join_captions(one.text, other.text, str(rng.choice(links))))
        )
        if not captions or len(positions) > MAX_FRAMES:
            continue
        if not together:
            begin = (len(first[1]) - BLEND_FRAMES) / HUMANML3D.fps
            end = len(positions) / HUMANML3D.fps
            captions += tuple(Caption(other.text, begin, end) for other in second[0])
        try:
            features = encode_features(canonicalize(positions))
        except MotionError:
            continue
        yield ComposedClip(captions, features, together)


def swap_arms(
    clips: Sequence[np.ndarray], n: int, seed: int, max_frames: int = MAX_FRAMES
) -> Iterator[np.ndarray]:
    """Give clips the arms of other ones, whatever they do.

    Args:
        clips: features (T, 263), not normalized.
        n: pairs to try; one that gives an impossible motion is left out.
        seed: of the choice of pairs, spans and arms.
        max_frames: of each clip, a span as long as this at most is used.

    Yields:
        Features (T', 263) with T' as the shorter one of a pair.
    """
    rng = np.random.default_rng(seed)
    sides = (("left",), ("right",), ("left", "right"))
    for _ in range(n):
        spans = []
        for index in rng.integers(len(clips), size=2):
            start = rng.integers(max(len(clips[index]) - max_frames, 0) + 1)
            spans.append(recover_positions(clips[index][start : start + max_frames]))
        positions = put_arms_on(spans[0], spans[1], sides[rng.integers(3)])
        try:
            yield encode_features(canonicalize(positions))
        except MotionError:
            continue


def with_mirror_image(
    clip_id: str, captions: tuple[Caption, ...], mirrored: bool
) -> tuple[tuple[str, tuple[Caption, ...]], ...]:
    """Name and captions of a clip and, if there is one, of its mirror image."""
    own = (clip_id, captions)
    return (own, (mirrored_id(clip_id), mirrored_captions(captions))) if mirrored else (own,)


def mirrored_captions(captions: tuple[Caption, ...]) -> tuple[Caption, ...]:
    """What is said of a clip's mirror image."""
    return tuple(Caption(mirror_text(c.text), c.start, c.end) for c in captions)


@dataclass(frozen=True)
class _Clips:
    """Prepared clips with their captions."""

    folder: Path
    prepared: Path
    mirrored: bool

    def captions(self, clip_id: str) -> tuple[Caption, ...]:
        """What is said of a whole clip."""
        captions = read_captions(self.folder / "texts" / f"{clip_id}.txt")
        return tuple(c for c in captions if c.end <= c.start)

    def draw(
        self, ids: tuple[str, ...], rng: np.random.Generator
    ) -> tuple[tuple[Caption, ...], np.ndarray]:
        """Captions and positions (T, 22, 3) of a clip or its mirror image, neither long nor short.

        Raises:
            MotionError: if no clip of a hundred will do.
        """
        for _ in range(MOST_DRAWN):
            clip_id = ids[rng.integers(len(ids))]
            name, whole = clip_id, self.captions(clip_id)
            if self.mirrored and rng.random() < 0.5:
                name, whole = mirrored_id(clip_id), mirrored_captions(whole)
            features = np.load(self.prepared / "features" / f"{name}.npy", allow_pickle=False)
            if whole and 2 * BLEND_FRAMES < len(features) < MAX_FRAMES:
                return whole, recover_positions(features)
        raise MotionError(
            f"no clip can be composed: of {len(ids)} none has {2 * BLEND_FRAMES} to "
            f"{MAX_FRAMES} frames and a caption of the whole"
        )


def _arms_of(captions: tuple[Caption, ...]) -> tuple[str, ...]:
    """The arms that a gesture of hands alone moves, by its captions."""
    text = " ".join(caption.text.lower() for caption in captions)
    if not any(word in text for word in ("wave", "waving", "raise", "lift")):
        return ()
    if any(word in text for word in ("walk", "run", "step", "kick", "leg", "foot", "feet")):
        return ()
    if "both" in text:
        return ("left", "right")
    return tuple(side for side in ("left", "right") if side in text)


def _legs_move(positions: np.ndarray) -> bool:
    path = positions[:, 0, [0, 2]]
    return bool(np.linalg.norm(path[-1] - path[0]) > 0.8)

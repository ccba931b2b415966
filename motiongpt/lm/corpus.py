"""Captions and motion tokens to train the language model on."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from motiongpt.motion.augment import warp_time
from motiongpt.motion.composed_clips import ComposedClip, with_mirror_image
from motiongpt.motion.crouches import cut_crouches
from motiongpt.motion.dataset import Caption, read_captions
from motiongpt.motion.features import canonicalize, encode_features, recover_positions
from motiongpt.motion.held_pose import hold_features
from motiongpt.motion.observed_captions import observed_captions
from motiongpt.motion.skeleton import HUMANML3D
from motiongpt.tokenizer.motion_tokenizer import MotionTokenizer

SPEEDS = (0.9, 1.12)
"""Time warps that every clip is also encoded at."""

MAX_BEFORE = 8
"""Most motion tokens before a caption's span that are given with it."""

N_HELD = 4
"""Poses of a clip that are also encoded held still."""


@dataclass(frozen=True)
class Drawn:
    """A part of a motion and what is said of it.

    Attributes:
        text: the caption.
        tokens: code indices of the part, those before it in the motion included.
        n_before: how many of them come before what the caption says.
        held: by place in `tokens`, the code index of the pose there held still; for some places.
    """

    text: str
    tokens: tuple[int, ...]
    n_before: int = 0
    held: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Variant:
    """One encoding of a motion.

    Attributes:
        tokens: its code indices.
        speed: how much faster than the clip it is.
        begin: where in the clip it begins, in [s].
        held: by place, the code index of the pose there held still; for some places.
    """

    tokens: tuple[int, ...]
    speed: float = 1.0
    begin: float = 0.0
    held: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Example:
    """A motion and what is said of it.

    Attributes:
        captions: what is said, with times.
        variants: the same motion at other phases and speeds.
    """

    captions: tuple[Caption, ...]
    variants: tuple[Variant, ...]

    def draw(self, rng: np.random.Generator, max_tokens: int, tokens_a_second: float) -> Drawn:
        """Draw a caption and the tokens of its span, at most `max_tokens`."""
        caption = self.captions[rng.integers(len(self.captions))]
        variant = self.variants[rng.integers(len(self.variants))]
        first, end = 0, len(variant.tokens)
        if caption.end > caption.start:
            at = [
                (t / variant.speed - variant.begin) * tokens_a_second
                for t in (caption.start, caption.end)
            ]
            span = max(int(at[0]), 0), min(max(int(np.ceil(at[1])), 1), end)
            first, end = span if span[1] - span[0] >= 4 else (first, end)
        first += int(rng.integers(max(end - first - max_tokens, 0) + 1))
        n_before = min(
            first, int(rng.integers(-MAX_BEFORE, MAX_BEFORE + 1).clip(0)), max_tokens // 2
        )
        start, end = first - n_before, min(end, first - n_before + max_tokens)
        held = {p - start: code for p, code in variant.held.items() if start <= p < end}
        return Drawn(caption.text.lower(), variant.tokens[start:end], n_before, held)


def encode_variants(
    features: np.ndarray, tokenizer: MotionTokenizer, augment: bool
) -> tuple[Variant, ...]:
    """Encode a clip at two phases and, to augment, at `SPEEDS`."""
    half = int(tokenizer.frames_per_token / 2)
    variants = [encode_variant(features, tokenizer)]
    if augment:
        shifted = tokenizer.encode_features(features[half:])
        variants.append(Variant(shifted, begin=half / tokenizer.fps))
        positions = recover_positions(features)
        for speed in SPEEDS:
            placed = canonicalize(warp_time(positions, speed), tokenizer.skeleton)
            warped = encode_features(placed, tokenizer.skeleton)
            variants.append(Variant(tokenizer.encode_features(warped), speed))
    return tuple(variants)


def encode_variant(features: np.ndarray, tokenizer: MotionTokenizer) -> Variant:
    """Encode a clip, with some of its poses held still: the first, the last and some between."""
    tokens = tokenizer.encode_features(features)
    places = np.unique(np.linspace(0, len(tokens) - 1, N_HELD).round().astype(int))
    centres = ((places + 0.5) * tokenizer.frames_per_token).astype(int)
    codes = tokenizer.encode_held(hold_features(features[centres]))
    return Variant(tokens, held=dict(zip(places.tolist(), codes, strict=True)))


def build_examples(
    folder: Path,
    prepared: Path,
    ids: tuple[str, ...],
    tokenizer: MotionTokenizer,
    augment: bool,
    mirrored: bool = True,
    on_progress: Callable[[int, int], None] | None = None,
) -> list[Example]:
    """Encode the clips of a split.

    Args:
        folder: dataset in HumanML3D's layout.
        prepared: what `prepare` wrote of it.
        ids: clips.
        tokenizer: trained motion tokenizer.
        augment: add mirror images, a second phase and time warps, and what captions leave out.
        mirrored: whether `prepare` made mirror images.
        on_progress: called with clips done and clips in all.
    """
    examples = []
    for done, clip_id in enumerate(ids, start=1):
        captions = read_captions(folder / "texts" / f"{clip_id}.txt")
        for name, said in with_mirror_image(clip_id, captions, augment and mirrored):
            features = np.load(prepared / "features" / f"{name}.npy", allow_pickle=False)
            variants = encode_variants(features, tokenizer, augment)
            examples.append(Example(said, variants))
            if augment and tokenizer.skeleton is HUMANML3D:
                positions = recover_positions(features)
                if seen := observed_captions(positions, said, tokenizer.fps):
                    examples.append(Example(seen, variants))
                examples += _crouches(positions, tokenizer)
        if on_progress is not None:
            on_progress(done, len(ids))
    return examples


def _crouches(positions: np.ndarray, tokenizer: MotionTokenizer) -> Iterator[Example]:
    """Examples of the squats of a clip."""
    for crouch in cut_crouches(positions, tokenizer.fps):
        features = encode_features(canonicalize(crouch.positions))
        yield Example(tuple(map(Caption, crouch.captions)), (encode_variant(features, tokenizer),))


def encode_composed(
    clips: Iterable[ComposedClip], tokenizer: MotionTokenizer
) -> Iterator[Example]:
    """Make examples of clips of two actions."""
    for clip in clips:
        yield Example(clip.captions, (encode_variant(clip.features, tokenizer),))

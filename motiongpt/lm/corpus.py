"""Captions and motion tokens to train the language model on."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from motiongpt.errors import MotionError
from motiongpt.motion.augment import mirror_text, warp_time
from motiongpt.motion.compose import BLEND_FRAMES, join_captions, join_in_time, put_arms_on
from motiongpt.motion.dataset import Caption, read_captions
from motiongpt.motion.features import canonicalize, encode_features, recover_positions
from motiongpt.motion.prepare import mirrored_id
from motiongpt.tokenizer.motion_tokenizer import MotionTokenizer

SPEEDS = (0.9, 1.12)
"""Time warps that every clip is also encoded at."""

LINKS = (" and ", " and then ", ", then ", " then ")
"""How two captions are joined that follow each other."""

LINKS_TOGETHER = (" and ", " while also ", " and at the same time ")
"""How two captions are joined that happen together."""

MAX_JOINED_FRAMES = 196


@dataclass(frozen=True)
class Example:
    """A motion and what is said of it.

    Attributes:
        captions: what is said, with times.
        variants: the same motion as code indices, encoded at other phases and speeds; each with
            its speed and where in the clip it begins, in [s].
    """

    captions: tuple[Caption, ...]
    variants: tuple[tuple[float, float, tuple[int, ...]], ...]

    def draw(
        self, rng: np.random.Generator, max_tokens: int, tokens_a_second: float
    ) -> tuple[str, tuple[int, ...]]:
        """Draw a caption and the tokens of its span, at most `max_tokens`."""
        caption = self.captions[rng.integers(len(self.captions))]
        speed, begin, tokens = self.variants[rng.integers(len(self.variants))]
        if caption.end > caption.start:
            at = [(t / speed - begin) * tokens_a_second for t in (caption.start, caption.end)]
            part = tokens[max(int(at[0]), 0) : max(int(np.ceil(at[1])), 1)]
            tokens = part if len(part) >= 4 else tokens
        start = rng.integers(max(len(tokens) - max_tokens, 0) + 1)
        return caption.text.lower(), tokens[start : start + max_tokens]


def encode_variants(
    features: np.ndarray, tokenizer: MotionTokenizer, augment: bool
) -> tuple[tuple[float, float, tuple[int, ...]], ...]:
    """Encode a clip at two phases and, to augment, at `SPEEDS`."""
    half = int(tokenizer.frames_per_token / 2)
    variants = [(1.0, 0.0, tokenizer.encode_features(features))]
    if augment:
        shifted = tokenizer.encode_features(features[half:])
        variants.append((1.0, half / tokenizer.fps, shifted))
        positions = recover_positions(features)
        for speed in SPEEDS:
            placed = canonicalize(warp_time(positions, speed), tokenizer.skeleton)
            warped = encode_features(placed, tokenizer.skeleton)
            variants.append((speed, 0.0, tokenizer.encode_features(warped)))
    return tuple(variants)


def _mirrored(captions: Iterable[Caption]) -> tuple[Caption, ...]:
    return tuple(Caption(mirror_text(c.text), c.start, c.end) for c in captions)


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
        augment: add mirror images, a second phase and time warps.
        mirrored: whether `prepare` made mirror images.
        on_progress: called with clips done and clips in all.
    """
    examples = []
    for done, clip_id in enumerate(ids, start=1):
        captions = read_captions(folder / "texts" / f"{clip_id}.txt")
        both = ((clip_id, captions), (mirrored_id(clip_id), _mirrored(captions)))
        for name, said in both if augment and mirrored else both[:1]:
            features = np.load(prepared / "features" / f"{name}.npy", allow_pickle=False)
            examples.append(Example(said, encode_variants(features, tokenizer, augment)))
        if on_progress is not None:
            on_progress(done, len(ids))
    return examples


def compose_examples(
    folder: Path,
    prepared: Path,
    ids: tuple[str, ...],
    tokenizer: MotionTokenizer,
    n: int,
    seed: int,
    mirrored: bool = True,
) -> list[Example]:
    """Make examples of two actions, one after the other or with the arms of another clip.

    Args:
        folder: dataset in HumanML3D's layout.
        prepared: what `prepare` wrote of it.
        ids: clips to combine.
        tokenizer: trained motion tokenizer.
        n: pairs to try; a pair of captions that cannot be joined gives none.
        seed: of the choice of pairs.
        mirrored: whether `prepare` made mirror images.
    """
    rng = np.random.default_rng(seed)
    examples = []
    for _ in range(n):
        pair = [_draw_clip(folder, prepared, ids, rng, mirrored) for _ in range(2)]
        together = _arms_of(pair[1][0])
        if together and _legs_move(pair[0][1]) and rng.random() < 0.7:
            links: tuple[str, ...] = LINKS_TOGETHER
            positions = put_arms_on(pair[0][1], pair[1][1], together)
        else:
            links, positions = LINKS, join_in_time(pair[0][1], pair[1][1])
        captions = [
            Caption(text)
            for one in pair[0][0]
            for other in pair[1][0]
            if (text := join_captions(one.text, other.text, str(rng.choice(links))))
        ]
        if not captions or len(positions) > MAX_JOINED_FRAMES:
            continue
        try:
            features = encode_features(canonicalize(positions))
        except MotionError:
            continue
        variants = ((1.0, 0.0, tokenizer.encode_features(features)),)
        examples.append(Example(tuple(captions), variants))
    return examples


def _draw_clip(
    folder: Path, prepared: Path, ids: tuple[str, ...], rng: np.random.Generator, mirrored: bool
) -> tuple[tuple[Caption, ...], np.ndarray]:
    while True:
        clip_id = ids[rng.integers(len(ids))]
        captions = read_captions(folder / "texts" / f"{clip_id}.txt")
        whole = tuple(c for c in captions if c.end <= c.start)
        name = clip_id
        if mirrored and rng.random() < 0.5:
            name, whole = mirrored_id(clip_id), _mirrored(whole)
        features = np.load(prepared / "features" / f"{name}.npy", allow_pickle=False)
        if whole and 2 * BLEND_FRAMES < len(features) < MAX_JOINED_FRAMES:
            return whole, recover_positions(features)


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

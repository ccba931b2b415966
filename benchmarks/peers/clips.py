"""What both peers learn from."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from motiongpt.evaluate.test_set import RealClip, load_clips
from motiongpt.lm.paraphrase import paraphrase
from motiongpt.matching.model import MatchingModel
from motiongpt.motion.prepare import Preparation
from motiongpt.tokenizer.motion_tokenizer import MotionTokenizer

SIMILAR = 8
"""A batch is one of so many parts of a larger draw that is sorted by length."""

TextEncoder = Callable[[Sequence[str]], np.ndarray]
"""Texts to features (N, D)."""


@dataclass(frozen=True)
class PeerClip:
    """A clip for training.

    Attributes:
        texts: its captions.
        features: shape (T, F), normalized, float32.
        tokens: code indices.
    """

    texts: tuple[str, ...]
    features: np.ndarray
    tokens: tuple[int, ...]


@dataclass(frozen=True)
class PeerData:
    """Training clips and what encodes texts.

    Attributes:
        clips: at least one.
        encode_texts: the frozen text side of our matching model, for want of CLIP.
        text_dim: width of its features.
    """

    clips: tuple[PeerClip, ...]
    encode_texts: TextEncoder
    text_dim: int

    def draw(self, n: int, rng: np.random.Generator) -> tuple[list[PeerClip], np.ndarray]:
        """Draw n clips and the features (n, D) of one caption each, sometimes paraphrased.

        The clips are of similar length, so that little is padded; each clip is as likely as any.
        """
        many = sorted(
            (self.clips[i] for i in rng.integers(len(self.clips), size=SIMILAR * n)),
            key=lambda clip: len(clip.features),
        )
        first = n * int(rng.integers(SIMILAR))
        chosen = many[first : first + n]
        said = [paraphrase(c.texts[rng.integers(len(c.texts))], rng) for c in chosen]
        return chosen, self.encode_texts(said).astype(np.float32)


def make_clip(clip: RealClip, tokenizer: MotionTokenizer) -> PeerClip:
    """Encode and normalize a real clip."""
    normalized = tokenizer.statistics.normalize(clip.features).astype(np.float32)
    tokens = tokenizer.encode_features(clip.features)
    return PeerClip(tuple(sorted(clip.texts)), normalized, tokens)


def load_peer_data(
    folder: Path,
    prepared: Path,
    data: Preparation,
    tokenizer: MotionTokenizer,
    matching: MatchingModel,
) -> PeerData:
    """Read the training clips with their mirror images."""
    clips = load_clips(folder, prepared, data, tuple(data.ready)[0], mirrored=True)
    return PeerData(
        tuple(make_clip(clip, tokenizer) for clip in clips), matching.encode_text, matching.dim
    )

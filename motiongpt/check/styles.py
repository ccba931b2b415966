"""Is the asked style seen? A classifier of real walks looks at generated ones."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rich.table import Table

from motiongpt.errors import MotionError
from motiongpt.motion.dataset import read_bone_lengths, read_joints, read_labels, read_split
from motiongpt.motion.features import canonicalize, encode_features, unify_skeleton
from motiongpt.motion.layout import N_FEATURES, layout_of
from motiongpt.motion.motion import Motion

STYLES = {
    "active": ("energetically", "in an active way"),
    "elderly": ("like an elderly person", "like an old man"),
    "exhausted": ("as if exhausted", "in a tired way"),
    "feminine": ("in a feminine way", "like a woman"),
    "masculine": ("in a masculine way", "like a strong man"),
    "normal": ("", ""),
    "youthful": ("in a youthful way", "like a young person"),
}
"""Styles of Bandai-Namco's second dataset, and how they are asked for."""

WALKS = ("walk forward", "a person walks forward")
"""What is asked for in each style."""

SHRINKAGE = 0.1
"""Share of the covariance that is taken as the same in all directions."""

_CUT = slice(8, -5)
"""Frames that are looked at: clips begin and end with standing."""


def describe_walk(features: np.ndarray) -> np.ndarray:
    """What a walk looks like: mean and spread over time of root and joint positions.

    Args:
        features: shape (T, 263), T at least 20.

    Returns:
        Shape (134,).
    """
    seen = np.asarray(features, dtype=np.float64)[_CUT, : layout_of(N_FEATURES).ric_positions.stop]
    return np.concatenate([seen.mean(axis=0), seen.std(axis=0)])


@dataclass(frozen=True)
class StyleClassifier:
    """Linear discriminant analysis of walks.

    Attributes:
        names: of the styles, in the order of the scores.
        mean: of the descriptions, shape (D,).
        std: of the same shape.
        weights: shape (D, S).
        bias: shape (S,).
    """

    names: tuple[str, ...]
    mean: np.ndarray
    std: np.ndarray
    weights: np.ndarray
    bias: np.ndarray

    @classmethod
    def fit(cls, clips: Sequence[np.ndarray], styles: Sequence[str]) -> "StyleClassifier":
        """Learn from features (T, 263) of walks and their styles."""
        names = tuple(sorted(set(styles)))
        labels = np.array([names.index(style) for style in styles])
        seen = np.array([describe_walk(clip) for clip in clips])
        mean, std = seen.mean(axis=0), seen.std(axis=0) + 1e-3
        scaled = (seen - mean) / std
        centres = np.array([scaled[labels == k].mean(axis=0) for k in range(len(names))])
        rest = scaled - centres[labels]
        covariance = rest.T @ rest / len(rest)
        same = np.trace(covariance) / len(covariance) * np.eye(len(covariance))
        covariance = (1 - SHRINKAGE) * covariance + SHRINKAGE * same
        weights = np.linalg.solve(covariance, centres.T)
        return cls(names, mean, std, weights, -0.5 * (centres * weights.T).sum(axis=1))

    def name(self, features: np.ndarray) -> str:
        """The style of a walk with features (T, 263)."""
        scores = (describe_walk(features) - self.mean) / self.std @ self.weights + self.bias
        return self.names[int(scores.argmax())]


def read_walks(folder: Path, split: str) -> tuple[list[np.ndarray], list[str]]:
    """Features (T, 263) and styles of the labelled walks of a split.

    Raises:
        MotionError: if the labels or a clip cannot be read, or there is no walk.
    """
    labels = read_labels(folder, "content", "style")
    found = {i: style for i, (content, style) in labels.items() if content == "walk"}
    ids = [i for i in read_split(folder, split) if found.get(i) in STYLES]
    styles = [found[i] for i in ids]
    if not ids:
        raise MotionError(f"{folder} has no labelled walk in the split '{split}'")
    lengths, skeleton = read_bone_lengths(folder / "skeleton.json")
    joints = (read_joints(folder / "joints" / f"{i}.npy", skeleton) for i in ids)
    clips = [encode_features(canonicalize(unify_skeleton(p, lengths))) for p in joints]
    return clips, styles


@dataclass(frozen=True)
class StyleReport:
    """Which style was asked for, and which was seen.

    Attributes:
        seen: for each asked style, how often each style was seen.
    """

    seen: dict[str, Counter[str]]

    @property
    def accuracy(self) -> float:
        """Mean share of the styles that were named rightly, 0 to 1."""
        return float(np.mean([c[asked] / c.total() for asked, c in self.seen.items()]))

    def table(self) -> Table:
        """Asked styles in rows, seen ones in columns."""
        table = Table(title="style asked, style seen")
        table.add_column("asked")
        for style in STYLES:
            table.add_column(style, justify="right")
        for asked, counts in self.seen.items():
            table.add_row(asked, *(str(counts[style] or "") for style in STYLES))
        return table


def check_styles(
    generate: Callable[[str, int], Motion],
    classifier: StyleClassifier,
    seeds: Sequence[int] = range(4),
    on_motion: Callable[[], None] | None = None,
) -> StyleReport:
    """Ask for walks in every style.

    Args:
        generate: makes the motion of a text and a seed.
        classifier: names the style of a walk.
        seeds: each text is asked for with each of them.
        on_motion: called after each motion.
    """
    seen: dict[str, Counter[str]] = {style: Counter() for style in STYLES}
    for style, phrases in STYLES.items():
        for text in sorted({f"{walk} {phrase}".strip() for walk in WALKS for phrase in phrases}):
            for seed in seeds:
                motion = generate(text, seed)
                seen[style][classifier.name(_features(motion))] += 1
                if on_motion is not None:
                    on_motion()
    return StyleReport(seen)


def _features(motion: Motion) -> np.ndarray:
    """Features of a motion, its last frame held where it is too short to be described."""
    positions = motion.to_y_up()
    lack = max(21 - len(positions), 0)
    positions = np.concatenate([positions, np.repeat(positions[-1:], lack, axis=0)])
    return encode_features(canonicalize(positions))

"""What is lost on the way from features to tokens and back."""

from collections.abc import Iterable
from dataclasses import dataclass, fields

import numpy as np

from motiongpt.motion import layout
from motiongpt.motion.features import recover_positions, skeleton_of
from motiongpt.motion.skeleton import Skeleton
from motiongpt.tokenizer.motion_tokenizer import MotionTokenizer

WINDOW = 196
"""Longest clip, in frames, that the field evaluates; longer ones are cut."""

STANCE_HEIGHT = 0.05
"""Height in [m] over the lowest toe of a clip below which a toe counts as on the ground."""


@dataclass(frozen=True)
class Reconstruction:
    """Scores of a tokenizer on clips; each field is a mean over all their frames.

    `mpjpe` follows the field: the pelvis is placed on the original's in every frame.
    """

    mpjpe: float
    """Mean joint error with the pelvis placed, in [mm]."""

    local_mpjpe: float
    """The same with the heading turned to the original's as well, in [mm]."""

    world_mpjpe: float
    """The same with nothing placed but the first frame: drift counts, in [mm]."""

    velocity_error: float
    """Mean difference of joint velocities with the pelvis placed, in [mm/s]."""

    acceleration_error: float
    """Mean difference of joint accelerations, in [mm/frame^2], the field's ACCEL."""

    jitter_ratio: float
    """Mean third difference of the joints' places over the original's."""

    skate: float
    """Mean horizontal speed of toes near the ground, in [cm/s]."""

    skate_ratio: float
    """`skate` over the original's own."""

    codes_used: float
    """Share of the codebook that the clips use, at every phase that a token can begin at."""

    perplexity: float
    """Exponential of the entropy of the codes' use."""

    tokens_a_second: float
    """Motion tokens a second of motion."""

    def as_dict(self) -> dict[str, float]:
        """Scores by name."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


def foot_speeds(positions: np.ndarray, skeleton: Skeleton) -> np.ndarray:
    """Horizontal speeds (N,) in [m/s] of the toes in the frames where they are near the ground.

    Args:
        positions: shape (T, J, 3), y up, in the skeleton's unit.
        skeleton: its joints.
    """
    toes = positions[:, [skeleton.feet[1], skeleton.feet[3]]] * skeleton.unit
    speed = np.linalg.norm(np.diff(toes[..., [0, 2]], axis=0), axis=-1) * skeleton.fps
    low = toes[:-1, :, 1] < np.percentile(toes[..., 1], 2) + STANCE_HEIGHT
    return speed[low]


class _Sums:
    """Sums of errors over clips of one skeleton."""

    def __init__(self, skeleton: Skeleton) -> None:
        self.skeleton = skeleton
        self.values: dict[str, list[np.ndarray]] = {}

    def add(self, name: str, values: np.ndarray) -> None:
        self.values.setdefault(name, []).append(np.ravel(values))

    def mean(self, name: str) -> float:
        return float(np.concatenate(self.values[name]).mean())

    def compare(self, features: np.ndarray, again: np.ndarray) -> None:
        """Add the errors of one clip (T, F) and its reconstruction."""
        placed = again.copy()
        for group in (layout.ROOT_YAW_VELOCITY, layout.ROOT_PLANAR_VELOCITY):
            placed[:, group] = features[:, group]
        unit = 1000 * self.skeleton.unit
        ours, local, theirs = (recover_positions(f) for f in (again, placed, features))
        gap = unit * (ours - theirs)
        self.add("world", np.linalg.norm(gap, axis=-1))
        gap = gap - gap[:, :1]
        self.add("mpjpe", np.linalg.norm(gap, axis=-1))
        self.add("velocity", np.linalg.norm(np.diff(gap, axis=0), axis=-1) * self.skeleton.fps)
        self.add("acceleration", np.linalg.norm(np.diff(gap, 2, axis=0), axis=-1))
        gap = unit * (local - theirs)
        self.add("local", np.linalg.norm(gap - gap[:, :1], axis=-1))
        for name, positions in (("ours", ours), ("theirs", theirs)):
            self.add(f"jerk {name}", np.linalg.norm(np.diff(positions, 3, axis=0), axis=-1))
            self.add(f"skate {name}", 100 * foot_speeds(positions, self.skeleton))


def evaluate_reconstruction(
    tokenizer: MotionTokenizer, clips: Iterable[np.ndarray]
) -> Reconstruction:
    """Measure a tokenizer on clips.

    Args:
        tokenizer: what is measured.
        clips: features (T, F), not normalized; pieces of at most `WINDOW` frames are judged.
    """
    sums, counts, n_tokens, n_frames = None, np.zeros(tokenizer.n_codes), 0, 0
    for clip in clips:
        clip = np.asarray(clip, dtype=np.float64)
        sums = sums or _Sums(skeleton_of(clip))
        for start in range(0, len(clip), WINDOW):
            piece = clip[start : start + WINDOW]
            if len(piece) < max(tokenizer.model.config.downsampling, 4):
                continue
            indices = tokenizer.encode_features(piece)
            again = tokenizer.decode_features(indices)
            n_tokens += len(indices)
            n_frames += len(again)
            counts += np.bincount(indices, minlength=len(counts))
            for phase in range(1, tokenizer.model.config.downsampling):
                if len(piece) - phase >= tokenizer.model.config.downsampling:
                    shifted = tokenizer.encode_features(piece[phase:])
                    counts += np.bincount(shifted, minlength=len(counts))
            sums.compare(piece[: len(again)], again)
    assert sums is not None, "no clip"
    share = counts[counts > 0] / counts.sum()
    return Reconstruction(
        mpjpe=sums.mean("mpjpe"),
        local_mpjpe=sums.mean("local"),
        world_mpjpe=sums.mean("world"),
        velocity_error=sums.mean("velocity"),
        acceleration_error=sums.mean("acceleration"),
        jitter_ratio=sums.mean("jerk ours") / sums.mean("jerk theirs"),
        skate=sums.mean("skate ours"),
        skate_ratio=sums.mean("skate ours") / sums.mean("skate theirs"),
        codes_used=float((counts > 0).mean()),
        perplexity=float(np.exp(-(share * np.log(share)).sum())),
        tokens_a_second=float(n_tokens / n_frames * sums.skeleton.fps),
    )

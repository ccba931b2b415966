"""What is evaluated: something that makes motion of a request.

`PipelineGenerator` is the one place that knows how the library is asked.
"""

from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from motiongpt.errors import CommandError
from motiongpt.evaluate.tasks import Task
from motiongpt.evaluate.test_set import FRAMES_A_POSE, Request
from motiongpt.lm.decoding import Sampling
from motiongpt.motion import layout
from motiongpt.motion.features import canonicalize, encode_features, recover_positions
from motiongpt.motion.layout import layout_of
from motiongpt.motion.motion import Motion
from motiongpt.motion.skeleton import HUMANML3D
from motiongpt.pipeline import MotionGPT
from motiongpt.poses import Keyframe, Poses


@dataclass(frozen=True)
class Made:
    """A motion that was made for a request.

    Attributes:
        features: shape (T, F), not normalized.
        tokens: what it was decoded of; empty if of nothing.
        refused: whether the text was not taken as a command, and the body stands still.
    """

    features: np.ndarray
    tokens: tuple[int, ...] = ()
    refused: bool = False


class Generator(Protocol):
    """Makes motion."""

    def __call__(self, request: Request, task: Task) -> Made:
        """Make a motion of a request's caption and, by the task, its poses."""


@dataclass(frozen=True)
class PipelineGenerator:
    """The library, asked as a user asks it.

    Attributes:
        model: text to motion.
        still: frame (F,) of a body that stands, for texts that are refused.
        sampling: how tokens are drawn; the seed is the request's.
        duration: wanted length in [s]; None lets the model decide.
    """

    model: MotionGPT
    still: np.ndarray
    sampling: Sampling
    duration: float | None = None

    def __call__(self, request: Request, task: Task) -> Made:
        """Make a motion; a text that the model refuses gives a body that stands."""
        tokenizer = self.model.tokenizer
        try:
            made = self.model.generate(
                request.caption.text,
                sampling=replace(self.sampling, seed=request.seed),
                poses=given_poses(request, task),
                duration=self.duration,
            )
        except CommandError:
            return Made(hold(self.still, len(request.clip.features)), refused=True)
        if task is Task.TEXT:
            return Made(tokenizer.decode_features(made.tokens), made.tokens)
        return Made(_features(made.motion), made.tokens)


def given_poses(request: Request, task: Task) -> Poses:
    """The poses of the real clip that a task gives, as a user gives them.

    Each is the frames of one motion token; those of key poses at their times.
    """
    if task is Task.TEXT:
        return Poses()
    frames = Motion.from_y_up(recover_positions(request.clip.features)).positions
    if task is Task.INITIAL:
        return Poses(initial=frames[:FRAMES_A_POSE])
    if task is Task.LAST:
        return Poses(last=frames[-FRAMES_A_POSE:])
    firsts, fps = [FRAMES_A_POSE * place for place in request.places(task)], HUMANML3D.fps
    keys = (Keyframe(frames[first : first + FRAMES_A_POSE], first / fps) for first in firsts)
    return Poses(keys=tuple(keys))


def _features(motion: Motion) -> np.ndarray:
    """Features (T, 263) of a motion, which stands still after its last frame."""
    positions = motion.to_y_up()
    return encode_features(canonicalize(np.concatenate([positions, positions[-1:]])))


def reconstruct(model: MotionGPT, request: Request) -> Made:
    """What is left of a real clip after the motion tokenizer."""
    tokens = model.tokenizer.encode_features(request.clip.features)
    return Made(model.tokenizer.decode_features(tokens), tokens)


def hold(frame: np.ndarray, n_frames: int) -> np.ndarray:
    """Features (T, F) of a body that keeps the pose of a frame (F,) and does not move."""
    at = layout_of(len(frame))
    still = frame.copy()
    for group in (
        layout.ROOT_YAW_VELOCITY,
        layout.ROOT_PLANAR_VELOCITY,
        at.local_velocities,
    ):
        still[group] = 0
    still[at.foot_contacts] = 1
    return np.repeat(still[None], max(n_frames, FRAMES_A_POSE), axis=0)


def standing_frame(clips: list[np.ndarray], mean: np.ndarray, std: np.ndarray) -> np.ndarray:
    """The frame (F,) of clips that is nearest to the mean of all, features scaled."""
    best: tuple[float, np.ndarray] = (np.inf, clips[0][0])
    for clip in clips:
        gaps = (((clip - mean) / std) ** 2).sum(1)
        at = int(gaps.argmin())
        best = min(best, (float(gaps[at]), clip[at]), key=lambda pair: pair[0])
    return best[1].astype(np.float64)

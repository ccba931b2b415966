"""What is evaluated: something that makes motion of a request.

`PipelineGenerator` is the one place that knows how the library is asked.
"""

from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from motiongpt.errors import CommandError
from motiongpt.evaluate.test_set import FRAMES_A_POSE, Request
from motiongpt.lm.decoding import Sampling
from motiongpt.lm.prompts import Task, condition_of
from motiongpt.motion import layout
from motiongpt.motion.layout import layout_of
from motiongpt.pipeline import MotionGPT


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
        condition: tuple[int, ...] = ()
        if task is not Task.TEXT:
            tokens = tokenizer.encode_features(request.clip.features)
            condition = condition_of(tokens, task, request.keys)
        try:
            made = self.model.generate(
                request.caption.text,
                sampling=replace(self.sampling, seed=request.seed),
                task=task,
                condition=condition,
                duration=self.duration,
            )
        except CommandError:
            return Made(hold(self.still, len(request.clip.features)), refused=True)
        return Made(tokenizer.decode_features(made.tokens), made.tokens)


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

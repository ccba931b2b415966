"""Poses that a motion begins with, ends with or passes through."""

from dataclasses import dataclass, field

import numpy as np

from motiongpt.errors import CommandError
from motiongpt.lm.conditions import MAX_INITIAL, MAX_LAST
from motiongpt.lm.prompts import Given, KeyToken
from motiongpt.motion.features import canonicalize, encode_features
from motiongpt.motion.motion import Motion
from motiongpt.motion.pass_through import PoseAt, pass_through
from motiongpt.tokenizer.motion_tokenizer import MotionTokenizer


@dataclass(frozen=True)
class Keyframe:
    """A pose that a motion passes through.

    Attributes:
        pose: joint positions (22, 3) in [m], z up, or in motion the frames of one token,
            (n, 22, 3); place and heading are free.
        time: when, in [s] from the motion's beginning, of frames the first; None leaves that to
            the model.
    """

    pose: np.ndarray
    time: float | None = None


@dataclass(frozen=True)
class Poses:
    """Poses that are given with a text, or without.

    Joint positions are in [m], z up; place and heading are free. Single poses, (22, 3), are held
    still for an instant; frames, (n, 22, 3) at the tokenizer's rate, are gone on from, or led to,
    in motion.

    Attributes:
        initial: what the motion begins with.
        last: what it ends with.
        keys: what it passes through, those with a time in its order.
    """

    initial: np.ndarray | None = None
    last: np.ndarray | None = None
    keys: tuple[Keyframe, ...] = field(default_factory=tuple)

    def to_given(self, tokenizer: MotionTokenizer, n_tokens: int | None = None) -> Given:
        """The poses as motion tokens.

        Args:
            tokenizer: of the model.
            n_tokens: wanted length.

        Raises:
            CommandError: for frames that are less than one token.
            MotionError: for a wrong shape or a value that is not finite.
            LanguageModelError: if they do not fit together or into the length.
        """
        rate = tokenizer.tokens_a_second
        return Given(
            initial=_tokens(self._initial(tokenizer), tokenizer)[-MAX_INITIAL:],
            last=_tokens(self.last, tokenizer)[:MAX_LAST],
            keys=tuple(
                KeyToken(
                    _key_token(key.pose, tokenizer),
                    None if key.time is None else int(key.time * rate + 1e-9),
                )
                for key in self.keys
            ),
            n_tokens=n_tokens,
        )

    def _initial(self, tokenizer: MotionTokenizer) -> np.ndarray | None:
        """Initial frames without those at their beginning that make no whole token."""
        if self.initial is None or np.ndim(self.initial) == 2:
            return self.initial
        n, per_token = len(self.initial), int(tokenizer.frames_per_token)
        return self.initial if n < per_token else self.initial[n % per_token :]

    def lead(self, motion: Motion, given: Given, tokenizer: MotionTokenizer) -> Motion:
        """Lead a decoded motion exactly through the poses with a known time.

        Args:
            motion: decoded from an answer to `given`.
            given: the poses as tokens.
            tokenizer: of the model.
        """
        at: dict[int, np.ndarray] = {}
        per_token = int(tokenizer.frames_per_token)
        for key in self.keys:
            if key.time is not None:
                first = round(key.time * tokenizer.fps)
                at |= dict(enumerate(_frames(key.pose)[: motion.n_frames - first], start=first))
        if self.initial is not None:
            frames = _frames(self.initial)
            frames = frames[len(frames) - _whole(frames, len(given.initial), per_token) :]
            at |= dict(enumerate(frames))
        if self.last is not None:
            frames = _frames(self.last)
            frames = frames[: _whole(frames, len(given.last), per_token)]
            at |= dict(enumerate(frames, start=motion.n_frames - len(frames)))
        return pass_through(motion, [PoseAt(frame, at[frame]) for frame in sorted(at)])


def _key_token(pose: np.ndarray, tokenizer: MotionTokenizer) -> int:
    """Code index of a key pose, held still or in motion."""
    per_token = int(tokenizer.frames_per_token)
    if np.ndim(pose) != 3:
        return tokenizer.encode_pose(pose)
    if len(pose) != per_token:
        raise CommandError(
            f"a key pose in motion has {len(pose)} frames; allowed: {per_token}, those of a token"
        )
    return encode_frames(pose, tokenizer)[0]


def _frames(poses: np.ndarray) -> np.ndarray:
    poses = np.asarray(poses, dtype=np.float64)
    return poses[None] if poses.ndim == 2 else poses


def _whole(frames: np.ndarray, n_tokens: int, per_token: int) -> int:
    """How many of some frames the tokens stand for; a single pose is one frame."""
    return min(len(frames), n_tokens * per_token)


def encode_frames(frames: np.ndarray, tokenizer: MotionTokenizer) -> tuple[int, ...]:
    """Code indices of frames.

    Args:
        frames: joint positions (n, 22, 3) in [m], z up, at the tokenizer's rate; a rest of less
            than a token is left out at the end.
        tokenizer: of the model.

    Raises:
        CommandError: for less than one token.
        MotionError: for a wrong shape or a value that is not finite.
    """
    per_token = int(tokenizer.frames_per_token)
    if len(frames) < per_token:
        raise CommandError(
            f"{len(frames)} frames are given; allowed: one pose, or {per_token} frames and more"
        )
    motion = Motion(frames, tokenizer.fps).to_y_up()
    # Features are of changes between frames: with the last one twice none is lost.
    motion = canonicalize(np.concatenate([motion, motion[-1:]]), tokenizer.skeleton)
    return tokenizer.encode_features(encode_features(motion, tokenizer.skeleton))


def _tokens(poses: np.ndarray | None, tokenizer: MotionTokenizer) -> tuple[int, ...]:
    if poses is None:
        return ()
    frames = _frames(poses)
    if len(frames) == 1:
        return (tokenizer.encode_pose(frames[0]),)
    return encode_frames(frames, tokenizer)

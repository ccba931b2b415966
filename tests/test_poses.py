from pathlib import Path

import numpy as np
import pytest

from motiongpt.errors import CommandError, LanguageModelError, MotionError
from motiongpt.lm.decoding import Sampling
from motiongpt.motion.features import facing_turn
from motiongpt.motion.motion import Motion
from motiongpt.motion.rotation import rotate_about_y
from motiongpt.pipeline import MotionGPT
from motiongpt.poses import Keyframe, Poses, encode_frames

NEAR = 0.03
"""Mean joint error in [m] at a given pose."""


@pytest.fixture(scope="module")
def model() -> MotionGPT:
    return MotionGPT.load()


@pytest.fixture(scope="module")
def seen(model: MotionGPT) -> Motion:
    """A motion to take poses from."""
    sampling = Sampling(temperature=1.0, seed=4, min_tokens=20)
    return model.generate("a person kicks with the left leg", sampling=sampling).motion


def _local(poses: np.ndarray) -> np.ndarray:
    """Poses (n, 22, 3) facing one way, pelvis above the origin."""
    positions = Motion(poses).to_y_up()
    positions = positions - positions[:, :1] * [1, 0, 1]
    return rotate_about_y(positions, facing_turn(positions)[:, None])


def _error(motion: Motion, frame: int, pose: np.ndarray) -> float:
    passed = _local(motion.positions[[frame]])
    return float(np.linalg.norm(passed - _local(pose[None]), axis=-1).mean())


@pytest.mark.parametrize("text", ["walk forward", None])
def test_the_motion_passes_through_the_poses_at_their_times(
    model: MotionGPT, seen: Motion, text: str | None
) -> None:
    poses = Poses(
        initial=seen.positions[10],
        last=seen.positions[40],
        keys=(Keyframe(seen.positions[24], 1.5), Keyframe(seen.positions[4], 2.4)),
    )
    result = model.generate(text, poses=poses, duration=4.0)
    assert result.motion.n_frames == 80
    for frame, pose in ((0, 10), (30, 24), (48, 4), (79, 40)):
        assert _error(result.motion, frame, seen.positions[pose]) < NEAR


def test_a_last_pose_without_a_length_ends_the_motion(model: MotionGPT, seen: Motion) -> None:
    result = model.generate("walk forward", poses=Poses(last=seen.positions[24]))
    assert _error(result.motion, -1, seen.positions[24]) < NEAR


def test_frames_are_gone_on_from(model: MotionGPT, seen: Motion) -> None:
    frames = seen.positions[:24]
    result = model.generate("walk forward", poses=Poses(initial=frames), duration=4.0)
    errors = [_error(result.motion, frame, frames[frame]) for frame in range(24)]
    assert max(errors) < NEAR
    steps = np.linalg.norm(np.diff(_local(result.motion.positions), axis=0), axis=-1).max(axis=1)
    assert steps[22:26].max() < 1.5 * steps.max(initial=0, where=np.arange(79) < 22) + 0.02


def test_a_key_pose_in_motion_is_passed_through_in_motion(model: MotionGPT, seen: Motion) -> None:
    frames = seen.positions[20:24]
    result = model.generate(
        "walk forward", poses=Poses(keys=(Keyframe(frames, 1.6),)), duration=3.0
    )
    assert result.tokens[8] == encode_frames(frames, model.tokenizer)[0]
    for frame in range(4):
        assert _error(result.motion, 32 + frame, frames[frame]) < NEAR
    with pytest.raises(CommandError, match="3 frames; allowed: 4, those of a token"):
        model.generate("walk", poses=Poses(keys=(Keyframe(frames[:3], 1.6),)))


def test_an_untimed_key_needs_no_length(model: MotionGPT, seen: Motion) -> None:
    keys = (Keyframe(seen.positions[24]), Keyframe(seen.positions[30]))
    assert model.generate("walk forward", poses=Poses(keys=keys)).motion.n_frames > 16


def test_poses_that_are_not_usable_are_refused(model: MotionGPT, seen: Motion) -> None:
    with pytest.raises(CommandError, match="2 frames are given; allowed: one pose, or 4"):
        model.generate("walk", poses=Poses(initial=seen.positions[:2]))
    with pytest.raises(MotionError, match="not finite"):
        model.generate("walk", poses=Poses(last=np.full((22, 3), np.nan)))
    with pytest.raises(LanguageModelError, match="a key token at 10; allowed: 0 to 9"):
        key = Keyframe(seen.positions[0], 2.0)
        model.generate("walk", poses=Poses(keys=(key,)), duration=2.0)


def test_steps_follow_each_other_without_a_seam(model: MotionGPT, tmp_path: Path) -> None:
    text = ", then ".join(["walk forward", "wave your right hand", "take a bow"] * 8)
    sampling = Sampling(temperature=0.5, seed=1)
    result = model.generate(text, sampling=sampling)
    positions = result.motion.positions
    assert result.motion.duration > 40
    assert np.isfinite(positions).all()
    speeds = np.linalg.norm(np.diff(positions, axis=0), axis=-1) * 20  # (T - 1, 22) in [m/s]
    assert speeds.max() < 12
    assert positions[..., 2].min() > -0.15  # nothing sinks into the floor
    height = positions[:, 0, 2]
    assert abs(height[-100:].mean() - height[:100].mean()) < 0.1  # no drift
    thirds = np.array_split(speeds.mean(axis=1), 3)
    assert min(part.mean() for part in thirds) > 0.4 * max(part.mean() for part in thirds)

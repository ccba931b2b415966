from pathlib import Path

import numpy as np
import pytest

from motiongpt.matching.compositions import compose
from motiongpt.matching.pairs import Clip, Pairs, load_pairs, moving_features
from motiongpt.motion import layout
from motiongpt.motion.crouches import DOWN, DOWN_AND_UP
from motiongpt.motion.dataset import Caption
from motiongpt.motion.features import canonicalize, encode_features, recover_positions
from motiongpt.motion.prepare import Preparation
from motiongpt.motion.skeleton import JOINT_INDEX
from tests.matching.conftest import walk
from tests.motion.clips import squatting_clip


def _pairs(frames: np.ndarray, *captions: Caption, max_frames: int = 196) -> Pairs:
    moving = np.zeros(frames.shape[1], dtype=bool)
    moving[0] = True
    return Pairs(((Clip(frames.astype(np.float16), captions),),), 20.0, moving, max_frames)


def test_a_clip_is_drawn_together_with_its_mirror_image(
    dataset: tuple[Path, Preparation],
) -> None:
    folder, data = dataset
    pairs = load_pairs(folder, folder, data, "train", 196)
    drawn = pairs.draw(6, np.random.default_rng(0))
    assert len(pairs.clips) == 8 and len(drawn) == 6
    for (_, text, one), (_, mirrored, other) in zip(drawn[::2], drawn[1::2], strict=True):
        assert text.replace("left", "right") == mirrored
        assert len(one) == len(other)


def test_draws_come_again_with_the_same_seed(dataset: tuple[Path, Preparation]) -> None:
    folder, data = dataset
    pairs = load_pairs(folder, folder, data, "train", 196)
    one, other = (pairs.draw(4, np.random.default_rng(5)) for _ in range(2))
    assert [text for _, text, _ in one] == [text for _, text, _ in other]
    assert all(np.array_equal(a[2], b[2]) for a, b in zip(one, other, strict=True))


def test_a_clip_that_is_played_faster_moves_faster() -> None:
    ramp = np.stack([np.full(200, 0.1), np.arange(200) * 0.1], axis=1)
    pairs = _pairs(ramp, Caption("walk"))
    for seed in range(10):
        frames = pairs.draw(1, np.random.default_rng(seed))[0][2]
        velocity, position = frames.T
        assert np.allclose(np.diff(position), velocity[1:], atol=0.02)


def test_only_the_span_of_a_caption_is_drawn_and_never_too_much() -> None:
    frames = np.repeat(np.arange(400.0)[:, None], 2, axis=1)
    pairs = _pairs(frames, Caption("walk", 5.0, 10.0))
    for seed in range(10):
        drawn = pairs.draw(1, np.random.default_rng(seed))[0][2][:, 1]
        assert drawn.min() >= 100 and drawn.max() <= 200
    whole = _pairs(frames, Caption("walk"), max_frames=64)
    starts = set()
    for seed in range(10):
        drawn = whole.draw(1, np.random.default_rng(seed))[0][2]
        assert len(drawn) <= 64
        starts.add(round(float(drawn[0, 1])))
    assert len(starts) > 5


def test_velocities_are_marked_and_positions_are_not() -> None:
    moving = moving_features(263)
    assert len(moving) == 137 and moving.sum() == 3 + 66
    assert moving[layout.ROOT_YAW_VELOCITY].all() and not moving[layout.ROOT_HEIGHT].any()


def test_clips_are_combined_if_wanted(dataset: tuple[Path, Preparation]) -> None:
    folder, data = dataset
    calls: list[tuple[int, int]] = []
    pairs = load_pairs(
        folder, folder, data, "train", 196, 5, on_progress=lambda *call: calls.append(call)
    )
    assert calls[-1] == (13, 13)
    assert len(pairs.clips) > 8
    assert any(" then " in text or " and " in text for text in pairs.texts)


def test_squats_inside_clips_are_pairs_of_their_own(
    dataset: tuple[Path, Preparation],
) -> None:
    folder, data = dataset
    for name in ("clip0", "Mclip0"):
        features = encode_features(canonicalize(squatting_clip()))
        np.save(folder / "features" / f"{name}.npy", features)
    pairs = load_pairs(folder, folder, data, "train", 196, 1)
    squats = [images for images in pairs.clips if images[0].captions[0].text in DOWN + DOWN_AND_UP]
    assert len(squats) == 6
    assert all(len(images) == 2 and images[0].frames.shape[1] == 137 for images in squats)


def test_two_clips_follow_each_other_in_motion_and_words() -> None:
    one, other = walk(41), walk(61, seed=1)
    rng = np.random.default_rng(0)
    combined = compose((("a person walks",), one), (("he bows to the left",), other), rng, 196)
    (said, features), (mirrored, image) = combined
    assert all(text.startswith("a person walks") and "bows" in text for text in said)
    assert "right" in mirrored[0]
    assert features.shape == image.shape == (40 + 60 - 8 - 1, 263)


def test_arms_of_a_gesture_go_on_the_body_of_a_walk() -> None:
    legs, arms = walk(81), walk(61, seed=1)
    rng = np.random.default_rng(0)
    gesture = (("a person waves with the left hand",), arms)
    combined = [compose((("a person walks",), legs), gesture, rng, 196) for _ in range(10)]
    together = [c for c in combined if "while also" in c[0][0][0] or "same time" in c[0][0][0]]
    assert 3 <= len(together) < 10
    placed = recover_positions(together[0][0][1])
    knee = JOINT_INDEX["left_knee"]
    walked = recover_positions(legs)[: len(placed)]
    assert np.allclose(placed[:, knee] - placed[:, 0], walked[:, knee] - walked[:, 0], atol=0.02)


@pytest.mark.parametrize("n", [12, 200])
def test_clips_that_are_too_short_or_too_long_are_not_combined(n: int) -> None:
    clip = walk(n)
    rng = np.random.default_rng(0)
    assert compose((("a person walks",), clip), (("he bows",), clip), rng, 196) == ()

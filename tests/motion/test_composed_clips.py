from pathlib import Path

import numpy as np
import pytest

from motiongpt.errors import MotionError
from motiongpt.motion.compose import BLEND_FRAMES
from motiongpt.motion.composed_clips import compose_clips, swap_arms
from motiongpt.motion.features import recover_positions
from motiongpt.motion.skeleton import JOINT_INDEX

IDS = ("walk", "wave")
WRIST = JOINT_INDEX["left_wrist"]


def test_clips_follow_each_other_or_are_put_together(two_clips: Path) -> None:
    clips = list(compose_clips(two_clips, two_clips / "prepared", IDS, 30, seed=0))
    together = [clip for clip in clips if clip.together]
    after = [clip for clip in clips if not clip.together]
    assert together and after
    assert {len(clip.features) for clip in together} == {58}  # as long as the shorter one
    for clip in together:
        text = clip.captions[0].text
        assert text.startswith("a person walks forward") and "hand" in text
    for clip in after:
        whole, second = clip.captions
        assert whole.end == 0 and second.end > second.start == (59 - BLEND_FRAMES) / 20
        assert whole.text.endswith(second.text.removeprefix("a person "))


def test_folders_without_a_usable_clip_are_refused(two_clips: Path) -> None:
    (two_clips / "texts" / "silent.txt").write_text("he bows#x#1.0#2.0\n")
    for name in ("silent", "Msilent"):
        features = np.load(two_clips / "prepared" / "features" / "walk.npy")
        np.save(two_clips / "prepared" / "features" / f"{name}.npy", features)
    with pytest.raises(MotionError, match="no clip can be composed: of 1 none has 16 to 196"):
        list(compose_clips(two_clips, two_clips / "prepared", ("silent",), 1, seed=0))


def test_a_clip_with_the_arms_of_another_keeps_its_legs(two_clips: Path) -> None:
    names = ("walk", "wave")
    clips = [np.load(two_clips / "prepared" / "features" / f"{name}.npy") for name in names]
    own = [recover_positions(clip) for clip in clips]
    mixed = [recover_positions(clip) for clip in swap_arms(clips, 20, seed=0)]
    assert len(mixed) == 20
    foot, differ = JOINT_INDEX["left_foot"], 0
    for positions in mixed:
        feet = [
            np.abs(positions[:, foot, 1] - one[: len(positions), foot, 1]).max() for one in own
        ]
        assert min(feet) < 0.02
        body = own[int(np.argmin(feet))]
        differ += np.abs(positions[:, WRIST] - body[: len(positions), WRIST]).max() > 0.02
    assert differ > 3

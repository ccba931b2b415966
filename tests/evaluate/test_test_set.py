from pathlib import Path

import numpy as np
import pytest

from motiongpt.errors import EvaluationError
from motiongpt.evaluate.tasks import Task
from motiongpt.evaluate.test_set import RealClip, draw_requests, load_clips
from motiongpt.motion.prepare import Preparation
from tests.matching.conftest import dataset  # noqa: F401 - a fixture


def test_clips_are_read_with_their_captions_and_mirror_images(
    dataset: tuple[Path, Preparation],  # noqa: F811
) -> None:
    folder, data = dataset
    clips = load_clips(folder, folder, data, "val", mirrored=True)
    assert len(clips) == 16
    assert clips[0].captions[0].tokens == ("a/DET",)
    assert "left" in clips[0].captions[0].text and "right" in clips[8].captions[0].text
    assert all(len(clip.features) % 4 == 0 for clip in clips)


def test_a_missing_split_and_missing_captions_are_named(
    dataset: tuple[Path, Preparation],  # noqa: F811
) -> None:
    folder, data = dataset
    with pytest.raises(EvaluationError, match="no split 'test'; splits: train, val"):
        load_clips(folder, folder, data, "test")
    for path in (folder / "texts").iterdir():
        path.write_text("he waves#he/PRON#1.0#2.0\n")
    with pytest.raises(EvaluationError, match="has a caption of its own"):
        load_clips(folder, folder, data, "val")


def test_poses_are_frames_of_the_clip_at_their_places(clips: tuple[RealClip, ...]) -> None:
    for request in draw_requests(clips, seed=1):
        features = request.clip.features
        assert 3 <= len(request.keys) <= 5 and list(request.keys) == sorted(set(request.keys))
        assert np.array_equal(request.poses(Task.INITIAL)[0], features[:4])
        assert np.array_equal(request.poses(Task.LAST)[0], features[-4:])
        for pose, key in zip(request.poses(Task.KEYS), request.keys, strict=True):
            assert np.array_equal(pose, features[4 * key : 4 * key + 4])
        assert len(request.poses(Task.TEXT)) == 0


def test_the_same_seed_draws_the_same_requests(clips: tuple[RealClip, ...]) -> None:
    one, same, other = (draw_requests(clips, seed) for seed in (1, 1, 2))
    assert [r.keys for r in one] == [r.keys for r in same]
    assert [r.seed for r in one] != [r.seed for r in other]

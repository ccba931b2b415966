"""The shipped tokenizer on real clips of a folder given by the environment."""

import os
from pathlib import Path

import numpy as np
import pytest

from motiongpt.model_folder import find_model
from motiongpt.motion.augment import mirror_positions
from motiongpt.motion.dataset import open_dataset, read_joints, read_split
from motiongpt.motion.prepare import clip_features
from motiongpt.tokenizer.motion_tokenizer import MotionTokenizer
from motiongpt.tokenizer.reconstruction import evaluate_reconstruction

DATA = Path(os.environ.get("MOTIONGPT_DATA", Path(__file__).parents[3] / "shared" / "data"))


@pytest.fixture(scope="module")
def tokenizer() -> MotionTokenizer:
    return MotionTokenizer.load(find_model("default").tokenizer)


@pytest.mark.skipif(not (DATA / "val.txt").is_file(), reason="no real clips (MOTIONGPT_DATA)")
def test_it_rebuilds_real_motion(tokenizer: MotionTokenizer) -> None:
    ids = read_split(DATA, "val")
    dataset = open_dataset(DATA, ids)
    assert dataset.bone_lengths is not None
    clips = []
    for clip_id in ids:
        positions = read_joints(dataset.source(clip_id))
        for clip in (positions, mirror_positions(positions)):
            clips.append(clip_features(clip, dataset.bone_lengths))
    scores = evaluate_reconstruction(tokenizer, clips)
    assert scores.mpjpe <= 45
    assert scores.skate_ratio <= 1.5
    assert scores.jitter_ratio <= 1.5
    assert scores.codes_used >= 0.9


def test_it_streams_the_motion_that_it_decodes(tokenizer: MotionTokenizer) -> None:
    tokens = list(range(40))
    stream = tokenizer.stream()
    parts = [stream.push([token]) for token in tokens]
    assert sum(map(len, parts)) == 160 - stream.look_ahead
    parts.append(stream.finish())
    assert np.allclose(np.concatenate(parts), tokenizer.decode(tokens).positions, atol=1e-4)

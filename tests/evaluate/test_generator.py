from dataclasses import replace

import numpy as np
import pytest

from motiongpt.evaluate.generator import PipelineGenerator, hold, reconstruct, standing_frame
from motiongpt.evaluate.run import Evaluation
from motiongpt.evaluate.tasks import Task
from motiongpt.evaluate.test_set import draw_requests
from motiongpt.motion.dataset import Caption
from motiongpt.motion.features import recover_positions
from tests.matching.conftest import walk


@pytest.fixture(scope="module")
def generator(evaluation: Evaluation) -> PipelineGenerator:
    return evaluation.pipeline()


@pytest.mark.parametrize("task", list(Task))
def test_each_task_gives_the_same_motion_for_the_same_seed(
    generator: PipelineGenerator, evaluation: Evaluation, task: Task
) -> None:
    request = draw_requests(evaluation.clips, 0)[0]
    one, other = generator(request, task), generator(request, task)
    assert one.tokens == other.tokens
    assert one.features.shape == (4 * len(one.tokens), 263)


def test_a_refused_text_stands_still_and_is_counted(
    generator: PipelineGenerator, evaluation: Evaluation
) -> None:
    request = draw_requests(evaluation.clips, 0)[0]
    foreign = replace(request, caption=Caption("marche en avant"))
    made = generator(foreign, Task.TEXT)
    assert made.refused and not made.tokens
    positions = recover_positions(made.features)
    assert len(positions) == len(request.clip.features)
    assert np.allclose(positions, positions[0])


def test_a_wanted_length_is_kept(generator: PipelineGenerator, evaluation: Evaluation) -> None:
    request = draw_requests(evaluation.clips, 0)[0]
    assert len(replace(generator, duration=2.0)(request, Task.TEXT).tokens) == 10


def test_a_reconstruction_is_as_long_as_the_clip(evaluation: Evaluation) -> None:
    request = draw_requests(evaluation.clips, 0)[0]
    made = reconstruct(evaluation.model, request)
    assert made.features.shape == request.clip.features.shape


def test_a_held_frame_neither_moves_nor_turns() -> None:
    positions = recover_positions(hold(walk()[7], 30))
    assert positions.shape == (30, 22, 3)
    assert np.allclose(positions, positions[0])


def test_the_standing_frame_is_the_one_nearest_to_the_mean() -> None:
    clips = [np.full((3, 263), value) for value in (0.0, 5.0, 9.0)]
    frame = standing_frame(clips, np.full(263, 5.5), np.ones(263))
    assert (frame == 5.0).all()

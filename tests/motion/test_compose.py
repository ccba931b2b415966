import numpy as np
import pytest

from motiongpt.motion.compose import (
    BLEND_FRAMES,
    join_captions,
    join_in_time,
    predicate,
    put_arms_on,
)
from motiongpt.motion.features import facing_turn
from motiongpt.motion.rotation import rotate_about_y
from motiongpt.motion.skeleton import HUMANML3D, JOINT_INDEX, N_JOINTS, PARENTS


def _figure(n_frames: int, heading: float, speed: float) -> np.ndarray:
    t = np.arange(n_frames) / 20
    pose = np.zeros((n_frames, N_JOINTS, 3))
    for joint in range(1, N_JOINTS):
        pose[:, joint] = pose[:, PARENTS[joint]] + 0.3 * HUMANML3D.rest_directions[joint]
    pose = pose + np.stack([0 * t, 0 * t + 1, speed * t], axis=-1)[:, None]
    return rotate_about_y(pose, np.array(heading))


def test_the_second_clip_goes_on_where_and_as_the_first_one_ends() -> None:
    joined = join_in_time(_figure(40, 0.5, 1.0), _figure(30, -2.0, 1.0))
    assert len(joined) == 70 - BLEND_FRAMES
    steps = np.diff(joined[:, 0], axis=0)
    assert np.allclose(np.linalg.norm(steps, axis=-1), 0.05, atol=1e-6)
    assert np.allclose(facing_turn(joined), -0.5)


def test_arms_of_another_clip_keep_their_place_at_the_shoulder() -> None:
    body, arms = _figure(30, 1.0, 1.0), _figure(40, -1.0, 0.0)
    wrist, collar = JOINT_INDEX["left_wrist"], JOINT_INDEX["left_collar"]
    arms[:, wrist] += [0.0, 0.7, 0.0]
    result = put_arms_on(body, arms, ("left",))
    assert result.shape == body.shape
    moved = np.zeros(N_JOINTS, dtype=bool)
    moved[wrist] = True
    assert np.allclose(result[:, ~moved], body[:, ~moved])
    assert np.allclose(result[:, wrist] - body[:, wrist], [0.0, 0.7, 0.0])
    assert np.allclose(result[:, collar], body[:, collar])


@pytest.mark.parametrize(
    ("caption", "expected"),
    [
        ("a person walks forward", "walks forward"),
        ("someone is waving", "waving"),
        ("the figure runs", "runs"),
        ("walk forward", None),
    ],
)
def test_a_caption_loses_its_subject(caption: str, expected: str | None) -> None:
    assert predicate(caption) == expected


def test_captions_of_one_mood_are_joined_and_others_are_not() -> None:
    assert join_captions("a man walks", "someone waves", " and ") == "a man walks and waves"
    assert join_captions("walk.", "wave", ", then ") == "walk, then wave"
    assert join_captions("walk", "a man waves", " and ") is None

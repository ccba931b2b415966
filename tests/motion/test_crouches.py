import numpy as np
import pytest

from motiongpt.motion.crouches import DOWN, DOWN_AND_UP, SPEEDS, cut_crouches, find_squats
from motiongpt.motion.kinematics import measure
from motiongpt.motion.motion import Motion
from motiongpt.motion.skeleton import JOINT_INDEX as J
from tests.motion.clips import squatting_clip


def test_a_squat_is_found_where_it_is() -> None:
    [(first, deepest, last)] = find_squats(squatting_clip(begin=40, n_frames=120), 20.0)
    assert 36 <= first <= 48 and 52 <= last <= 64
    assert deepest == 50


def test_two_squats_are_two() -> None:
    clip = np.concatenate([squatting_clip(), squatting_clip()])
    assert len(list(find_squats(clip, 20.0))) == 2


@pytest.mark.parametrize("harm", ["steps", "jumps", "bends", "shallow", "stays", "lifts a foot"])
def test_what_is_no_squat_is_left_out(harm: str) -> None:
    clip = squatting_clip(depth=0.25 if harm == "shallow" else 0.55)
    if harm == "steps":
        clip[..., 2] += np.linspace(0, 3, len(clip))[:, None]
    if harm == "jumps":
        clip[62:68, :, 1] += 0.4
    if harm == "bends":
        clip[40:60, J["neck"]] = clip[40:60, 0] + [0, 0.1, 0.5]
    if harm == "stays":
        clip[50:] = clip[50]
    if harm == "lifts a foot":
        clip[50, J["left_foot"], 1] += 0.4
    assert not list(find_squats(clip, 20.0))


def test_squats_are_cut_out_whole_and_down_to_the_deepest() -> None:
    found = list(cut_crouches(squatting_clip(begin=40, n_frames=120)))
    assert [c.captions for c in found] == [DOWN_AND_UP, DOWN] * len(SPEEDS)
    for crouch in found:
        seen = measure(Motion.from_y_up(crouch.positions))
        assert seen.drop > 0.45 and seen.rise < 0.05
    down, up = found[-1].positions[:, 0, 1], found[-2].positions[:, 0, 1]
    assert down[-1] < 0.6 < up[-1]
    assert len(found[0].positions) == pytest.approx(len(up) / SPEEDS[0], rel=0.1)

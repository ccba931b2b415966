import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motiongpt.errors import MotionError
from motiongpt.motion.features import facing_turn
from motiongpt.motion.motion import Motion
from motiongpt.motion.pass_through import PoseAt, falling_weight, pass_through
from motiongpt.motion.rotation import rotate_about_y
from motiongpt.motion.skeleton import HUMANML3D, N_JOINTS, PARENTS


def _motion(seed: int, n_frames: int = 60, sway: float = 0.5) -> Motion:
    """Bones that sway, walking and turning."""
    rng = np.random.default_rng(seed)
    t = np.arange(n_frames)[:, None] / 20
    positions = np.zeros((n_frames, N_JOINTS, 3))
    for joint in range(1, N_JOINTS):
        wave = sway * np.sin(2 * t + rng.uniform(0, 6, 3)) * rng.uniform(-1, 1, 3)
        bone = HUMANML3D.rest_directions[joint] + wave
        bone /= np.linalg.norm(bone, axis=-1, keepdims=True)
        positions[:, joint] = positions[:, PARENTS[joint]] + rng.uniform(0.1, 0.4) * bone
    positions = rotate_about_y(positions, rng.uniform(-3, 3) + t)
    return Motion.from_y_up(positions + np.concatenate([t, 1 + 0.1 * np.sin(t), t], 1)[:, None])


def _in_own_frame(pose: np.ndarray) -> np.ndarray:
    """A pose (22, 3) facing one way, its pelvis above the origin."""
    positions = Motion(pose[None]).to_y_up()
    positions = positions - positions[:, :1] * [1, 0, 1]
    return rotate_about_y(positions, facing_turn(positions)[:, None])[0]


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 999), st.lists(st.integers(0, 59), unique=True, min_size=1, max_size=4))
def test_the_motion_passes_through_every_pose(seed: int, frames: list[int]) -> None:
    motion, others = _motion(seed), _motion(seed + 1)
    poses = [PoseAt(frame, others.positions[frame]) for frame in sorted(frames)]
    led = pass_through(motion, poses)
    for at in poses:
        passed = _in_own_frame(led.positions[at.frame])
        assert np.allclose(passed, _in_own_frame(at.pose), atol=1e-9)
    assert np.allclose(led.positions[:, 0, :2], motion.positions[:, 0, :2])


def test_a_pose_adds_no_jump_in_velocity() -> None:
    motion, pose = _motion(0, sway=0.1), _motion(5, sway=0.1).positions[0]
    led = pass_through(motion, [PoseAt(0, pose), PoseAt(30, pose)])
    added = led.positions - motion.positions
    most = np.abs(added).max()
    assert most > 0.05
    # A polynomial that rises in 12 frames bends by at most 5.8 / 12^2 of its height a frame.
    bends = np.abs(np.diff(added, n=2, axis=0)).max()
    assert bends < 8 / 12**2 * most


def test_after_a_run_of_frames_the_motion_goes_on_with_their_velocity() -> None:
    motion, seen = _motion(0, sway=0.1), _motion(1, sway=0.1)
    for given_frames in (range(8), range(52, 60)):
        led = pass_through(motion, [PoseAt(f, seen.positions[f]) for f in given_frames])
        local = np.array([_in_own_frame(pose) for pose in led.positions])
        bends = np.linalg.norm(np.diff(local, n=2, axis=0), axis=-1).max(axis=-1)
        seam = 7 if given_frames[0] == 0 else 52  # bends[f - 1] is that at frame f
        assert bends[seam - 1] < 0.2 * bends.max()


def test_a_pose_that_is_met_changes_nothing() -> None:
    motion = _motion(3)
    led = pass_through(motion, [PoseAt(20, motion.positions[20] + [3.0, -1.0, 0.0])])
    assert np.allclose(led.positions, motion.positions, atol=1e-9)


def test_the_weight_is_flat_where_it_begins_and_ends() -> None:
    s = np.linspace(-1, 2, 3001)
    weight = falling_weight(s)
    assert weight[0] == weight[1000] == 1 and weight[2000] == weight[-1] == 0
    assert np.abs(np.diff(weight, n=2)).max() < 6e-6  # no kink: 5.8 times the step squared


def test_poses_at_no_frame_are_refused() -> None:
    motion = _motion(0)
    for frames in ((60,), (-1,), (4, 4), (5, 2)):
        with pytest.raises(MotionError, match="allowed: 0 to 59, in order, each once"):
            pass_through(motion, [PoseAt(frame, motion.positions[0]) for frame in frames])
    with pytest.raises(MotionError, match="shape"):
        pass_through(motion, [PoseAt(0, np.zeros((21, 3)))])

"""The model that ships: it loads fast, does as told, and its motions keep every limit."""

import json
import time
from pathlib import Path

import numpy as np
import pytest

from motiongpt.check.judge import Action, judge
from motiongpt.check.report import run_check
from motiongpt.model_folder import find_model
from motiongpt.motion.kinematics import measure
from motiongpt.motion.motion import Motion
from motiongpt.pipeline import MotionGPT
from motiongpt.retarget import JointState, count_violations, load_robot, plan_trajectory

SENTENCES = (
    "a person walks forward and waves with the right hand",
    "walk forward",
    "walk backwards",
    "walk slowly",
    "turn left",
    "turn right",
    "run",
    "jog in place",
    "raise your left hand",
    "raise your right hand",
    "raise both hands",
    "wave your left hand",
    "wave your right hand",
    "wave with both hands",
    "bow",
    "punch with the right fist",
    "a person kicks with the left foot",
    "jump up and down",
    "dance",
    "sit down on a chair",
)
LARGEST_MB = 60
SLOWEST_LOAD = 3.0
"""In [s], on two cores; importing torch and transformers is not part of it."""


@pytest.fixture(scope="module")
def model() -> MotionGPT:
    return MotionGPT.load()


def test_it_loads_fast(model: MotionGPT) -> None:
    began = time.monotonic()
    MotionGPT.load()
    assert time.monotonic() - began < SLOWEST_LOAD


def test_it_is_small_and_has_a_card_and_no_other_files() -> None:
    root = find_model("default").root
    files = {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}
    assert files == {
        "README.md",
        "tokenizer/vqvae.json",
        "tokenizer/vqvae.safetensors",
        "base/config.json",
        "base/generation_config.json",
        "base/model.safetensors",
        "base/tokenizer.json",
        "base/tokenizer_config.json",
        "base/words.json",
        "adapter/adapter_config.json",
        "adapter/adapter_model.safetensors",
        "matching/matching.json",
        "matching/matching.safetensors",
        "matching/meaning.json",
        "matching/meaning.safetensors",
        "matching/pieces.json",
        "matching/repertoire.json",
        "matching/repertoire.safetensors",
    }
    assert sum((root / name).stat().st_size for name in files) < LARGEST_MB * 1e6
    adapter = json.loads((root / "adapter" / "adapter_config.json").read_text())
    assert not Path(adapter["base_model_name_or_path"]).is_absolute()


def test_the_twelve_commands_are_done_right(model: MotionGPT) -> None:
    def generate(text: str, seed: int) -> Motion:
        return model.generate(text).motion

    report = run_check(generate)
    wrong = [(r.command.text, r.action.value) for r in report.results if not r.right]
    assert report.n_total == 12
    assert not wrong


@pytest.mark.parametrize("text", SENTENCES)
def test_a_motion_breaks_no_limit_of_the_robot(model: MotionGPT, text: str) -> None:
    robot = load_robot("unitree_g1")
    rest = JointState(robot.rest_pose, np.zeros(robot.n_joints))
    trajectory = plan_trajectory(model.generate(text).motion, robot, rest)
    assert trajectory.duration > 1
    assert count_violations(trajectory, robot).total == 0


def test_the_same_text_gives_the_same_motion(model: MotionGPT) -> None:
    assert model.generate("dance").tokens == model.generate("dance").tokens


@pytest.mark.parametrize(
    ("first", "then", "action"),
    [
        ("turn left", "wave your right hand", Action.WAVE_RIGHT),
        ("turn right", "raise both hands", Action.RAISE_BOTH),
        ("walk forward", "take a bow", Action.BOW),
        ("raise your left hand", "walk backward", Action.WALK_BACKWARD),
        ("jump", "walk forward", Action.WALK),
    ],
)
def test_what_comes_then_is_done_too(
    model: MotionGPT, first: str, then: str, action: Action
) -> None:
    begin = model.generate(first).motion.n_frames
    positions = model.generate(f"{first}, then {then}").motion.positions
    assert judge(measure(Motion(positions[begin:]))) is action

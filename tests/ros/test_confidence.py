from dataclasses import replace

import pytest

from motiongpt.retarget import load_robot
from motiongpt_ros.conductor import State
from motiongpt_ros.engine import Engine
from tests.ros.test_motion_node import COMMAND
from tests.ros.test_streaming import PATIENT, Stage


@pytest.fixture(scope="module")
def shipped() -> Engine:
    return Engine("default", "cpu", load_robot("unitree_g1"), 1)


def _do(engine: Engine, text: str, min_confidence: float) -> Stage:
    stage = Stage(engine, replace(PATIENT, min_confidence=min_confidence))
    stage.say(text)
    stage.wait_for()
    stage.queue.close()
    stage.worker.thread.join(10)
    return stage


def test_a_command_far_from_all_that_is_known_is_refused(shipped) -> None:
    stage = _do(shipped, "order a pizza", 0.75)
    assert stage.sent == []
    assert len(stage.failed) == 1
    assert "'order a pizza' is not understood: nearest to it" in stage.failed[0]
    assert "allowed: min_confidence 0.75 or more" in stage.failed[0]


def test_a_command_in_other_words_is_done_and_said_how(shipped) -> None:
    stage = _do(shipped, "would you stroll straight ahead please", 0.75)
    assert not stage.failed
    said = [fields for state, fields in stage.said if state is State.EXECUTING]
    assert len(stage.sent) == len(said) >= 2  # the first part does not wait for the whole
    assert 0.75 < said[-1]["confidence"] <= 1
    assert len(said[-1]["understood"]) == 1 and "strai" in said[-1]["understood"][0]


def test_without_a_bound_everything_is_tried(shipped) -> None:
    stage = _do(shipped, "drive a car", 0.0)
    assert not stage.failed
    assert len(stage.sent) >= 2  # it streams


def test_a_model_that_cannot_say_gives_no_confidence(tiny_model) -> None:
    stage = _do(Engine(str(tiny_model), "cpu", load_robot("unitree_g1"), 1), COMMAND, 0.5)
    assert not stage.failed
    said = [fields for state, fields in stage.said if state is State.EXECUTING]
    assert said[-1]["confidence"] is None

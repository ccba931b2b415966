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


def test_a_motion_that_hardly_does_what_was_said_is_refused(shipped) -> None:
    stage = _do(shipped, "order a pizza", 0.1)
    assert stage.sent == []
    assert len(stage.failed) == 1
    assert "not sure to do 'order a pizza': confidence 0.0" in stage.failed[0]
    assert "allowed: min_confidence 0.1 or more" in stage.failed[0]


def test_a_motion_that_does_it_is_sent_with_its_confidence(shipped) -> None:
    stage = _do(shipped, "walk forward", 0.1)
    assert not stage.failed
    said = [fields for state, fields in stage.said if state is State.EXECUTING]
    assert len(stage.sent) == len(said) >= 2  # the first part does not wait for the whole plan
    assert 0.1 < said[-1]["confidence"] <= 1


def test_without_a_bound_everything_is_tried(shipped) -> None:
    stage = _do(shipped, "order a pizza", 0.0)
    assert not stage.failed
    assert len(stage.sent) >= 2  # it streams


def test_a_model_that_cannot_say_gives_no_confidence(tiny_model) -> None:
    stage = _do(Engine(str(tiny_model), "cpu", load_robot("unitree_g1"), 1), COMMAND, 0.5)
    assert not stage.failed
    said = [fields for state, fields in stage.said if state is State.EXECUTING]
    assert said[-1]["confidence"] is None

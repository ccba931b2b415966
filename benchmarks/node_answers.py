"""Does the node answer and end at once, whatever it does?

Models have random weights: only their size counts here.
"""

import os
import random
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.node_client import client, rclpy, ros, running_node, start_node
from benchmarks.timing import Row, percentiles
from motiongpt.lm.base import BaseSize, LoraSize, add_lora, make_base
from motiongpt.lm.vocabulary import Vocabulary
from motiongpt.model_folder import ModelFolder, find_model
from motiongpt.tokenizer.motion_tokenizer import MotionTokenizer
from motiongpt.train import save_base

WIDE = BaseSize(width=4096, layers=2, heads=32, feed_forward=11008)
"""Layers as those of LLaMA-7B, which has 32 of them."""

SLOW = BaseSize(width=768, layers=8, heads=8, feed_forward=2048)
"""Takes seconds for a motion."""

TEXT = "a person walks forward, then turns around and waves with both hands"
N_STOPS, N_STARTS = 60, 50
LATEST_STOP, LATEST_END = 0.020, 2.0
"""What is allowed, in [s]."""

STATES = ("loading", "idle", "generating", "executing")


def measure() -> list[Row]:
    """Time answers of `stop`, and ends of the node by SIGINT and SIGTERM."""
    if rclpy is None:
        return [("node", "skipped; there is no rclpy")]
    rows: list[Row] = []
    with ros(), tempfile.TemporaryDirectory() as folder:
        wide, slow = Path(folder, "wide"), Path(folder, "slow")
        _make_model(wide, WIDE)
        answers = _time_stops(2.0, model=wide)
        rows.append(("stop while layers of a 7B model generate", _judged(answers)))
        shutil.rmtree(wide)
        answers = _time_stops(0.6, rate=500.0)
        rows.append(("stop around publications of 500 points a second", _judged(answers)))
        _make_model(slow, SLOW)
        rows.append((f"{N_STARTS} starts and ends", _time_ends(slow)))
    return rows


def _judged(answers: list[float]) -> str:
    late = sum(answer > LATEST_STOP for answer in answers)
    return (
        f"{percentiles(answers)}, {1000 * max(answers):.2f} ms (max); {late} of {len(answers)} "
        f"later than {1000 * LATEST_STOP:.0f} ms"
    )


def _make_model(root: Path, size: BaseSize) -> None:
    """Write a model folder with random weights beside the shipped tokenizer."""
    shipped, folder = find_model("default"), ModelFolder(root)
    shutil.copytree(shipped.tokenizer, folder.tokenizer)
    n_codes = MotionTokenizer.load(shipped.tokenizer).n_codes
    vocabulary = Vocabulary.load(shipped.base, n_codes)
    base = make_base(vocabulary, size)
    save_base(base, vocabulary, folder)
    add_lora(base, LoraSize(r=8, targets=("q_proj", "v_proj"))).save_pretrained(folder.adapter)


def _time_stops(longest: float, **parameters: object) -> list[float]:
    """How long `stop` takes, in [s], up to a time in [s] after commands."""
    moments, answers = random.Random(0), []
    with running_node(**parameters), client(hears_trajectories=False) as said:
        said.wait(lambda: said.state == "idle", "a node that is ready")
        said.spin(1.0)  # until it hears joint states
        said.command("a person walks forward")
        for _ in range(N_STOPS):
            said.say(TEXT)
            said.wait(lambda: said.state in ("generating", "executing"), "generation")
            said.spin(moments.uniform(0, longest))
            answers.append(said.stop())
            said.spin(0.3)
    return answers


@dataclass(frozen=True)
class _End:
    """How a node ended: after how many seconds, whether with code 0, whether something is left."""

    seconds: float
    clean: bool
    left: bool


def _time_ends(model: Path) -> str:
    """End the node in all states by both signals; what happened."""
    ends = [_end(number, model) for number in range(N_STARTS)]
    seconds = [end.seconds for end in ends]
    late = sum(second > LATEST_END for second in seconds)
    return (
        f"{np.median(seconds):.2f} s (p50), {max(seconds):.2f} s (max); {late} later than "
        f"{LATEST_END:.0f} s, {sum(not end.clean for end in ends)} not clean, "
        f"{sum(end.left for end in ends)} left processes"
    )


def _end(number: int, model: Path) -> _End:
    """Start a node, bring it to one of the states, and end it by one of the signals."""
    state = STATES[number // 2 % len(STATES)]
    with _in_state(state, f"start{number}", model) as node:
        began = time.perf_counter()
        node.send_signal((signal.SIGINT, signal.SIGTERM)[number % 2])
        try:
            clean = node.wait(10 * LATEST_END) == 0
        except subprocess.TimeoutExpired:
            clean = False
        return _End(time.perf_counter() - began, clean, _has_processes(node.pid))


@contextmanager
def _in_state(state: str, namespace: str, model: Path) -> Iterator[subprocess.Popen]:
    """A node that has come to a state."""
    node = start_node(namespace, model=model)
    try:
        with client(namespace) as said:
            said.wait(lambda: said.state in (state, "idle"), f"a node that is {state}")
            if state not in ("loading", "idle"):
                said.spin(0.5)  # until it hears joint states
                said.say(TEXT)
                said.wait(lambda: said.state == state, f"a node that is {state}")
            yield node
    finally:
        if node.poll() is None:
            node.kill()
            node.wait()


def _has_processes(session: int) -> bool:
    """Whether a session that was started still has processes."""
    try:
        os.killpg(session, 0)
    except ProcessLookupError:
        return False
    return True

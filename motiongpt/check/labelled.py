"""Real clips with labels, to judge the judge."""

from collections.abc import Iterator
from pathlib import Path

from motiongpt.check.commands import Command
from motiongpt.check.judge import Action, judge
from motiongpt.check.report import CheckReport, CheckResult
from motiongpt.errors import MotionError
from motiongpt.motion.dataset import read_joints, read_labels
from motiongpt.motion.kinematics import measure
from motiongpt.motion.motion import Motion

LABELS = {
    "walk": Action.WALK,
    "walk-left": Action.WALK,
    "walk-right": Action.WALK,
    "run": Action.RUN,
    "dash": Action.RUN,
    "walk-back": Action.WALK_BACKWARD,
    "walk-turn-left": Action.TURN_LEFT,
    "walk-turn-right": Action.TURN_RIGHT,
    "raise-up-left-hand": Action.RAISE_LEFT,
    "raise-up-right-hand": Action.RAISE_RIGHT,
    "raise-up-both-hands": Action.RAISE_BOTH,
    "wave-left-hand": Action.WAVE_LEFT,
    "wave-right-hand": Action.WAVE_RIGHT,
    "wave-both-hands": Action.WAVE_BOTH,
    "bow": Action.BOW,
}
"""What the contents of Bandai-Namco's clips must be judged to be."""


def _read_labels(folder: Path) -> dict[str, Action]:
    contents = read_labels(folder, "content")
    return {clip_id: LABELS[c] for clip_id, (c,) in contents.items() if c in LABELS}


def _choose(labels: dict[str, Action], each: int) -> Iterator[tuple[str, Action]]:
    """At most `each` clips an action, evenly spread over its names; 0 takes all."""
    for action in dict.fromkeys(labels.values()):
        ids = sorted(clip_id for clip_id, label in labels.items() if label is action)
        step = max(len(ids) // each, 1) if each else 1
        yield from ((clip_id, action) for clip_id in ids[::step])


def judge_labelled(folder: Path, each: int = 0) -> CheckReport:
    """Judge the labelled clips of a dataset.

    Args:
        folder: dataset with `labels.json` (a `content` for each clip) and `joints/`.
        each: about this many clips an action; 0 takes all.

    Raises:
        MotionError: if the labels or a clip cannot be read, or there are none.
    """
    results = []
    for clip_id, action in _choose(_read_labels(folder), each):
        path = folder / "joints" / f"{clip_id}.npy"
        if path.is_file():
            seen = measure(Motion.from_y_up(read_joints(path)))
            results.append(CheckResult(Command(clip_id, action), 0, seen, judge(seen)))
    if not results:
        raise MotionError(f"{folder} has no clip with a label that is checked")
    return CheckReport(tuple(results))

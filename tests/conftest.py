import json
from pathlib import Path

import numpy as np
import pytest
import torch

from motiongpt.motion.prepare import prepare
from motiongpt.motion.skeleton import HUMANML3D, JOINT_NAMES, N_JOINTS, PARENTS

torch.set_num_threads(1)

PROCESSES = ("ros", "demo", "launch")
"""Tests that start nodes and wait for them: one after the other, beside the others."""

CAPTIONS = {"walk": "a person walks forward", "wave": "a person waves their left hand"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Say which tests stay together when they are spread over processes (`-n`)."""
    for item in items:
        folder = item.path.relative_to(Path(__file__).parent).parts[0]
        group = "processes" if folder in PROCESSES else str(item.path)
        item.add_marker(pytest.mark.xdist_group(group))


@pytest.fixture(scope="module")
def two_clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dataset of a walk and a wave, prepared in `prepared` there."""
    folder = tmp_path_factory.mktemp("data")
    (folder / "joints").mkdir()
    (folder / "texts").mkdir()
    t = np.arange(60) / 20
    for name, speed in (("walk", 1.0), ("wave", 0.0)):
        pose = np.zeros((60, N_JOINTS, 3))
        for joint in range(1, N_JOINTS):
            sway = 0.1 * np.sin(3 * t[:, None] + joint + np.arange(3))
            pose[:, joint] = (
                pose[:, PARENTS[joint]] + 0.3 * HUMANML3D.rest_directions[joint] + sway
            )
        pose += np.stack([0 * t, 1 + 0.05 * np.sin(6 * t), speed * t], axis=-1)[:, None]
        np.save(folder / "joints" / f"{name}.npy", pose)
        (folder / "texts" / f"{name}.txt").write_text(f"{CAPTIONS[name]}#x#0.0#0.0\n")
    (folder / "train.txt").write_text("walk\nwave\n")
    (folder / "val.txt").write_text("walk\n")
    joints = [{"name": name, "offset": [0, 0.3, 0]} for name in JOINT_NAMES]
    (folder / "skeleton.json").write_text(json.dumps({"joints": joints}))
    prepare(folder, folder / "prepared")
    return folder

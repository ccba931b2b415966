import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from motiongpt.retarget import load_robot
from motiongpt.view.path import RobotPath
from motiongpt_ros.demo_processes import DemoError, Program
from motiongpt_ros.demo_report import count_done

ROOT = Path(__file__).parents[2]


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    nodes = ROOT / "ros2_ws" / "src" / "motiongpt_ros"
    paths = filter(None, [str(ROOT), str(nodes), os.environ.get("PYTHONPATH", "")])
    return subprocess.run(
        [sys.executable, "-m", "motiongpt_ros.demo", *arguments],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths), "COLUMNS": "120"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_the_demo_drives_the_robot_and_prints_its_table(tmp_path: Path) -> None:
    done = _run("--text", "raise your right hand", "--out", str(tmp_path / "out"), "--no-picture")
    assert done.returncode == 0, done.stderr
    rows = dict(re.findall(r"│ (\S.*?) +│ (\S.*?) +│", done.stdout))
    assert rows["text"] == "raise your right hand"
    assert rows["limit violations"] == "0"
    assert int(rows["tokens"]) >= 4
    assert float(rows["seconds of motion"]) > 1
    assert "No picture: not asked for" in done.stderr


def test_a_sentence_that_is_not_understood_ends_with_the_reason(tmp_path: Path) -> None:
    done = _run("--text", "marche en avant", "--out", str(tmp_path), "--no-picture")
    assert done.returncode == 1
    assert "not understood" in " ".join(done.stderr.split())


def test_an_output_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = _run("--out", str(tmp_path / "file" / "out"))
    assert done.returncode == 1
    assert "cannot write into" in done.stderr and "Traceback" not in done.stderr


def test_a_program_that_ends_early_is_reported_with_what_it_said(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "print('no such robot'); raise SystemExit(3)"]
    with Program("the robot", command, tmp_path / "log") as program:
        program._process.wait()
        with pytest.raises(DemoError, match="(?s)ended with code 3.*no such robot"):
            program.check_running()


def test_a_program_is_stopped_even_if_it_will_not_listen(tmp_path: Path, monkeypatch) -> None:
    import signal

    signals = ((signal.SIGINT, 0.3), (signal.SIGTERM, 0.3), (signal.SIGKILL, 5.0))
    monkeypatch.setattr("motiongpt_ros.demo_processes.STOP_SIGNALS", signals)
    deaf = "import signal, time; [signal.signal(s, signal.SIG_IGN) for s in (2, 15)]; "
    command = [sys.executable, "-c", f"{deaf} print('up', flush=True); time.sleep(60)"]
    with Program("a deaf program", command, tmp_path / "log") as program:
        while not (tmp_path / "log").read_text():
            pass
    assert program._process.returncode == -signal.SIGKILL


def test_what_the_robot_did_is_counted_against_its_own_limits() -> None:
    robot = load_robot("unitree_g1")
    n, times = robot.n_joints, np.arange(40) / 100
    base = np.tile([0, 0, 0, 0, 0, 0, 1.0], (40, 1))
    positions, velocities = np.tile(robot.rest_pose, (40, 1)), np.zeros((40, n))
    path = RobotPath(robot.joint_names, times, positions, base)
    assert count_done(path, velocities, robot).total == 0
    positions = positions.copy()
    positions[7, 3] = robot.upper[3] + robot.file.margin + 0.01
    velocities[9, 4] = 100.0
    path = RobotPath(robot.joint_names, times, positions, base)
    found = count_done(path, velocities, robot)
    assert found.position == 1 and found.velocity >= 1

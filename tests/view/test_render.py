from pathlib import Path

import cv2
import numpy as np
import pytest

from motiongpt.errors import RenderError
from motiongpt.retarget import JointState, load_robot, plan_trajectory
from motiongpt.view import HumanPath, RobotPath, backend, render_picture, render_video
from tests.retarget.figures import gesture

ROBOT = load_robot("unitree_g1")
FOLDERS = [Path(folder) for folder in ROBOT.package_dirs]


def _can_draw() -> bool:
    try:
        backend.choose_backend()
    except RenderError:
        return False
    return True


needs_opengl = pytest.mark.skipif(not _can_draw(), reason="no off-screen OpenGL")


def _paths() -> tuple[RobotPath, HumanPath]:
    motion = gesture(20)
    rest = JointState(ROBOT.rest_pose, np.zeros(ROBOT.n_joints))
    plan = plan_trajectory(motion, ROBOT, rest)
    path = RobotPath(plan.joint_names, plan.times, plan.positions, plan.base)
    return path, HumanPath(motion, plan.handover_duration)


@needs_opengl
def test_a_picture_shows_robot_and_person(tmp_path: Path) -> None:
    robot, human = _paths()
    sheets = {}
    for name, person in (("both", human), ("alone", None)):
        file = tmp_path / f"{name}.png"
        render_picture(file, Path(ROBOT.urdf_path), FOLDERS, robot, person, instants=2)
        sheets[name] = cv2.imread(str(file)).astype(int)
    assert sheets["both"].shape == sheets["alone"].shape == (480 + 56, 1280, 3)
    orange = np.abs(sheets["both"] - [107, 168, 224]).max(axis=-1) < 60  # right limbs, BGR
    assert orange.sum() > 300
    grey = np.ptp(sheets["alone"], axis=-1) < 12  # the robot; sky and floor are bluish
    assert grey[60:].sum() > 1000


@needs_opengl
def test_a_film_has_a_frame_for_each_moment(tmp_path: Path) -> None:
    robot, human = _paths()
    seen: list[tuple[int, int]] = []
    render_video(
        tmp_path / "film.mp4",
        Path(ROBOT.urdf_path),
        FOLDERS,
        robot,
        human,
        fps=5.0,
        size=(160, 96),
        on_frame=lambda done, count: seen.append((done, count)),
    )
    film = cv2.VideoCapture(str(tmp_path / "film.mp4"))
    frames = []
    while (read := film.read())[0]:
        frames.append(read[1].astype(int))
    assert len(frames) == seen[-1][0] == seen[-1][1] == int(np.ceil(robot.duration * 5)) + 1
    assert np.abs(frames[-1] - frames[0]).max() > 40


def test_a_machine_without_opengl_is_told_what_to_install(monkeypatch) -> None:
    monkeypatch.setattr(backend, "BACKENDS", ("none",))
    with pytest.raises(RenderError, match="sudo apt-get install -y libegl1"):
        backend.choose_backend()


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    robot, human = _paths()
    with pytest.raises(RenderError, match="cannot write into .*file"):
        render_picture(tmp_path / "file" / "x.png", Path(ROBOT.urdf_path), FOLDERS, robot, human)

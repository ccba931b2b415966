"""`motiongpt retarget`."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import tyro

from motiongpt.cli.source import MotionSource
from motiongpt.errors import RetargetError
from motiongpt.motion.motion import Motion
from motiongpt.motion.sources.bvh_writer import write_bvh
from motiongpt.retarget import (
    JointState,
    Mode,
    RobotTrajectory,
    load_robot,
    retarget_mode,
    retime_trajectory,
)
from motiongpt.retarget.export import write_csv, write_npz
from motiongpt.retarget.feasibility import judge_trajectory

SUFFIXES = (".csv", ".npz", ".bvh")


@dataclass(frozen=True)
class Retarget:
    """Turn a human motion into a robot's trajectory, and say what it asks of the robot."""

    source: tyro.conf.OmitArgPrefixes[MotionSource] = field(default_factory=MotionSource)

    robot: str = "unitree_g1"
    """Name of a shipped robot, or the path of its file."""

    mode: tyro.conf.EnumChoicesFromValues[Mode] = Mode.WHOLE_BODY
    """What of the robot follows."""

    rate: float = 50.0
    """Points a second."""

    output: tuple[Path, ...] = ()
    """Files to write: .csv (rows of Unitree's LAFAN1 set, 30 a second), .npz (all arrays), .bvh
    (the human's motion)."""

    report: Path | None = None
    """File of the report without a suffix: .txt, .json and .png are written."""

    def run(self) -> int:
        """Retarget, write the files and print the report.

        Returns:
            Exit status: 1 if a limit is violated.
        """
        unknown = [str(f) for f in self.output if f.suffix.lower() not in SUFFIXES]
        if unknown:
            raise RetargetError(f"{unknown[0]}: allowed are {', '.join(SUFFIXES)}")
        robot, motion = load_robot(self.robot), self.source.read()
        rest = JointState(robot.rest_pose, np.zeros(robot.n_joints))
        followed = retarget_mode(motion, robot, self.mode, enter=True)
        trajectory = retime_trajectory(followed, robot, self.rate, rest)
        for file in self.output:
            _write(file, trajectory, motion)
            print(f"written: {file}")
        found = judge_trajectory(motion, followed, trajectory, robot)
        print(found.to_text())
        if self.report is not None:
            from motiongpt.view.demands import draw_feasibility

            for suffix, text in ((".txt", found.to_text() + "\n"), (".json", found.to_json())):
                _write_text(self.report.with_suffix(suffix), text)
            draw_feasibility(found, self.report.with_suffix(".png"))
        return 1 if found.violations else 0


def _write(file: Path, trajectory: RobotTrajectory, motion: Motion) -> None:
    if file.suffix.lower() == ".csv":
        write_csv(trajectory, file)
    elif file.suffix.lower() == ".npz":
        write_npz(trajectory, file)
    else:
        write_bvh(motion, file)


def _write_text(file: Path, text: str) -> None:
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise RetargetError(f"{file}: cannot be written ({error})") from error

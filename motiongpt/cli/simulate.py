"""`motiongpt simulate`."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import tyro
from rich.console import Console

from motiongpt.cli.console import console, progress
from motiongpt.cli.source import MotionSource
from motiongpt.errors import MotionError
from motiongpt.retarget import JointState, Mode, Robot, load_robot, plan_trajectory
from motiongpt.simulate import Played, play_trajectory
from motiongpt.simulate.gestures import find_gestures, play_gestures
from motiongpt.simulate.play import STIFFNESS


@dataclass(frozen=True)
class Simulate:
    """Play a motion in MuJoCo on a robot that can fall, and say whether it stands.

    Free base, floor, position servos clamped to the URDF's effort, nothing else: no balance
    controller.
    """

    source: tyro.conf.OmitArgPrefixes[MotionSource] = field(default_factory=MotionSource)

    all_gestures: bool = False
    """Play all gestures (raise, wave, bow, guide, bye) of the dataset in --data: those of its
    validation clips, and of its training clips where the others have none."""

    least: float = 0.95
    """With --all-gestures, exit with an error if the robot stands in less than this share."""

    robot: str = "unitree_g1"
    """Name of a shipped robot, or the path of its file."""

    mode: tyro.conf.EnumChoicesFromValues[Mode] = Mode.UPPER_BODY_BALANCED
    """What of the robot follows."""

    stiffness: float = STIFFNESS
    """Gain of the position servos in N m/rad."""

    picture: Path | None = None
    """PNG file of instants of what happened."""

    def run(self) -> int:
        """Simulate, and print what happened.

        Returns:
            Exit status: 1 if the robot fell, or stood in too few gestures.
        """
        robot = load_robot(self.robot)
        if self.all_gestures:
            return self._play_gestures(robot)
        motion = self.source.read()
        rest = JointState(robot.rest_pose, np.zeros(robot.n_joints))
        trajectory = plan_trajectory(motion, robot, rest, mode=self.mode)
        played = play_trajectory(trajectory, robot, self.stiffness)
        joint, share = played.peak_torque
        end = "stands" if played.stands else f"falls after {played.fell_at:.2f} s"
        print(
            f"{robot.name} {end}: {trajectory.duration:.2f} s, {self.mode.value}\n"
            f"tracking error {np.degrees(played.tracking_error):.2f} deg mean\n"
            f"peak torque {100 * share:.0f} % of the effort limit, {joint}"
        )
        if self.picture is not None:
            self._draw(played, robot, self.picture)
        return 0 if played.stands else 1

    def _play_gestures(self, robot: Robot) -> int:
        if self.source.data is None:
            raise MotionError("--all-gestures needs the dataset in --data")
        clips = find_gestures(self.source.data)
        with progress("gestures") as count:
            done = iter(range(1, len(clips) + 1))
            report = play_gestures(
                self.source.data,
                clips,
                robot,
                self.mode,
                self.stiffness,
                lambda: count(next(done), len(clips)),
            )
        Console().print(report.table())
        n = sum(played.stands for _, played in report.played)
        print(f"{n} of {len(clips)} stand ({100 * report.standing_share:.1f} %)")
        return 0 if report.standing_share >= self.least else 1

    def _draw(self, played: Played, robot: Robot, file: Path) -> None:
        from motiongpt.view.path import RobotPath
        from motiongpt.view.render import render_picture

        path = RobotPath(played.joint_names, played.times, played.positions, played.base)
        folders = [Path(folder) for folder in robot.package_dirs]
        caption = self.source.title
        render_picture(file, Path(robot.urdf_path), folders, path, caption=caption)
        console.print(f"drawn: {file}", highlight=False)

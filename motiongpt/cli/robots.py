"""`motiongpt robots add | list | show`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import pinocchio as pin
import tyro

from motiongpt.errors import RenderError, RobotError
from motiongpt.motion.motion import Motion
from motiongpt.retarget.abilities import find_gaps
from motiongpt.retarget.description import folders_around, read_description
from motiongpt.retarget.fit import GOOD_BONE, measure_fit
from motiongpt.retarget.propose import propose_robot_file
from motiongpt.retarget.robot import Robot, build_robot, load_robot
from motiongpt.retarget.robot_file import (
    FORWARD_AXES,
    RobotFile,
    find_robot_file,
    read_robot_file,
    shipped_robots,
)
from motiongpt.retarget.robot_writer import write_robot_file

TEXTS = ("walk forward", "wave your left hand", "raise both hands", "take a bow")
"""What a robot is tried with."""


@dataclass(frozen=True)
class Add:
    """Propose which links are hips, knees, shoulders and so on, try it, and write a robot file.

    Look at the picture before you trust it.
    """

    description: Annotated[Path, tyro.conf.Positional]
    """The robot's URDF or MJCF file."""

    output: Path | None = None
    """Robot file to write; robots/NAME.yaml if it is not given."""

    picture: Path | None = None
    """Picture to draw; beside the robot file if it is not given."""

    name: str | None = None
    """The robot's name; the description's if it is not given."""

    model: str = "default"
    """Model that draws the motions to try it with."""

    force: bool = False
    """Write over a robot file that is there."""

    def run(self) -> int:
        """Propose, draw, try, write.

        Raises:
            RobotError: if the description is not that of a humanoid, or the file is there.
        """
        found = read_description(self.description, folders_around(self.description))
        proposal = propose_robot_file(found, self.name)
        output = self.output or Path("robots") / f"{proposal.file.name}.yaml"
        if output.exists() and not self.force:
            raise RobotError(f"{output} is there; give --output, or --force to write over it")
        robot = build_robot(proposal.file, found)
        write_robot_file(proposal.file, output)
        print_robot(robot)
        for note in proposal.notes:
            print(f"look at this: {note}")
        draw(robot, self.picture or output.with_suffix(".png"))
        good = try_robot(robot, self.model)
        print(f"written: {output}; prove it with: motiongpt robots show {output} --try-it")
        return 0 if good else 1


@dataclass(frozen=True)
class List:
    """List the robots that are known by name."""

    def run(self) -> int:
        """Print a line each."""
        for name in shipped_robots():
            file = read_robot_file(find_robot_file(name))
            print(f"{name:18s} faces {file.forward}, {file.urdf}")
        return 0


@dataclass(frozen=True)
class Show:
    """Say what is known of a robot, and what it cannot follow."""

    robot: Annotated[str, tyro.conf.Positional]
    """Name, robot file, URDF, MJCF file or a name of the package robot_descriptions."""

    picture: Path | None = None
    """Picture to draw, with the links marked."""

    try_it: bool = False
    """Retarget motions of the model, and say how well it follows."""

    model: str = "default"
    """Model that draws these motions."""

    def run(self) -> int:
        """Print, draw and try."""
        robot = load_robot(self.robot)
        print_robot(robot)
        if self.picture is not None:
            draw(robot, self.picture)
        return 0 if not self.try_it or try_robot(robot, self.model) else 1


@dataclass(frozen=True)
class Robots:
    """Add a robot, or look at those that are known."""

    action: (
        Annotated[Add, tyro.conf.subcommand("add")]
        | Annotated[List, tyro.conf.subcommand("list")]
        | Annotated[Show, tyro.conf.subcommand("show")]
    )

    def run(self) -> int:
        """Do it."""
        return self.action.run()


def print_robot(robot: Robot) -> None:
    """Print links and what cannot be followed."""
    file: RobotFile = robot.file
    print(f"{file.name}: {robot.n_joints} joints, faces {file.forward}")
    for role, link in file.links.items():
        print(f"  {role:15s} {link}")
    for gap in find_gaps(robot):
        print(f"cannot be followed: {gap}")


def draw(robot: Robot, picture: Path) -> None:
    """Draw the links' places; a machine that cannot draw is told so."""
    from motiongpt.view.marks import draw_marks

    data = robot.model.createData()
    pin.framesForwardKinematics(robot.model, data, robot.rest_configuration())
    marks = {role: data.oMf[frame].translation.copy() for role, frame in robot.frames.items()}
    joints = dict(zip(robot.joint_names, robot.rest_pose.tolist(), strict=True))
    folders, ahead = robot.file.package_dirs, FORWARD_AXES[robot.file.forward]
    try:
        draw_marks(picture, robot.file.urdf, folders, joints, marks, ahead)
    except RenderError as error:
        print(f"no picture: {error}")
        return
    print(f"picture: {picture}: every mark belongs in the middle of the joint it names")


def try_robot(robot: Robot, model: str) -> bool:
    """Retarget motions of a model, print how well, and say whether limits are kept."""
    fit = measure_fit(_motions(model), robot)
    for name, error in fit.bones.items():
        poor = "  <- look at this limb" if name in fit.poor else ""
        print(f"  {name:22s} {error:5.1f} deg{poor}")
    print(
        f"torso {fit.torso:.1f} deg, pelvis {fit.pelvis:.1f} deg, "
        f"skate {100 * fit.skate:.2f} cm/s, "
        f"penetration {1000 * fit.penetration:.1f} mm, slowed {fit.slowdown:.1f} times at most, "
        f"{fit.violations} violations of limits"
    )
    if fit.poor:
        print(f"{len(fit.poor)} of {len(fit.bones)} bones err more than {GOOD_BONE:.0f} deg")
    return fit.violations == 0 and bool(np.isfinite(fit.torso))


def _motions(model: str) -> list[Motion]:
    from motiongpt.pipeline import MotionGPT

    loaded = MotionGPT.load(model)
    return [loaded.generate(text).motion for text in TEXTS]

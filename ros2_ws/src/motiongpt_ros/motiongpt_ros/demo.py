"""The demo: a sentence goes in, a simulated humanoid moves, and a film shows it.

Node and robot run as processes of their own; this program only talks to them over ROS topics.
"""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import rclpy
import tyro
from rclpy.signals import SignalHandlerOptions
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.text import Text

from motiongpt.errors import MotionGPTError, RenderError
from motiongpt.retarget import Robot, RobotTrajectory, count_violations, load_robot
from motiongpt.view.path import HumanPath, RobotPath
from motiongpt.view.video import check_writable
from motiongpt_ros.demo_client import DemoClient, read_recording
from motiongpt_ros.demo_processes import DemoError, Program
from motiongpt_ros.demo_report import Report, count_done

SETTLE_SECONDS = 0.5
FOLLOW_TOLERANCE = 0.1
"""How far in [rad] the robot's joints may end from the trajectory's last point."""

_HIGHEST_DOMAIN = 101  # above it, DDS's ports and the system's own may meet
_HUMAN_PLACE = (0.0, 1.2, 0.0)  # [m] from the robot's start: 1.2 m to its left


@dataclass(frozen=True)
class DemoOptions:
    """Drive the simulated robot with a sentence and film it."""

    text: str = "a person walks forward and waves with the right hand"
    """What the robot is told."""

    out: Path = Path("out")
    """Folder for demo.mp4, demo.png and the logs of node and robot."""

    robot: str = "unitree_g1"
    """Name of a shipped robot, or path of its YAML file."""

    picture: bool = True
    """Whether to draw."""

    timeout: float = 120.0
    """Longest wait for node and robot to start, and then for a trajectory, in [s]."""

    node_command: tuple[str, ...] = (sys.executable, "-m", "motiongpt_ros.motion_node")
    """Program that turns commands into trajectories."""

    sim_command: tuple[str, ...] = (sys.executable, "-m", "motiongpt_ros.sim_node")
    """Program that is the robot."""

    def __post_init__(self) -> None:
        if not self.timeout > 0:
            raise DemoError(f"timeout is {self.timeout} s; allowed: more than 0")


@dataclass(frozen=True)
class Run:
    """What one command led to.

    Attributes:
        trajectory: as received.
        path: what the robot did, recorded.
        status: newest status fields, merged.
        report: the table's values.
    """

    trajectory: RobotTrajectory
    path: RobotPath
    status: dict[str, Any]
    report: Report


class Stages:
    """Says on the terminal what is being done and how far it is."""

    def __init__(self, console: Console, progress: Progress) -> None:
        """Say it on a console, with a progress display that is shown there."""
        self._console = console
        self._progress = progress

    @contextmanager
    def stage(self, name: str) -> Iterator[Callable[[float], None]]:
        """Show a stage while it lasts; yields a function that takes the share done, 0 to 1."""
        if not self._console.is_terminal:
            self._console.print(f"{name} ...", markup=False)
        task = self._progress.add_task(name, total=None)

        def show(share: float) -> None:
            self._progress.update(task, total=1.0, completed=min(share, 1.0))

        yield show
        self._progress.update(task, total=1.0, completed=1.0)


def run_demo(options: DemoOptions, console: Console) -> int:
    """Run the demo; its exit code: 0 when the robot did as planned within its limits.

    Raises:
        MotionGPTError: if it cannot be run.
    """
    for name in ("demo.mp4", "demo.png", "motion_node.log", "sim_node.log"):
        check_writable(options.out / name)
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        stages = Stages(console, progress)
        robot = load_robot(options.robot)
        run = execute(options, robot, stages)
        unseen = draw(options, robot, run, stages) if options.picture else "not asked for"
    Console().print(run.report.table())
    if unseen:
        console.print(Text(f"No picture: {unseen}", style="yellow"))
    else:
        console.print(f"{options.out / 'demo.mp4'} and {options.out / 'demo.png'} show it.")
    return 1 if run.report.violations else 0


def execute(options: DemoOptions, robot: Robot, stages: Stages) -> Run:
    """Start node and robot, give the command, record, and stop both."""
    with ExitStack() as stack:
        stack.enter_context(_ros())
        programs = [
            stack.enter_context(
                Program("the simulated robot", options.sim_command, options.out / "sim_node.log")
            ),
            stack.enter_context(
                Program("the node", options.node_command, options.out / "motion_node.log")
            ),
        ]
        client = DemoClient()
        stack.callback(client.destroy_node)
        wait = _Waiting(client, programs, options.timeout)
        with stages.stage("starting the robot"):
            wait.until("joint states and odometry", lambda: client.states and client.odometry)
        with stages.stage("loading the model"):
            wait.until(
                "the node to be ready",
                lambda: client.status.get("state") == "idle" and client.connected,
            )
        with stages.stage("generating the motion"):
            sent = client.send(options.text)
            wait.until("a trajectory", lambda: client.received)
        with stages.stage("the robot moves") as show:
            wait.through(show)
        finished = time.monotonic()
        return _summarise(options.text, robot, client, sent, finished)


class _Waiting:
    """Lets a client hear until something happens, and notices what went wrong meanwhile."""

    def __init__(self, client: DemoClient, programs: list[Program], timeout: float) -> None:
        self._client = client
        self._programs = programs
        self._timeout = timeout

    def until(self, what: str, happened: Callable[[], object]) -> None:
        """Wait until a condition holds."""
        deadline = time.monotonic() + self._timeout
        while not happened():
            self._hear()
            if time.monotonic() > deadline:
                raise DemoError(f"waited {self._timeout:.0f} s for {what} in vain")

    def through(self, show: Callable[[float], None]) -> None:
        """Wait until the robot has had the time to come to rest."""
        while True:
            begin = self._client.received[0].arrived
            end = max(received.ends for received in self._client.received) + SETTLE_SECONDS
            now = time.monotonic()
            if now >= end:
                return
            show((now - begin) / (end - begin))
            self._hear()

    def _hear(self) -> None:
        rclpy.spin_once(self._client, timeout_sec=0.05)
        for status in self._client.statuses:
            if status.get("state") == "error":
                raise DemoError(f"the node says: {status.get('error') or status}")
        for program in self._programs:
            program.check_running()


def _summarise(text: str, robot: Robot, client: DemoClient, sent: float, finished: float) -> Run:
    """Put numbers to what was recorded; checks that the robot followed."""
    last = client.received[-1].trajectory
    path, velocities = read_recording(last.joint_names, client.states, client.odometry)
    gap = np.abs(path.positions[-1] - last.positions[-1])
    if gap.max() > FOLLOW_TOLERANCE:
        joint = last.joint_names[int(gap.argmax())]
        raise DemoError(
            f"the robot did not follow: joint '{joint}' ends {gap.max():.2f} rad from the plan; "
            f"allowed: {FOLLOW_TOLERANCE}"
        )
    status: dict[str, Any] = {}
    for message in client.statuses:
        status.update({key: value for key, value in message.items() if value not in (None, "")})
    violations = [count_violations(received.trajectory, robot) for received in client.received]
    worst = max(violations, key=lambda found: found.total)
    first = client.received[0]
    report = Report(
        text=text,
        n_tokens=len(status.get("token_ids") or ()),
        motion_seconds=client.received[-1].ends - first.begins,
        first_point_seconds=first.arrived - sent,
        total_seconds=finished - sent - SETTLE_SECONDS,
        sent=worst,
        done=count_done(path, velocities, robot),
    )
    return Run(last, path, status, report)


def draw(options: DemoOptions, robot: Robot, run: Run, stages: Stages) -> str:
    """Write demo.png and demo.mp4; empty, or why that could not be done."""
    # Imported here so that a machine that cannot draw still runs the demo.
    try:
        from motiongpt.view.render import render_picture, render_video

        urdf, folders = Path(robot.urdf_path), [Path(folder) for folder in robot.package_dirs]
        with stages.stage("reading the human motion"):
            human = _human(run)
        with stages.stage("drawing the picture"):
            render_picture(
                options.out / "demo.png", urdf, folders, run.path, human, caption=options.text
            )
        with stages.stage("filming") as show:
            render_video(
                options.out / "demo.mp4",
                urdf,
                folders,
                run.path,
                human,
                caption=options.text,
                on_frame=lambda done, count: show(done / count),
            )
    except (RenderError, ImportError) as error:
        return str(error)
    return ""


def _human(run: Run) -> HumanPath:
    """The human motion behind the tokens, on the robot's clock and to its left."""
    from motiongpt.pipeline import MotionGPT

    motion = MotionGPT.load().decode(tuple(run.status["token_ids"]))
    start = float(run.status["handover"])
    moving = max(run.trajectory.duration - start, 1e-3)
    rate = motion.duration / moving if motion.duration > 0 else 1.0
    x, y = run.path.base[0, :2]
    place = (x + _HUMAN_PLACE[0], y + _HUMAN_PLACE[1], _HUMAN_PLACE[2])
    return HumanPath(motion, start, rate, place)


@contextmanager
def _ros() -> Iterator[None]:
    """A ROS network of the demo's own on this machine only."""
    os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "LOCALHOST"
    os.environ["ROS_DOMAIN_ID"] = str(1 + os.getpid() % _HIGHEST_DOMAIN)
    rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
    try:
        yield
    finally:
        rclpy.try_shutdown()


def _end_politely(number: int, frame: object) -> None:
    raise KeyboardInterrupt


def main() -> None:
    """Entry point of `python -m motiongpt_ros.demo`."""
    options = tyro.cli(DemoOptions, prog="motiongpt_demo")
    console = Console(stderr=True)
    signal.signal(signal.SIGTERM, _end_politely)
    try:
        code = run_demo(options, console)
    except MotionGPTError as error:
        console.print(Text(f"error: {error}", style="red"))
        code = 1
    except KeyboardInterrupt:
        console.print("stopped")
        code = 130
    sys.exit(code)


if __name__ == "__main__":
    main()

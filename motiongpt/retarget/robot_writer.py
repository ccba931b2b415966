"""Writing a robot file."""

import sysconfig
from pathlib import Path
from typing import Any

import yaml

from motiongpt.errors import RobotError
from motiongpt.retarget.robot_file import LIMB_LINKS, SIDES, RobotFile, read_robot_file


def write_robot_file(file: RobotFile, path: Path) -> None:
    """Write a robot file, and read it again to be sure that it says the same.

    Raises:
        RobotError: if it cannot be written.
    """
    content: dict[str, Any] = {
        "robot": file.name,
        "urdf": _urdf(file.urdf),
        "forward": file.forward,
        "rest_pose": file.rest_pose,
        "links": {
            "pelvis": file.links["pelvis"],
            "torso": file.links["torso"],
            **{s: {n: file.links[f"{s}_{n}"] for n in LIMB_LINKS} for s in SIDES},
        },
        "soles": file.soles or "auto",
        "limits": {
            "velocity": file.velocity,
            "acceleration": file.acceleration,
            "margin": file.margin,
        },
    }
    if file.capsules:
        content["capsules"] = file.capsules
    text = yaml.safe_dump(content, sort_keys=False, default_flow_style=None, width=10_000)
    head = "# Proposed by `motiongpt robots add`; docs/add-a-robot.md says what to look at.\n"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(head + text, encoding="utf-8")
    except OSError as error:
        raise RobotError(f"{path}: cannot be written ({error})") from error
    read_robot_file(path)


def _urdf(path: Path) -> str:
    """A path that another machine can follow, if the description is part of a Python package."""
    share = Path(sysconfig.get_paths()["purelib"]) / "cmeel.prefix" / "share"
    if path.resolve().is_relative_to(share.resolve()):
        return f"pkg://{path.resolve().relative_to(share.resolve())}"
    return str(path.resolve())

"""Launch files, started for real where launch_ros is installed and read otherwise."""

import ast
import importlib.util
from pathlib import Path

import pytest

from tests.test_package import _entry_points

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / "launch").glob("*.launch.py"))
HAS_LAUNCH = all(importlib.util.find_spec(name) for name in ("launch", "launch_ros"))


def _calls(path: Path, name: str) -> list[ast.Call]:
    tree = ast.walk(ast.parse(path.read_text()))
    return [n for n in tree if isinstance(n, ast.Call) and getattr(n.func, "id", "") == name]


def _values(call: ast.Call) -> dict[str, str]:
    return {k.arg: ast.unparse(k.value) for k in call.keywords if k.arg}


def test_there_are_launch_files() -> None:
    assert {path.name for path in FILES} == {"motiongpt.launch.py", "demo.launch.py"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_argument_has_a_default_and_a_description(path: Path) -> None:
    arguments = _calls(path, "DeclareLaunchArgument")
    assert arguments
    for call in arguments:
        values = _values(call)
        assert {"default_value", "description"} <= values.keys(), ast.unparse(call.args[0])
        if values["default_value"] in ("'true'", "'false'"):
            assert "choices" in values


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_node_is_one_that_is_installed(path: Path) -> None:
    programs = {ast.literal_eval(_values(call)["executable"]) for call in _calls(path, "Node")}
    assert programs and programs <= _entry_points().keys()


@pytest.mark.skipif(not HAS_LAUNCH, reason="launch_ros is not installed")
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_launch_file_describes_its_arguments(path: Path) -> None:
    from launch import LaunchContext
    from launch.launch_description_sources import PythonLaunchDescriptionSource

    source = PythonLaunchDescriptionSource(str(path))
    description = source.get_launch_description(LaunchContext())
    arguments = description.get_launch_arguments()
    assert all(argument.description for argument in arguments)

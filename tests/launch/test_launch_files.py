"""Launch files, started for real where launch_ros is installed and read otherwise."""

import ast
import importlib.util
from pathlib import Path

import pytest
import yaml

from motiongpt_ros.messages import BASE_FRAME
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


def test_the_arguments_are_those_that_the_readme_names() -> None:
    calls = _calls(ROOT / "launch" / "motiongpt.launch.py", "DeclareLaunchArgument")
    names = [ast.literal_eval(call.args[0]) for call in calls]
    readme = (ROOT / "README.md").read_text()
    assert names == [
        "robot", "model", "device", "mode", "namespace", "params_file", "use_sim_time", "sim",
        "rviz", "record", "log_level",
    ]  # fmt: skip
    assert all(f"| `{name}` |" in readme for name in names)


def test_the_rviz_configuration_is_installed_and_shows_topics_that_are_published() -> None:
    config = yaml.safe_load((ROOT / "rviz" / "motiongpt.rviz").read_text())
    displays = config["Visualization Manager"]["Displays"]
    topics = {display["Topic"]["Value"] for display in displays if "Topic" in display}
    assert topics == {"human", "robot_preview", "base_path"}
    assert config["Visualization Manager"]["Global Options"]["Fixed Frame"] == BASE_FRAME
    assert 'files("rviz/*.rviz")' in (ROOT / "setup.py").read_text()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_node_is_one_that_is_installed(path: Path) -> None:
    values = [_values(call) for call in _calls(path, "Node")]
    programs = {ast.literal_eval(v["executable"]) for v in values if "executable" in v}
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

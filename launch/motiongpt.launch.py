"""Start the motion node, and with `sim:=true` the simulated robot."""

from pathlib import Path

from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument
from launch.conditions import IfCondition
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node

CONFIG = Path(__file__).resolve().parents[1] / "config" / "motiongpt.yaml"
FLAGS = ["true", "false"]


def generate_launch_description() -> LaunchDescription:
    """Describe the nodes and their arguments."""
    arguments = [
        DeclareLaunchArgument(
            "robot", default_value="unitree_g1",
            description="Shipped robot by name, or the path of a robot file."),
        DeclareLaunchArgument(
            "model", default_value="default",
            description="Shipped model by name, or a model folder."),
        DeclareLaunchArgument(
            "device", default_value="cpu",
            description="Torch device of the language model, such as cpu or cuda:0."),
        DeclareLaunchArgument(
            "namespace", default_value="",
            description="Namespace of all topics, one for each robot."),
        DeclareLaunchArgument(
            "params_file", default_value=str(CONFIG),
            description="YAML file with the parameters of the nodes."),
        DeclareLaunchArgument(
            "use_sim_time", default_value="false", choices=FLAGS,
            description="Take the time from /clock."),
        DeclareLaunchArgument(
            "sim", default_value="false", choices=FLAGS,
            description="Start the simulated robot too."),
        DeclareLaunchArgument(
            "log_level", default_value="info",
            choices=["debug", "info", "warn", "error", "fatal"],
            description="Least severe log messages that are shown."),
    ]  # fmt: skip
    value = LaunchConfiguration
    common = {
        "package": "motiongpt_ros",
        "namespace": value("namespace"),
        "output": "screen",
        "arguments": ["--ros-args", "--log-level", value("log_level")],
    }
    shared = {"robot": value("robot"), "use_sim_time": value("use_sim_time")}
    motion = Node(
        executable="motiongpt_node",
        name="motiongpt",
        parameters=[
            value("params_file"),
            {**shared, "model": value("model"), "device": value("device")},
        ],
        **common,
    )
    sim = Node(
        executable="motiongpt_sim",
        name="motiongpt_sim",
        parameters=[value("params_file"), shared],
        condition=IfCondition(value("sim")),
        **common,
    )
    return LaunchDescription([*arguments, motion, sim])

"""Start the motion node, and on demand the simulated robot, RViz and a recorder."""

from pathlib import Path

from launch import LaunchContext, LaunchDescription
from launch.actions import DeclareLaunchArgument, OpaqueFunction
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterValue

SHARE = Path(__file__).resolve().parents[1]
CONFIG = SHARE / "config" / "motiongpt.yaml"
RVIZ = SHARE / "rviz" / "motiongpt.rviz"
FLAGS = ["true", "false"]
MODES = ["", "whole_body", "split", "upper_body", "upper_body_balanced"]


def generate_launch_description() -> LaunchDescription:
    """Describe the nodes and their arguments."""
    return LaunchDescription(
        [
            DeclareLaunchArgument(
                "robot", default_value="",
                description="Shipped robot by name, or the path of a robot file; "
                "empty takes that of params_file."),
            DeclareLaunchArgument(
                "model", default_value="",
                description="Shipped model by name, or a model folder; "
                "empty takes that of params_file."),
            DeclareLaunchArgument(
                "device", default_value="",
                description="Torch device of the language model, such as cpu or cuda:0; "
                "empty takes that of params_file."),
            DeclareLaunchArgument(
                "mode", default_value="", choices=MODES,
                description="What the robot is told; see the parameter of the node; "
                "empty takes that of params_file."),
            DeclareLaunchArgument(
                "namespace", default_value="",
                description="Namespace of all topics, one for each robot."),
            DeclareLaunchArgument(
                "params_file", default_value=str(CONFIG),
                description="YAML file with the parameters of the nodes."),
            DeclareLaunchArgument(
                "use_sim_time", default_value="false", choices=FLAGS,
                description="Take the time from /clock; a simulated robot then gives it."),
            DeclareLaunchArgument(
                "sim", default_value="false", choices=FLAGS,
                description="Start the simulated robot too."),
            DeclareLaunchArgument(
                "rviz", default_value="false", choices=FLAGS,
                description="Start RViz, which shows the motions that are told."),
            DeclareLaunchArgument(
                "record", default_value="",
                description="Folder that the session is recorded into, as MCAP; "
                "empty records nothing."),
            DeclareLaunchArgument(
                "log_level", default_value="info",
                choices=["debug", "info", "warn", "error", "fatal"],
                description="Least severe log messages that are shown."),
            OpaqueFunction(function=_nodes),
        ]
    )  # fmt: skip


def _nodes(context: LaunchContext) -> list[Node]:
    def value(name: str) -> str:
        return LaunchConfiguration(name).perform(context)

    def given(*names: str) -> dict[str, ParameterValue]:
        return {n: ParameterValue(value(n), value_type=str) for n in names if value(n)}

    common = {
        "package": "motiongpt_ros",
        "namespace": value("namespace"),
        "output": "screen",
        "arguments": ["--ros-args", "--log-level", value("log_level")],
    }
    file, sim_time = value("params_file"), value("use_sim_time") == "true"
    time = {"use_sim_time": sim_time}
    nodes = [
        Node(
            executable="motiongpt_node",
            name="motiongpt",
            parameters=[file, {**given("robot", "model", "device", "mode"), **time}],
            **common,
        )
    ]
    if value("sim") == "true":
        # The simulation makes the time that the others take.
        made = {"clock": sim_time, "use_sim_time": False}
        if value("mode") in ("split", "upper_body"):
            made["partial_joints"] = True
        sim = Node(
            executable="motiongpt_sim",
            name="motiongpt_sim",
            parameters=[file, {**given("robot"), **made}],
            **common,
        )
        nodes.append(sim)
    if value("record"):
        folder = {"folder": ParameterValue(value("record"), value_type=str)}
        recorder = Node(
            executable="motiongpt_record",
            name="motiongpt_recorder",
            parameters=[file, {**folder, **time}],
            **common,
        )
        nodes.append(recorder)
    if value("rviz") == "true":
        show = {"package": "rviz2", "executable": "rviz2", "arguments": ["-d", str(RVIZ)]}
        nodes.append(Node(name="rviz", namespace=value("namespace"), parameters=[time], **show))
    return nodes

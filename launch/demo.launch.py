"""Start the motion node and the simulated robot, and say one sentence to them."""

from pathlib import Path

from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, IncludeLaunchDescription
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node

HERE = Path(__file__).resolve().parent


def generate_launch_description() -> LaunchDescription:
    """Describe the nodes and their arguments."""
    text = DeclareLaunchArgument(
        "text",
        default_value="a person walks forward and waves with the right hand",
        description="What the robot should do, in English.",
    )
    robot = IncludeLaunchDescription(
        PythonLaunchDescriptionSource(str(HERE / "motiongpt.launch.py")),
        launch_arguments={"sim": "true"}.items(),
    )
    say = Node(
        package="motiongpt_ros",
        executable="motiongpt_say",
        output="screen",
        arguments=[LaunchConfiguration("text")],
    )
    return LaunchDescription([text, robot, say])

"""Pictures and films of a robot and the human motion it follows, drawn off screen."""

from motiongpt.view.path import HumanPath, RobotPath
from motiongpt.view.render import render_picture, render_video

__all__ = ["HumanPath", "RobotPath", "render_picture", "render_video"]

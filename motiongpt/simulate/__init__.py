"""Robots in MuJoCo: does a trajectory do in physics what it does on paper?"""

from motiongpt.simulate.play import Played, play_trajectory

__all__ = ["Played", "play_trajectory"]

"""Whose time the simulation lives in: that of the node's clock, or one that it makes itself."""

import time

from rclpy.clock import Clock
from rclpy.time import Time


class SimTime:
    """Translates between simulated time in [s] and ROS time."""

    def __init__(self, clock: Clock, makes_time: bool, speed: float) -> None:
        """Begin now, at simulated time 0.

        Args:
            clock: the node's clock.
            makes_time: whether ROS time is the simulated time, which `/clock` tells.
            speed: simulated seconds in a second, if it makes the time.
        """
        self._clock, self._makes_time, self._speed = clock, makes_time, speed
        self._begin = time.monotonic() if makes_time else clock.now().nanoseconds * 1e-9

    def due(self) -> float:
        """The time that the simulation should be at."""
        if self._makes_time:
            return (time.monotonic() - self._begin) * self._speed
        return float(self._clock.now().nanoseconds * 1e-9) - self._begin

    def elapsed(self, stamp: Time) -> float:
        """Simulated time of a ROS time."""
        seconds = float(stamp.nanoseconds * 1e-9)
        return seconds if self._makes_time else seconds - self._begin

    def stamp(self, elapsed: float) -> Time:
        """ROS time of a simulated time."""
        seconds = elapsed if self._makes_time else elapsed + self._begin
        return Time(nanoseconds=max(round(seconds * 1e9), 0))

"""Stop, hold, resume and emergency stop, each at once whatever the worker does."""

import time
from collections.abc import Callable

from motiongpt_ros.command_queue import Command, CommandQueue
from motiongpt_ros.conductor import Conductor, State
from motiongpt_ros.parameters import MotionSettings
from motiongpt_ros.watchdog import Limits

STOPPED = "stopped; all commands are dropped"
"""What is said to who asks for a stop."""


class Controls:
    """What a user or the watchdog may do to a robot that moves."""

    def __init__(
        self,
        queue: CommandQueue,
        conductor: Conductor,
        clock: Callable[[], float],
        settings: Callable[[], MotionSettings],
    ) -> None:
        """Act on a queue and a conductor."""
        self._queue, self._conductor = queue, conductor
        self._clock, self._settings = clock, settings

    def stop(self, reason: str = "stop was called") -> str:
        """Drop all commands, slow down and stay; says what was done."""
        self._queue.cancel()
        self._conductor.halt(State.STOPPED, reason, self._clock(), self._settings().rate)
        return STOPPED

    def hold(self, reason: str = "hold was called", believe: bool = True) -> str:
        """Slow down and stay, and keep what is left to do; says what was done.

        Args:
            reason: why.
            believe: whether the robot is where it was told to be.
        """
        rate = self._settings().rate
        with self._conductor.alone():
            again = self._queue.pause()
            now = self._clock()
            stopped = self._conductor.halt(State.HOLDING, reason, now, rate, believe)
            remaining = None if stopped is None else stopped.remaining(now)
            whole = again and stopped is not None and stopped.open  # it is made once more
            if stopped is not None and remaining is not None and not whole:
                self._queue.put_first(Command(stopped.text, append=True, motion=remaining))
        return "holding; resume goes on, stop drops what is left"

    def resume(self) -> tuple[bool, str]:
        """Go on with what was held; whether anything was, and what is done."""
        if self._conductor.state[0] is not State.HOLDING:
            return False, f"the robot is not held but {self._conductor.state[0].value}"
        waiting = self._queue.resume()
        if waiting == 0:
            self._conductor.say(State.IDLE)
        return True, f"going on with {waiting} commands"

    def estop(self, on: bool) -> str:
        """Stop and send nothing more, or release that; says what was done."""
        self._queue.cancel()
        self._conductor.estop(on, self._clock(), self._settings().rate)
        return "emergency stop is on" if on else "emergency stop is released; the robot is stopped"

    def tick(self) -> str | None:
        """Look after the robot; to be called many times a second. The reason if it was held."""
        now, settings = self._clock(), self._settings()
        limits = Limits(
            settings.state_timeout, settings.tracking_tolerance, settings.tracking_time
        )
        fault = self._conductor.watch(now, time.monotonic(), limits)
        if fault is not None:
            self.hold(fault.reason, fault.command_valid)
            return fault.reason
        self._conductor.finish(now)
        return None

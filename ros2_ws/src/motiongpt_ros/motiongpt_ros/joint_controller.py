"""What ros2_control's joint_trajectory_controller does; knows no ROS, times are in [s]."""

from dataclasses import dataclass

import numpy as np

from motiongpt.errors import RobotError
from motiongpt.retarget import JointState
from motiongpt.retarget.trajectory import hermite


@dataclass(frozen=True)
class Points:
    """Points of a trajectory.

    Attributes:
        times: shape (N,), in [s], rising from 0 or later.
        positions: shape (N, n), in [rad].
        velocities: shape (N, n), in [rad/s].
    """

    times: np.ndarray
    positions: np.ndarray
    velocities: np.ndarray

    def from_state(self, state: JointState) -> "Points":
        """The same, but beginning at a state if the first point is later."""
        if self.times[0] <= 0:
            return self
        return Points(
            np.concatenate([[0.0], self.times]),
            np.concatenate([[state.positions], self.positions]),
            np.concatenate([[state.velocities], self.velocities]),
        )


@dataclass(frozen=True)
class Tolerances:
    """How far a joint may be from where it should be; 0 allows anything, as in ros2_control.

    Attributes:
        path: while a trajectory runs, in [rad].
        goal: at its end, in [rad].
        goal_time: how much later than its end the goal may be reached, in [s]; 0 is any time.
    """

    path: float = 0.0
    goal: float = 0.0
    goal_time: float = 0.0


class TrajectoryFollower:
    """One trajectory.

    Attributes:
        start: time of its start.
        end: time of its last point.
    """

    def __init__(self, start: float, points: Points) -> None:
        """Follow points from a time on."""
        self.start, self.end = start, start + float(points.times[-1])
        self._points = points

    def sample(self, time: float) -> JointState:
        """Desired state at a time; the last position is held."""
        points = self._points
        elapsed = max(time - self.start, float(points.times[0]))
        if elapsed >= points.times[-1]:
            last = points.positions[-1]
            return JointState(last, np.zeros_like(last))
        i = int(np.searchsorted(points.times, elapsed, side="right")) - 1
        h = points.times[i + 1] - points.times[i]
        ends = (JointState(points.positions[k], points.velocities[k]) for k in (i, i + 1))
        return hermite(*ends, h, (elapsed - points.times[i]) / h)


class JointController:
    """Follows trajectories, each from its own start on; before the first one it holds."""

    def __init__(self, hold: JointState, tolerances: Tolerances | None = None) -> None:
        """Hold a state."""
        self._hold = hold
        self._tolerances = tolerances or Tolerances()
        self._followers: list[TrajectoryFollower] = []
        self._reached = True

    def target(self, time: float) -> JointState:
        """Desired state at a time."""
        follower = self._at(time)
        return self._hold if follower is None else follower.sample(time)

    def accept(self, start: float, points: Points, now: float) -> None:
        """Take a trajectory; those before it go on until it starts, those after it are dropped.

        Args:
            start: when it starts.
            points: its points; a first one that is later than 0 is reached from the state then.
            now: the time.

        Raises:
            RobotError: if it ends in the past.
        """
        if start + points.times[-1] < now:
            raise RobotError(
                f"trajectory ended {now - start - points.times[-1]:.3f} s ago; allowed: an end "
                "in the future"
            )
        points = points.from_state(self.target(start))
        kept = [follower for follower in self._followers if follower.start < start]
        current = self._at(now)
        self._followers = [f for f in kept if current is None or f.start >= current.start]
        self._followers.append(TrajectoryFollower(start, points))
        self._reached = False

    def hold(self, positions: np.ndarray) -> None:
        """Drop all trajectories and stay at positions (n,) in [rad]."""
        self._hold = JointState(positions, np.zeros_like(positions))
        self._followers, self._reached = [], True

    def watch(self, time: float, measured: JointState) -> str | None:
        """Look whether the joints are where they should be; if not, hold where they are.

        Args:
            time: the time.
            measured: where the joints are.

        Returns:
            What tolerance is broken, in words.
        """
        follower, allowed = self._at(time), self._tolerances
        if follower is None or self._reached:
            return None
        gaps = np.abs(measured.positions - follower.sample(time).positions)
        worst = float(gaps.max())
        reason = None
        if time < follower.end:
            if allowed.path and worst > allowed.path:
                reason = f"path tolerance: {worst:.3f} rad off; allowed: {allowed.path} rad"
        elif not allowed.goal or worst <= allowed.goal:
            self._reached = follower is self._followers[-1]
        elif allowed.goal_time and time > follower.end + allowed.goal_time:
            reason = (
                f"goal tolerance: {worst:.3f} rad off {time - follower.end:.2f} s after the end; "
                f"allowed: {allowed.goal} rad after {allowed.goal_time} s"
            )
        if reason is not None:
            self.hold(measured.positions.copy())
        return reason

    def _at(self, time: float) -> TrajectoryFollower | None:
        started = [follower for follower in self._followers if time >= follower.start]
        return started[-1] if started else None

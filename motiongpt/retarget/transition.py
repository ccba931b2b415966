"""The fastest way from a moving state to rest at a pose, all joints arriving together.

Each joint speeds up, cruises and slows down at its acceleration limit (a trapezoid of velocity,
time-optimal for a double integrator). For a given duration the way that a joint covers grows with
its cruising velocity, and what can be covered grows with the duration, so that both are found by
bisection for all joints at once.
"""

from dataclasses import dataclass, replace

import numpy as np

BISECTIONS = 60


@dataclass(frozen=True)
class Transition:
    """A motion of all joints from a state to rest at a pose.

    Attributes:
        duration: in [s].
        start: positions, shape (n,), in [rad].
        end: positions, shape (n,), in [rad].
        velocity: at the start, shape (n,), in [rad/s].
        cruise: velocity between, shape (n,), in [rad/s].
        acceleration: magnitude of speeding up and slowing down, shape (n,), in [rad/s^2].
    """

    duration: float
    start: np.ndarray
    end: np.ndarray
    velocity: np.ndarray
    cruise: np.ndarray
    acceleration: np.ndarray

    def slowed(self, factor: float) -> "Transition":
        """The same way, so many times slower; allowed from rest."""
        assert not self.velocity.any()
        return replace(
            self,
            duration=self.duration * factor,
            cruise=self.cruise / factor,
            acceleration=self.acceleration / factor**2,
        )

    def evaluate(self, times: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Positions, velocities and accelerations (N, n) at times (N,) in [s]."""
        t = np.clip(times, 0, self.duration)[:, None]
        a, w = self.acceleration, self.cruise
        up, down = np.sign(w - self.velocity) * a, np.sign(-w) * a
        t1, t3 = np.abs(w - self.velocity) / a, np.abs(w) / a
        begin = self.duration - t3
        rising, falling = t < t1, t > begin
        cruising = self.start + (self.velocity + w) / 2 * t1 + w * (t - t1)
        left = self.duration - t
        q = np.where(rising, self.start + self.velocity * t + up * t**2 / 2, cruising)
        q = np.where(falling, self.end + down * left**2 / 2, q)
        v = np.where(rising, self.velocity + up * t, w)
        v = np.where(falling, -down * left, v)
        return q, v, np.where(rising, up, np.where(falling, down, 0.0))


def fastest_transition(
    start: np.ndarray,
    velocity: np.ndarray,
    end: np.ndarray,
    velocity_limit: np.ndarray,
    acceleration_limit: np.ndarray,
    lower: np.ndarray,
    upper: np.ndarray,
) -> Transition:
    """Find the shortest transition that the limits allow.

    A joint that moves towards a position limit too fast to stop before it brakes harder than
    its acceleration limit; a joint that is faster than its limit slows down at once.

    Args:
        start: positions, shape (n,), in [rad], inside limits.
        velocity: shape (n,), in [rad/s].
        end: positions, shape (n,), in [rad], inside limits.
        velocity_limit: shape (n,), in [rad/s].
        acceleration_limit: shape (n,), in [rad/s^2].
        lower: shape (n,), in [rad].
        upper: shape (n,), in [rad].
    """
    room = np.where(velocity > 0, upper - start, start - lower)
    a = np.maximum(acceleration_limit, velocity**2 / (2 * np.maximum(room, 1e-6)))
    top = np.maximum(velocity_limit, np.abs(velocity))
    way = end - start

    def reach(duration: float) -> tuple[np.ndarray, np.ndarray]:
        return (
            np.maximum(-top, (velocity - a * duration) / 2),
            np.minimum(top, (velocity + a * duration) / 2),
        )

    def covered(w: np.ndarray, duration: float) -> np.ndarray:
        t1, t3 = np.abs(w - velocity) / a, np.abs(w) / a
        return (velocity + w) / 2 * t1 + w * (duration - t1 - t3) + w / 2 * t3

    short = float((np.abs(velocity) / a).max())
    long = short + float((2 * np.abs(way) / velocity_limit + 4 * top / a).max())
    for _ in range(BISECTIONS):
        middle = (short + long) / 2
        low, high = reach(middle)
        enough = (covered(low, middle) <= way + 1e-12) & (way - 1e-12 <= covered(high, middle))
        short, long = (short, middle) if enough.all() else (middle, long)
    low, high = reach(long)
    for _ in range(BISECTIONS):
        w = (low + high) / 2
        less = covered(w, long) < way
        low, high = np.where(less, w, low), np.where(less, high, w)
    return Transition(long, start, end, velocity, (low + high) / 2, a)

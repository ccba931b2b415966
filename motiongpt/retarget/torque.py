"""Joint torques of a trajectory, by inverse dynamics with the feet on the ground."""

from dataclasses import dataclass

import numpy as np
import pinocchio as pin

from motiongpt.retarget.ground import bearing_shares, push_soles
from motiongpt.retarget.kinematics import BASE, Placements
from motiongpt.retarget.robot import N_BASE_Q, N_BASE_V, Robot
from motiongpt.retarget.rotations import conjugate, multiply, rotation_vectors, turn_axes
from motiongpt.retarget.tasks import cross

LEAST_ROOM = 0.2
"""Share of an effort limit that is taken to be left beside gravity, at least."""

EFFORT_ROUNDS = 4
"""How often the ground's push is found anew while a motion is slowed."""

SLOW_ENOUGH = 1.01
"""A motion that would have to be slowed by less is left as it is."""

BASE_WINDOW = 0.1
"""Time in [s] before and after an instant over which the base's acceleration is taken: the lower
sole passes in an instant from one corner to another, and soles and servos give way a little."""


@dataclass(frozen=True)
class Torques:
    """Torques over time.

    Attributes:
        total: shape (N, n), in [N m].
        gravity: of the same poses at rest, shape (N, n), in [N m].
        lack: force in [N] and moment in [N m] that the motion needs and the ground cannot give,
            world axes, shape (N, 6); joints do not bear it.
    """

    total: np.ndarray
    gravity: np.ndarray
    lack: np.ndarray


@dataclass(frozen=True)
class _Soles:
    """Corners of both soles over time, seen from the ground under the base.

    Attributes:
        placed: all links.
        origin: on the ground, shape (3, N), in [m].
        points: corners, left foot first, on the ground, shape (N, c, 2), in [m].
        bearing: see `ground.bearing_shares`, shape (N, c).
    """

    placed: Placements
    origin: np.ndarray
    points: np.ndarray
    bearing: np.ndarray

    def select(self, frames: np.ndarray) -> "_Soles":
        """The same for some of the frames."""
        placed = Placements(self.placed.X[..., frames], self.placed.p[..., frames])
        return _Soles(placed, self.origin[:, frames], self.points[frames], self.bearing[frames])


def joint_torques(q: np.ndarray, v: np.ndarray, a: np.ndarray, robot: Robot) -> Torques:
    """Recursive Newton-Euler; the ground's push on the soles that stand bears the base.

    What the ground cannot give is not put into the joints: their torques are those with a hand at
    the base that gives it. The lower foot is taken to stand: a robot does not fly.

    Args:
        q: configurations, shape (N, nq).
        v: tangent velocities, shape (N, nv).
        a: tangent accelerations, shape (N, nv).
        robot: the robot.
    """
    moving, still = _without_ground(q, v, a, robot)
    soles = _place_soles(q, robot)
    total, lack = _stand(moving, soles, robot)
    return Torques(total, _stand(still, soles, robot)[0], lack)


def _without_ground(
    q: np.ndarray, v: np.ndarray, a: np.ndarray, robot: Robot
) -> tuple[np.ndarray, np.ndarray]:
    """What base and joints need (N, nv) in motion and at rest, if there was no ground."""
    model, data = robot.model, robot.model.createData()
    moving, still = np.empty((2, len(q), model.nv))
    for t in range(len(q)):
        moving[t] = pin.rnea(model, data, q[t], v[t], a[t])
        still[t] = pin.computeGeneralizedGravity(model, data, q[t])
    return moving, still


def _place_soles(q: np.ndarray, robot: Robot) -> _Soles:
    X = turn_axes(q[:, 3:N_BASE_Q])
    placed = robot.body.tree.place(q[:, N_BASE_Q:].T, X, q[:, :3].T)
    corners = np.concatenate([placed.points(foot.link, foot.corners) for foot in robot.body.feet])
    origin = np.stack([q[:, 0], q[:, 1], corners[:, 2].min(axis=0)])
    points = (corners[:, :2] - origin[:2]).transpose(2, 0, 1)
    return _Soles(placed, origin, points, bearing_shares(corners[:, 2].T))


def _stand(tau: np.ndarray, soles: _Soles, robot: Robot) -> tuple[np.ndarray, np.ndarray]:
    """Put the ground under a robot.

    Args:
        tau: what base and joints need without it, shape (N, nv).
        soles: where it can push.
        robot: the robot.

    Returns:
        Joint torques (N, n), and what is missing (N, 6).
    """
    placed, tree = soles.placed, robot.body.tree
    force, moment = (
        np.einsum("kin,nk->in", placed.X[BASE], tau[:, part])
        for part in (slice(3), slice(3, N_BASE_V))
    )
    moment += cross(placed.p[BASE] - soles.origin, force)
    push = push_soles(soles.points, soles.bearing, force.T, moment.T)
    joints, first = tau[:, N_BASE_V:].copy(), 0
    for foot in robot.body.feet:
        mine = slice(first, first + len(foot.corners))
        first = mine.stop
        forces, (x, y) = push.forces[:, mine].transpose(2, 1, 0), soles.points[:, mine].T
        pull = forces.sum(axis=1)  # (3, N)
        turn = np.stack([y * forces[2], -x * forces[2], x * forces[1] - y * forces[0]]).sum(
            axis=1
        )  # about the origin
        for joint in np.flatnonzero(tree.support[foot.link]):
            about = turn - cross(placed.p[joint] - soles.origin, pull)
            joints[:, joint] -= (placed.X[joint, 2] * about).sum(axis=0)
    return joints, push.lack


def base_tangents(base: np.ndarray, spacing: float) -> tuple[np.ndarray, np.ndarray]:
    """Velocities and accelerations of a base that begins and ends at rest.

    Differences over `BASE_WINDOW` before and after each instant, or over one step if that is
    longer.

    Args:
        base: [x y z] in [m] and [qx qy qz qw], shape (N, 7).
        spacing: of the poses, in [s].

    Returns:
        Both (N, 6), the tangent of Pinocchio's free-flyer: in [m/s] and [rad/s], base axes.
    """
    k = max(round(BASE_WINDOW / spacing), 1)
    h = k * spacing
    padded = np.concatenate([base[:1].repeat(k, 0), base, base[-1:].repeat(k, 0)])
    before, after = padded[: -2 * k], padded[2 * k :]
    X = turn_axes(base[:, 3:])
    speed = np.einsum("kin,ni->nk", X, (after - before)[:, :3] / (2 * h))
    bend = np.einsum("kin,ni->nk", X, (after - 2 * base + before)[:, :3] / h**2)
    come = rotation_vectors(multiply(conjugate(before[:, 3:]), base[:, 3:])) / h
    go = rotation_vectors(multiply(conjugate(base[:, 3:]), after[:, 3:])) / h
    spin = (come + go) / 2
    v = np.concatenate([speed, spin], axis=1)
    # The tangent is seen from axes that turn.
    return v, np.concatenate([bend - np.cross(spin, speed), (go - come) / h], axis=1)


def stretch_for_effort(
    q: np.ndarray, v: np.ndarray, a: np.ndarray, robot: Robot, limit: np.ndarray, most: float
) -> np.ndarray:
    """How much slower (N,) each instant must be so that torques keep their limits.

    Slowing down by s divides what is not gravity by s squared before the ground's push; that push
    is found anew, for a sole bears more or less as its edge is reached. Where gravity alone takes
    nearly all of a limit, slowing down helps little and is not asked to do more than that little.

    Args:
        q: configurations, shape (N, nq).
        v: tangent velocities, shape (N, nv).
        a: tangent accelerations, shape (N, nv).
        robot: the robot.
        limit: of torques, shape (n,), in [N m].
        most: how much slower at most.
    """
    moving, still = _without_ground(q, v, a, robot)
    soles = _place_soles(q, robot)
    gravity, _ = _stand(still, soles, robot)
    slower = np.ones(len(q))
    over = np.arange(len(q))
    for _ in range(EFFORT_ROUNDS):
        tau = still[over] + (moving - still)[over] / slower[over, None] ** 2
        total, _ = _stand(tau, soles.select(over), robot)
        need = _stretch(total, gravity[over], limit)
        slower[over] *= need
        over = over[(need > 1.0) & (slower[over] < most)]
        if not len(over):
            break
    return np.minimum(slower, most)


def _stretch(total: np.ndarray, gravity: np.ndarray, limit: np.ndarray) -> np.ndarray:
    """How much slower (N,) torques (N, n) must be if they went with the square of speed."""
    moving = total - gravity
    room = np.where(moving > 0, limit - gravity, limit + gravity)
    need = np.abs(moving) / np.maximum(room, LEAST_ROOM * limit)
    curable = (np.abs(total) > limit) & (np.abs(gravity) < limit)
    return np.sqrt(np.where(curable, np.maximum(need, 1.0), 1.0).max(axis=1))

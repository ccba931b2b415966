"""Legs that keep a robot standing on feet that stay while its upper body moves.

Not the centre of mass has to stay over the feet but the zero-moment point: the point p at which
the ground's push stops the robot from tipping (Vukobratovic and Borovac, Int. J. Humanoid Robotics
1, 2004). A centre of mass that moves by d moves it by d - h/g d'' (Kajita et al., ICRA 2003), h
being its height. So the way of the base that brings it where it should be is one tridiagonal
system for a whole motion; the robot leans against an arm's swing before the arm swings.
"""

from dataclasses import dataclass

import numpy as np
import pinocchio as pin
from scipy.linalg import solve_banded
from scipy.spatial import ConvexHull

from motiongpt.retarget.ground import STANDING_HEIGHT
from motiongpt.retarget.kinematics import BASE, Placements
from motiongpt.retarget.legs import HELD_FOOT_WEIGHT, HELD_PLACE_WEIGHT, FootTarget, foot_tasks
from motiongpt.retarget.limb import solve_limb
from motiongpt.retarget.robot import N_BASE_Q, N_BASE_V, Robot
from motiongpt.retarget.rotations import quaternions, turn_axes
from motiongpt.retarget.tasks import PointPosition

ROUNDS, LEG_ITERATIONS = 3, 12
CROUCH = 0.03
"""How much lower in [m] than at rest a balancing robot stands, so that its legs can give way."""

ANKLE_SHARE = 0.2
"""How far from the middle of the feet towards the ankles the robot is balanced. Position servos
give way under weight, and do so the more the farther the weight is from the ankles' axes: what
gives way goes to the middle."""

ENTRY_SPEED, SHORTEST_ENTRY, SETTLING = 2.0, 1.0, 0.6
"""Peak joint speed in [rad/s] on the way into a motion, how long in [s] that way takes at least,
and how long in [s] the legs go on after the motion."""

GRAVITY = 9.81


@dataclass(frozen=True)
class Stand:
    """Where feet and weight are in an upright pose, seen from its base.

    Attributes:
        weight: centre of mass from the middle of the feet, shape (2,), in [m].
        depth: height in [m] of the toes over those of the rest pose.
    """

    weight: np.ndarray
    depth: float


@dataclass(frozen=True)
class Feet:
    """The feet of the rest pose, which stay.

    Attributes:
        toes: shape (2, 3), in [m].
        forward: heel-to-toe directions, shape (2, 3).
        left: lateral directions, shape (2, 3).
        middle: of all sole corners, shape (2,), in [m].
        ankles: middle of the ankles, shape (2,), in [m].
    """

    toes: np.ndarray
    forward: np.ndarray
    left: np.ndarray
    middle: np.ndarray
    ankles: np.ndarray

    def target(self, side: int, height: np.ndarray) -> FootTarget:
        """What one foot should do, raised by heights (T,) in [m]."""
        n = len(height)
        toe = np.repeat(self.toes[side][:, None], n, axis=1)
        toe[2] += height
        return FootTarget(
            toe,
            np.repeat(self.forward[side][:, None], n, axis=1),
            np.repeat(self.left[side][:, None], n, axis=1),
        )


def ease(n: int) -> np.ndarray:
    """From 0 to 1 in n steps, at rest at both ends, shape (n + 1,)."""
    s = np.arange(n + 1) / max(n, 1)
    return s**3 * (10 - 15 * s + 6 * s**2)


def entry_frames(start: np.ndarray, first: np.ndarray, fps: float) -> int:
    """Number of frames in which joints (n,) in [rad] come to a motion's first ones."""
    way = float(np.abs(first - start).max(initial=0.0))
    return int(np.ceil(max(SHORTEST_ENTRY, 1.875 * way / ENTRY_SPEED) * fps))  # see `ease`


def with_entry(joints: np.ndarray, start: np.ndarray, fps: float) -> tuple[np.ndarray, int]:
    """Joints (n, T) with the way from a start (n,) before them and a rest after them.

    Returns:
        Joints (n, T'), and how many of them come before the motion's first frame.
    """
    n = entry_frames(start, joints[:, 0], fps)
    share = ease(n)[:-1]
    entry = (1 - share) * start[:, None] + share * joints[:, :1]
    after = np.repeat(joints[:, -1:], round(SETTLING * fps), axis=1)
    return np.concatenate([entry, joints, after], axis=1), n


def balance(robot: Robot, placed: Placements, joints: np.ndarray, fps: float, entry: int) -> None:
    """Move the base, on feet that stay, until the zero-moment point is where it should be.

    Args:
        robot: the robot.
        placed: all links, the base upright at the origin; the legs and the base are moved, in
            place.
        joints: (n, T) in [rad]; the legs are solved, in place. Where there is an entry, those of
            the first frame say how the robot stands.
        fps: frames a second.
        entry: frames that lead into the motion, in which the robot comes to stand as it should.
    """
    body, n_frames = robot.body, joints.shape[1]
    feet = _feet(robot, placed)
    share = np.ones(n_frames)
    share[:entry] = ease(entry)[:-1]
    start = _stand(robot, placed, feet) if entry else Stand(np.zeros(2), CROUCH)
    posture = joints[:, :1].copy()
    wanted = feet.middle + ANKLE_SHARE * (feet.ankles - feet.middle)
    wanted = wanted[:, None] + (1 - share) * (feet.middle + start.weight - wanted)[:, None]
    height = start.depth + share * (CROUCH - start.depth)
    for _ in range(ROUNDS):
        point, h = zero_moment_points(placed, joints, robot, fps)
        missing = wanted - point
        if entry:  # the weight, and not the zero-moment point, begins where it is
            missing[:, 0] = wanted[:, 0] - body.center_of_mass(placed)[:2, 0]
        placed.p[:, :2] += _base_shift(missing, h, fps, entry > 0)
        for side, limb in enumerate(body.legs):
            target = feet.target(side, height)
            tasks = foot_tasks(body.feet[side], target, HELD_FOOT_WEIGHT, HELD_FOOT_WEIGHT)
            tasks += [PointPosition(body.feet[side].toe, target.toe, HELD_PLACE_WEIGHT)]
            q = joints[limb.joints]
            q, _ = solve_limb(body.tree, placed, limb, tasks, q, q, 0.0, LEG_ITERATIONS)
            joints[limb.joints] = q
    if entry:  # what the solution lacks at the start goes over into it
        joints[:, :entry] += (1 - share[:entry]) * (posture - joints[:, :1])


def _feet(robot: Robot, placed: Placements) -> Feet:
    body = robot.body
    rest = body.tree.place(robot.rest_pose[:, None], placed.X[BASE, :, :, :1], np.zeros((3, 1)))
    corners = np.concatenate([rest.points(foot.link, foot.corners)[..., 0] for foot in body.feet])
    return Feet(
        toes=np.stack([rest.point(foot.toe)[:, 0] for foot in body.feet]),
        forward=np.stack([rest.axis(foot.link, foot.forward)[:, 0] for foot in body.feet]),
        left=np.stack([rest.axis(foot.link, foot.left)[:, 0] for foot in body.feet]),
        middle=(corners[:, :2].min(axis=0) + corners[:, :2].max(axis=0)) / 2,
        ankles=np.mean([rest.point(foot.ankle)[:2, 0] for foot in body.feet], axis=0),
    )


def _stand(robot: Robot, placed: Placements, feet: Feet) -> Stand:
    """How the robot stands in the first frame, taken to be upright."""
    body = robot.body
    toes = np.stack([placed.point(foot.toe)[:, 0] for foot in body.feet])
    moved = (toes - feet.toes).mean(axis=0)
    center = body.center_of_mass(placed)[:2, 0]
    return Stand(center - moved[:2] - feet.middle, float(np.clip(moved[2], 0.0, 3 * CROUCH)))


def zero_moment_points(
    placed: Placements, joints: np.ndarray, robot: Robot, fps: float
) -> tuple[np.ndarray, float]:
    """Zero-moment points of a motion whose feet do not rise.

    Args:
        placed: all links.
        joints: (n, T) in [rad].
        robot: the robot.
        fps: frames a second.

    Returns:
        Points (2, T) in [m] on the ground, and the mean height of the centre of mass over it in
        [m]. The motion is taken to begin and end at rest.
    """
    model, data = robot.model, robot.model.createData()
    q = np.concatenate([placed.p[BASE].T, quaternions(placed.X[BASE]), joints.T], axis=1)
    ground = min(foot.lowest(placed).mean() for foot in robot.body.feet)
    mass = pin.computeTotalMass(model)
    padded = np.concatenate([q[:1], q, q[-1:]])
    v = np.zeros((len(padded) - 1, model.nv))  # between frames
    v[:, N_BASE_V:] = np.diff(padded[:, N_BASE_Q:], axis=0) * fps
    # An upright base does not turn; its velocity is in its own axes.
    X = placed.X[BASE, :, :, 0]
    v[:, :3] = np.diff(padded[:, :3], axis=0) @ X.T * fps
    centers, momenta = np.empty((len(q), 3)), np.empty((len(v), 6))
    for t in range(len(v)):
        middle = (padded[t] + padded[t + 1]) / 2
        momenta[t] = pin.computeCentroidalMomentum(model, data, middle, v[t]).vector
    for t in range(len(q)):
        centers[t] = pin.centerOfMass(model, data, q[t], False)
    change = np.diff(momenta, axis=0) * fps
    force = change[:, :3] + [0, 0, GRAVITY * mass]
    height = centers[:, 2] - ground
    moment = np.stack([-change[:, 4], change[:, 3]], axis=1)
    points = centers[:, :2] + (moment - height[:, None] * force[:, :2]) / force[:, 2:]
    return points.T, float(height.mean())


def _base_shift(missing: np.ndarray, height: float, fps: float, from_start: bool) -> np.ndarray:
    """How the base moves (2, T) in [m] so that zero-moment points move by (2, T) in [m].

    The motion ends at rest; where it comes from a start, the first frame moves as it is told.
    """
    n, r = missing.shape[1], height / GRAVITY * fps**2
    bands = np.zeros((3, n))
    bands[0, 1:], bands[1], bands[2, :-1] = -r, 1 + 2 * r, -r
    bands[1, -1] -= r
    if from_start:
        bands[1, 0], bands[0, 1] = 1.0, 0.0
    else:
        bands[1, 0] -= r
    return solve_banded((1, 1), bands, missing.T).T


def support_margin(q: np.ndarray, robot: Robot) -> np.ndarray:
    """Distance (T,) in [m] of the centre of mass from the edge of the feet's hull; <0 outside.

    Args:
        q: configurations (T, nq); feet stand that are as low as the lowest one.
        robot: the robot.
    """
    body = robot.body
    X = turn_axes(q[:, 3:N_BASE_Q])
    placed = body.tree.place(q[:, N_BASE_Q:].T, X, q[:, :3].T)
    center = body.center_of_mass(placed)
    soles = [placed.points(foot.link, foot.corners) for foot in body.feet]  # (k, 3, T)
    lowest = np.stack([sole[:, 2].min(axis=0) for sole in soles])
    stands = lowest <= lowest.min(axis=0) + STANDING_HEIGHT
    margins = np.empty(len(q))
    for t in range(len(q)):
        corners = np.concatenate([sole[:, :2, t] for k, sole in enumerate(soles) if stands[k, t]])
        margins[t] = -(ConvexHull(corners).equations @ [*center[:2, t], 1.0]).max()
    return margins

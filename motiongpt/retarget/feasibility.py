"""What a trajectory asks of a robot, and how well it follows the human."""

import json
from dataclasses import asdict, dataclass

import numpy as np
import pinocchio as pin

from motiongpt.motion.motion import Motion
from motiongpt.retarget.abilities import find_gaps
from motiongpt.retarget.balance import GRAVITY, support_margin
from motiongpt.retarget.measures import BONE_NAMES, CollisionChecker, measure_tracking, place
from motiongpt.retarget.robot import Robot
from motiongpt.retarget.solve import RobotMotion
from motiongpt.retarget.torque import Torques, base_tangents, joint_torques
from motiongpt.retarget.trajectory import RobotTrajectory
from motiongpt.retarget.violations import count_violations

OVER = 1.005
"""Share of an effort limit from which on it counts as exceeded: 1 but for rounding."""

LACK = 1.0
"""A lack below this in [N] or [N m] is none."""

POINTS = 1000
"""Points of a trajectory at most that torques, collisions and support are looked at."""


@dataclass(frozen=True)
class JointDemand:
    """What is asked of one joint.

    Attributes:
        name: of the joint.
        margin: least distance from a position limit that is kept, in [rad].
        velocity: peak, in [rad/s].
        velocity_share: of the limit.
        torque: peak by inverse dynamics, in [N m].
        torque_share: of the effort limit; 0 where the URDF has none.
        rest_share: of the effort limit, what the poses need however slowly they are passed.
    """

    name: str
    margin: float
    velocity: float
    velocity_share: float
    torque: float
    torque_share: float
    rest_share: float


@dataclass(frozen=True)
class Series:
    """Over time, for a plot; all have shape (N,).

    Attributes:
        times: in [s].
        velocity_share: of the joint nearest to its velocity limit.
        torque_share: of the joint nearest to its effort limit.
        support_margin: of the centre of mass inside the feet that stand, in [m].
        tipping: moment that no push within the soles can give, in [N m].
    """

    times: np.ndarray
    velocity_share: np.ndarray
    torque_share: np.ndarray
    support_margin: np.ndarray
    tipping: np.ndarray


@dataclass(frozen=True)
class Balance:
    """What the ground cannot give: it only pushes, within the soles, and holds within friction.

    Joint torques do not contain it. All are the largest over time.

    Attributes:
        tipping: moment about horizontal axes, in [N m].
        distance: how far outside the soles the robot's weight would have the same moment, in [m].
        sliding: horizontal force, in [N].
        lifting: vertical force, in [N].
        turning: moment about the vertical, in [N m].
    """

    tipping: float
    distance: float
    sliding: float
    lifting: float
    turning: float


@dataclass(frozen=True)
class Feasibility:
    """A report on one motion; lengths in [m], angles in [rad].

    Attributes:
        robot: its name.
        duration: of the trajectory, in [s].
        handover: until the motion begins, in [s].
        slowdown: how many times longer than asked the motion takes.
        violations: of position, velocity and acceleration limits.
        limb_errors: mean angle between robot's and human's segments by limb; also torso, pelvis.
        not_followed: what the robot has no joints for.
        skate: mean and largest horizontal speed of a standing foot, in [m/s].
        penetration: mean and largest depth of a sole.
        colliding: share of points at which two links touch.
        support_margin: least distance of the centre of mass from the edge of the standing feet's
            hull; below 0 it is outside.
        lack: what the motion needs and the ground cannot give.
        joints: what is asked of each joint.
        series: values over time.
    """

    robot: str
    duration: float
    handover: float
    slowdown: float
    violations: int
    limb_errors: dict[str, float]
    not_followed: tuple[str, ...]
    skate: tuple[float, float]
    penetration: tuple[float, float]
    colliding: float
    support_margin: float
    lack: Balance
    joints: tuple[JointDemand, ...]
    series: Series

    def to_json(self) -> str:
        """All numbers but those over time, in SI units."""
        content = asdict(self)
        del content["series"]
        return json.dumps(content, indent=2)

    def to_text(self) -> str:
        """A page for people."""
        limbs = ", ".join(f"{n} {np.degrees(e):.1f}" for n, e in self.limb_errors.items())
        lines = [
            f"{self.robot}: {self.duration:.2f} s, of them {self.handover:.2f} s to get there; "
            f"slowed {self.slowdown:.2f} times; {self.violations} limit violations",
            f"tracking error [deg]: {limbs}",
            f"not followed: {'; '.join(self.not_followed) or 'nothing'}",
            f"standing feet: skate {100 * self.skate[0]:.2f} cm/s mean, "
            f"{100 * self.skate[1]:.1f} max; penetration {1000 * self.penetration[0]:.2f} mm "
            f"mean, {1000 * self.penetration[1]:.2f} max",
            f"self-collision: {100 * self.colliding:.1f} % of the time",
            f"centre of mass: {100 * self.support_margin:.1f} cm inside the standing feet at "
            "the least" + ("" if self.support_margin > 0 else "; below 0: balance is needed"),
            self._balance_text(),
            *self._effort_text(),
            "",
            f"{'joint':28} {'margin':>8} {'velocity':>16} {'torque':>17}",
        ]
        for j in self.joints:
            lines.append(
                f"{j.name:28} {j.margin:5.2f} rad {j.velocity:5.2f} rad/s {j.velocity_share:4.0%} "
                f"{j.torque:7.1f} N m {j.torque_share:4.0%}"
            )
        return "\n".join(lines)

    def _balance_text(self) -> str:
        lack = self.lack
        if max(lack.tipping, lack.sliding, lack.lifting, lack.turning) < LACK:
            return "ground: its push within the soles and its friction bear the motion"
        return (
            "ground: at the worst, its push within the soles lacks "
            f"{lack.tipping:.0f} N m (as if the weight was {100 * lack.distance:.0f} cm outside) "
            f"and {lack.lifting:.0f} N upward, its friction {lack.sliding:.0f} N and "
            f"{lack.turning:.0f} N m; torques are without that"
        )

    def _effort_text(self) -> list[str]:
        """Joints that are asked for more than they have, and whether slowing would help."""
        over = [j for j in self.joints if j.torque_share > OVER]
        held = [f"{j.name} ({j.rest_share:.0%} at rest)" for j in over if j.rest_share > OVER]
        fast = [j.name for j in over if j.rest_share <= OVER]
        lines = []
        if held:
            lines.append(f"too weak for a pose, however slow: {', '.join(held)}")
        if fast:
            lines.append(f"too weak for a moment, such as a landing: {', '.join(fast)}")
        return lines


def judge_trajectory(
    motion: Motion, followed: RobotMotion, trajectory: RobotTrajectory, robot: Robot
) -> Feasibility:
    """Report on a motion.

    Args:
        motion: 22 joints in [m], world frame, z up.
        followed: what the robot does frame by frame, before it was slowed.
        trajectory: what is sent.
        robot: the robot.
    """
    own = slice(followed.entry, followed.entry + motion.n_frames)
    tracking = measure_tracking(
        motion, RobotMotion(followed.q[own], followed.v[own], followed.fps), robot
    )
    step = int(np.ceil(len(trajectory.times) / POINTS))
    q = np.concatenate([trajectory.base, trajectory.positions], axis=1)[::step]
    torques = _torques(q, trajectory, robot, step)
    checker = CollisionChecker(robot)
    margin = support_margin(q, robot)
    return Feasibility(
        robot=robot.name,
        duration=trajectory.duration,
        handover=trajectory.handover_duration,
        slowdown=trajectory.slowdown,
        violations=count_violations(trajectory, robot).total,
        limb_errors=_limb_errors(tracking.bones)
        | {"torso": float(tracking.torso.mean()), "pelvis": float(tracking.pelvis.mean())},
        not_followed=find_gaps(robot),
        skate=_mean_and_max(tracking.skate),
        penetration=_mean_and_max(np.maximum(-_soles(q, robot), 0.0)),
        colliding=float(np.mean([checker.collides(c) for c in q])),
        support_margin=float(margin.min()),
        lack=_balance(torques.lack, robot),
        joints=_demands(trajectory, torques, robot),
        series=Series(
            times=trajectory.times[::step],
            velocity_share=_share(trajectory.velocities[::step], robot.velocity_limit),
            torque_share=_share(torques.total, robot.effort_limit),
            support_margin=margin,
            tipping=np.linalg.norm(torques.lack[:, 3:5], axis=1),
        ),
    )


def _share(values: np.ndarray, limit: np.ndarray) -> np.ndarray:
    return (np.abs(values) / limit).max(axis=1)


def _mean_and_max(values: np.ndarray) -> tuple[float, float]:
    return (float(values.mean()), float(values.max())) if values.size else (0.0, 0.0)


def _limb_errors(bones: np.ndarray) -> dict[str, float]:
    """Mean angle (T, 8) by limb segment."""
    return {name: float(bones[:, k].mean()) for k, name in enumerate(BONE_NAMES)}


def _soles(q: np.ndarray, robot: Robot) -> np.ndarray:
    placed = place(q, robot)
    return np.minimum(*(foot.lowest(placed) for foot in robot.body.feet))


def _torques(q: np.ndarray, trajectory: RobotTrajectory, robot: Robot, step: int) -> Torques:
    """By inverse dynamics, at every so many points."""
    moving = base_tangents(
        trajectory.base, trajectory.times[1] if len(trajectory.times) > 1 else 1.0
    )
    joints = (trajectory.velocities, trajectory.accelerations)
    v, a = (np.concatenate([b, j], axis=1)[::step] for b, j in zip(moving, joints, strict=True))
    return joint_torques(q, v, a, robot)


def _balance(lack: np.ndarray, robot: Robot) -> Balance:
    """Largest parts of lacks (k, 6)."""
    tipping = float(np.linalg.norm(lack[:, 3:5], axis=1).max())
    weight = pin.computeTotalMass(robot.model) * GRAVITY
    return Balance(
        tipping=tipping,
        distance=tipping / weight,
        sliding=float(np.linalg.norm(lack[:, :2], axis=1).max()),
        lifting=float(np.abs(lack[:, 2]).max()),
        turning=float(np.abs(lack[:, 5]).max()),
    )


def _demands(
    trajectory: RobotTrajectory, torques: Torques, robot: Robot
) -> tuple[JointDemand, ...]:
    q, v = trajectory.positions, np.abs(trajectory.velocities).max(axis=0)
    margin = np.minimum(q - robot.lower, robot.upper - q).min(axis=0) + robot.file.margin
    torque, rest = (np.abs(x).max(axis=0) for x in (torques.total, torques.gravity))
    return tuple(
        JointDemand(name, *(float(x) for x in values))
        for name, *values in zip(
            robot.joint_names,
            margin,
            v,
            v / robot.velocity_limit,
            torque,
            torque / robot.effort_limit,
            rest / robot.effort_limit,
            strict=True,
        )
    )

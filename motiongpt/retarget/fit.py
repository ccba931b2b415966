"""How well a robot follows some motions: what proves a robot file."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from motiongpt.motion.motion import Motion
from motiongpt.retarget.measures import BONE_NAMES, measure_tracking
from motiongpt.retarget.plan import plan_trajectory
from motiongpt.retarget.robot import Robot
from motiongpt.retarget.solve import retarget
from motiongpt.retarget.trajectory import JointState
from motiongpt.retarget.violations import count_violations

GOOD_BONE = 15.0
"""A bone that errs more than this in [deg] on average is worth a look."""


@dataclass(frozen=True)
class Fit:
    """Errors over all frames of some motions.

    Attributes:
        bones: mean angle by `measures.BONE_NAMES`, in [deg].
        torso: mean angle, in [deg].
        pelvis: mean angle, in [deg].
        skate: mean speed of standing toes, in [m/s].
        penetration: deepest, in [m].
        slowdown: largest of the planned trajectories.
        violations: points of these outside position, velocity or acceleration limits.
    """

    bones: dict[str, float]
    torso: float
    pelvis: float
    skate: float
    penetration: float
    slowdown: float
    violations: int

    @property
    def poor(self) -> tuple[str, ...]:
        """Bones that err more than `GOOD_BONE`."""
        return tuple(name for name, error in self.bones.items() if error > GOOD_BONE)


def measure_fit(motions: Sequence[Motion], robot: Robot) -> Fit:
    """Retarget motions, and plan them from standing.

    Raises:
        RetargetError: if one has no finite solution.
    """
    found = [measure_tracking(m, retarget(m, robot), robot) for m in motions]
    standing = JointState(robot.rest_pose, np.zeros(robot.n_joints))
    planned = [plan_trajectory(m, robot, standing) for m in motions]
    counts = [count_violations(trajectory, robot) for trajectory in planned]
    bones = np.degrees(np.concatenate([f.bones for f in found]).mean(axis=0))
    skate = np.concatenate([f.skate for f in found])
    return Fit(
        bones=dict(zip(BONE_NAMES, bones.tolist(), strict=True)),
        torso=float(np.degrees(np.concatenate([f.torso for f in found]).mean())),
        pelvis=float(np.degrees(np.concatenate([f.pelvis for f in found]).mean())),
        skate=float(skate.mean()) if len(skate) else 0.0,
        penetration=float(max(f.penetration.max() for f in found)),
        slowdown=max(trajectory.slowdown for trajectory in planned),
        violations=sum(c.position + c.velocity + c.acceleration for c in counts),
    )

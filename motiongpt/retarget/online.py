"""One frame at a time, in bounded time: the tasks of `legs` and `arms` from the last solution."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from motiongpt.errors import RetargetError
from motiongpt.motion.motion import Motion
from motiongpt.retarget.arms import bone_tasks as arm_tasks
from motiongpt.retarget.kinematics import BASE, Placements
from motiongpt.retarget.legs import FootTarget, foot_axes, free_tasks, held_tasks
from motiongpt.retarget.limb import Limb, solve_limb
from motiongpt.retarget.robot import N_BASE_Q, Robot
from motiongpt.retarget.rotations import quaternions
from motiongpt.retarget.solve import check_units
from motiongpt.retarget.targets import (
    CONTACT_HEIGHT,
    CONTACT_SPEED,
    USUAL,
    Calibration,
    Targets,
    find_targets,
)
from motiongpt.retarget.targets import toe_points as human_toes
from motiongpt.retarget.tasks import Task
from motiongpt.retarget.trunk import solve_trunk

ITERATIONS, FIRST_ITERATIONS = 3, 30
POSTURE_WEIGHT = 0.05
GROUND_RISE = 0.1
"""How fast the ground may be found to be higher than it was, in [m/s]."""

HOLD_TIME = 0.1
"""Time in [s] in which a foot that touches the ground comes to be held."""


class OnlineRetargeter:
    """Follows a person frame by frame; every limit is kept at every frame."""

    def __init__(self, robot: Robot, fps: float = 20.0, calibration: Calibration = USUAL) -> None:
        """Begin at the robot's rest pose.

        Args:
            robot: the robot.
            fps: frames a second that will come.
            calibration: of the human's body.

        Raises:
            RetargetError: if the rate is not above 0.
        """
        if not fps > 0:
            raise RetargetError(f"{fps} frames a second; allowed: more than 0")
        self._robot, self._fps, self._calibration = robot, fps, calibration
        self._wanted: np.ndarray | None = None
        self._joints = robot.rest_pose.copy()
        self._velocity = np.zeros(robot.n_joints)
        self._toes: np.ndarray | None = None
        self._root = np.zeros(3)
        self._ground = 0.0
        self._base = np.zeros((3, 1))
        self._held = np.zeros(2)
        self._places = np.zeros((2, 2))

    def push(self, pose: np.ndarray) -> np.ndarray:
        """Follow one more frame.

        Args:
            pose: 22 joints, shape (22, 3), in [m], world frame, z up.

        Returns:
            Configuration (nq,): joints inside position limits that moved no faster and changed
            their speed no more than the limits allow.

        Raises:
            MotionError: if the pose has another shape or is not finite.
            RetargetError: if it is not in metres.
        """
        motion = Motion(np.asarray(pose, dtype=float)[None], self._fps)
        check_units(motion)
        targets = replace(
            find_targets(motion, self._calibration), contact=self._contact(motion)[None]
        )
        body = self._robot.body
        placed = body.tree.empty(1)
        iterations = ITERATIONS if self._wanted is not None else FIRST_ITERATIONS
        wanted = self._robot.rest_pose.copy() if self._wanted is None else self._wanted.copy()
        wanted[body.waist.joints] = solve_trunk(body, targets, wanted, placed)[:, 0]
        self._solve_legs(targets, placed, wanted, iterations)
        self._solve_arms(targets, placed, wanted, iterations)
        self._wanted = wanted
        self._follow(wanted)
        return self._configuration(placed)

    def _contact(self, motion: Motion) -> np.ndarray:
        """Which feet (2,) stand; keeps the ground's height, which sinks at once."""
        toes = human_toes(motion.positions)[0]
        if self._toes is None:
            self._toes, self._ground = toes, float(toes[:, 2].min())
        speed = np.linalg.norm(toes - self._toes, axis=-1) * self._fps
        rising = self._ground + GROUND_RISE / self._fps
        self._ground = min(float(toes[:, 2].min()), rising)
        self._toes = toes
        low = toes[:, 2] < self._ground + CONTACT_HEIGHT
        return (low & (speed < CONTACT_SPEED)).astype(float)

    def _solve_legs(
        self, targets: Targets, placed: Placements, wanted: np.ndarray, iterations: int
    ) -> None:
        body, step = self._robot.body, 1 / (HOLD_TIME * self._fps)
        free = []
        for side, limb in enumerate(body.legs):
            tasks = free_tasks(body, targets, side)
            free.append(self._solve(placed, limb, tasks, wanted, iterations))
        stands = targets.contact[0]
        begins = (stands > 0) & (self._held == 0)
        self._held = np.clip(self._held + np.where(stands > 0, step, -step), 0, 1)
        axes = [
            foot_axes(foot, targets, placed, self._held[side : side + 1], side)
            for side, foot in enumerate(body.feet)
        ]
        toes = np.stack(
            [
                foot.toe_at(placed.point(foot.ankle), a.forward, a.left)[:, 0]
                for foot, a in zip(body.feet, axes, strict=True)
            ]
        )
        heights = np.array(
            [f.toe_height(a.forward, a.left)[0] for f, a in zip(body.feet, axes, strict=True)]
        )
        self._move_base(targets, toes, heights, begins)
        placed.p[:] += self._base
        self._places = np.where(begins[:, None], toes[:, :2] + self._base[:2, 0], self._places)
        for side, limb in enumerate(body.legs):
            own, share = toes[side] + self._base[:, 0], self._held[side]
            own[:2] = (1 - share) * own[:2] + share * self._places[side]
            own[2] = max((1 - share) * own[2] + share * heights[side], heights[side])
            target = FootTarget(own[:, None], axes[side].forward, axes[side].left)
            wanted[limb.joints] = free[side]
            tasks = held_tasks(body, targets, side, target)
            wanted[limb.joints] = self._solve(placed, limb, tasks, wanted, iterations)

    def _move_base(
        self, targets: Targets, toes: np.ndarray, heights: np.ndarray, begins: np.ndarray
    ) -> None:
        """Move the base so that held feet stay; without any, as the human moves."""
        step = (targets.root[0] - self._root) * self._robot.body.leg_length
        self._root = targets.root[0]
        first = self._wanted is None
        if first:
            step[:2] = 0
        self._base[:, 0] += step if not first else 0
        old = (self._held > 0) & ~begins
        if old.any():
            weight = self._held * old
            self._base[:2, 0] = (weight @ (self._places - toes[:, :2])) / weight.sum()
        if self._held.any() or first:
            weight = self._held if self._held.any() else np.ones(2)
            level = float(weight @ (heights - toes[:, 2])) / weight.sum()
            self._base[2] = level if first else 0.5 * (self._base[2] + level)

    def _solve_arms(
        self, targets: Targets, placed: Placements, wanted: np.ndarray, iterations: int
    ) -> None:
        body = self._robot.body
        for limb in body.arms:
            body.tree.move(placed, limb.joints, wanted[limb.joints, None])
        for side, limb in enumerate(body.arms):
            tasks = [*arm_tasks(body, targets, side), body.clearances[side]]
            wanted[limb.joints] = self._solve(placed, limb, tasks, wanted, iterations)

    def _solve(
        self,
        placed: Placements,
        limb: Limb,
        tasks: Sequence[Task],
        wanted: np.ndarray,
        iterations: int,
    ) -> np.ndarray:
        """Joints (m,) of one limb, from what was wanted before."""
        now = wanted[limb.joints, None]
        found, _ = solve_limb(
            self._robot.body.tree, placed, limb, tasks, now, now, POSTURE_WEIGHT, iterations
        )
        return found[:, 0]

    def _follow(self, wanted: np.ndarray) -> None:
        """Move the joints towards what is wanted as far as one frame allows."""
        robot, dt = self._robot, 1 / self._fps
        a, top = robot.acceleration_limit, robot.velocity_limit
        # The fastest speed from which a joint still stops where it should: in one frame, or in
        # as many as braking takes, rounded up.
        gap = wanted - self._joints
        far = np.abs(gap)
        stop = np.maximum(np.minimum(far / dt, a * dt), np.sqrt(2 * a * far) - a * dt / 2)
        v = np.sign(gap) * np.minimum(np.minimum(far / dt, stop), top)
        v = np.clip(v, self._velocity - a * dt, self._velocity + a * dt)
        joints = np.clip(self._joints + v * dt, robot.lower, robot.upper)
        self._velocity = (joints - self._joints) / dt
        self._joints = joints

    def _configuration(self, placed: Placements) -> np.ndarray:
        """The configuration that the joints have, the lower sole on the ground or above it."""
        body = self._robot.body
        body.tree.move(placed, range(self._robot.n_joints), self._joints[:, None])
        lowest = min(float(foot.lowest(placed)[0]) for foot in body.feet)
        q = np.empty(self._robot.model.nq)
        q[:3] = placed.p[BASE, :, 0]
        q[2] += -lowest if self._held.max() >= 1 else max(-lowest, 0.0)
        q[3:N_BASE_Q] = quaternions(placed.X[BASE])[0]
        q[N_BASE_Q:] = self._joints
        return q

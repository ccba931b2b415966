"""Joint angles that follow the targets frame by frame, and a base that follows the feet."""

from dataclasses import dataclass

import numpy as np
import pinocchio as pin
from scipy.linalg import cho_factor, cho_solve

from motiongpt.errors import RetargetError
from motiongpt.motion.motion import Motion
from motiongpt.retarget.robot import N_BASE_Q, N_BASE_V, Robot
from motiongpt.retarget.robot_file import SIDES
from motiongpt.retarget.smooth import smooth_to_acceleration
from motiongpt.retarget.targets import BONES, Targets, find_targets

BONE_WEIGHT, TORSO_WEIGHT, FOOT_WEIGHT, ROLL_WEIGHT = 1.0, 0.7, 0.4, 0.5
POSTURE_WEIGHT, SMOOTH_WEIGHT = 0.05, 0.15
ITERATIONS, FIRST_ITERATIONS = 4, 40
MAX_STEP = 0.5
"""Largest change of a joint in one iteration, in [rad]."""


@dataclass(frozen=True)
class RobotMotion:
    """A robot's configurations over time.

    Attributes:
        q: shape (T, nq): [x y z] in [m], [qx qy qz qw], joints in [rad].
        v: tangent velocities, shape (T, nv): base in its own frame in [m/s] and [rad/s].
        fps: frames a second.
    """

    q: np.ndarray
    v: np.ndarray
    fps: float


class _FrameSolver:
    """Gauss-Newton with box projection for one frame after the other."""

    def __init__(self, robot: Robot) -> None:
        self.robot = robot
        self.data = robot.model.createData()
        self.pairs = [
            tuple(robot.frames[f"{side}_{end}"] for end in bone)
            for side in SIDES
            for bone in BONES
        ]
        self.feet = [robot.frames[f"{side}_ankle"] for side in SIDES]
        turn = pin.utils.rotate("z", robot.forward_angle)
        rest = robot.rest_configuration()
        pin.framesForwardKinematics(robot.model, self.data, rest)
        self.torso_offset = turn.T @ self.data.oMf[robot.frames["torso"]].rotation
        self.base_offset = turn.T
        self.sole_axes = [self._axes(frame, turn) for frame in self.feet]

    def _axes(self, frame: int, turn: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Heel-to-toe and lateral directions in the ankle link's frame."""
        R = self.data.oMf[frame].rotation
        return R.T @ turn[:, 0], R.T @ turn[:, 1]

    def solve(self, q: np.ndarray, targets: Targets, t: int, iterations: int) -> np.ndarray:
        """Improve a configuration (nq,) for frame t; the base's orientation is the target's."""
        robot, n = self.robot, self.robot.n_joints
        q = q.copy()
        R = targets.pelvis[t] @ self.base_offset
        q[3:N_BASE_Q] = pin.Quaternion(R).normalized().coeffs()
        before = q[N_BASE_Q:].copy()
        for _ in range(iterations):
            rows, errors = self._tasks(q, targets, t)
            J, e = np.concatenate(rows), np.concatenate(errors)
            H = J.T @ J
            H[np.diag_indices(n)] += POSTURE_WEIGHT**2 + SMOOTH_WEIGHT**2
            g = J.T @ e + POSTURE_WEIGHT**2 * (robot.rest_pose - q[N_BASE_Q:])
            g += SMOOTH_WEIGHT**2 * (before - q[N_BASE_Q:])
            step = cho_solve(cho_factor(H, check_finite=False), g, check_finite=False)
            joints = q[N_BASE_Q:] + np.clip(step, -MAX_STEP, MAX_STEP)
            q[N_BASE_Q:] = np.clip(joints, robot.lower, robot.upper)
            if np.abs(step).max() < 1e-3:
                break
        return q

    def _tasks(
        self, q: np.ndarray, targets: Targets, t: int
    ) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """Weighted Jacobians (k, n) and errors (k,) of all tasks."""
        model, data = self.robot.model, self.data
        pin.computeJointJacobians(model, data, q)
        pin.updateFramePlacements(model, data)
        rows, errors = [], []
        for (start, end), d in zip(self.pairs, targets.bones[t], strict=True):
            bone = data.oMf[end].translation - data.oMf[start].translation
            length = max(float(np.linalg.norm(bone)), 1e-6)
            J = self._jacobian(end)[:3] - self._jacobian(start)[:3]
            u = bone / length
            rows.append(BONE_WEIGHT / length * (J - np.outer(u, u @ J)))
            errors.append(BONE_WEIGHT * (d - u * (u @ d)))
        torso = self.robot.frames["torso"]
        R = targets.torso[t] @ self.torso_offset
        rows.append(TORSO_WEIGHT * self._jacobian(torso)[3:])
        errors.append(TORSO_WEIGHT * pin.log3(R @ data.oMf[torso].rotation.T))
        for foot, frame in enumerate(self.feet):
            forward, lateral = (data.oMf[frame].rotation @ axis for axis in self.sole_axes[foot])
            angular = self._jacobian(frame)[3:]
            rows.append(-FOOT_WEIGHT * pin.skew(forward) @ angular)
            errors.append(FOOT_WEIGHT * (targets.feet[t, foot] - forward))
            rows.append(-ROLL_WEIGHT * (pin.skew(lateral) @ angular)[2:])
            errors.append(np.array([-ROLL_WEIGHT * lateral[2]]))
        return rows, errors

    def _jacobian(self, frame: int) -> np.ndarray:
        """Jacobian (6, n) of a frame by the actuated joints, world-aligned."""
        return pin.getFrameJacobian(
            self.robot.model, self.data, frame, pin.ReferenceFrame.LOCAL_WORLD_ALIGNED
        )[:, N_BASE_V:]


def retarget(motion: Motion, robot: Robot) -> RobotMotion:
    """Follow a human motion with a robot, frame by frame, inside the joints' position limits.

    Args:
        motion: 22 joints in [m], world frame, z up.
        robot: the robot.

    Returns:
        Configurations at the motion's frame rate; the soles' lowest point is on the ground
        (z = 0) unless the human jumps, and standing feet do not slide.

    Raises:
        RetargetError: if there is no finite solution, or the motion is not in metres.
    """
    _check_units(motion)
    targets = find_targets(motion)
    solver = _FrameSolver(robot)
    q = np.empty((motion.n_frames, robot.model.nq))
    now = robot.rest_configuration()
    for t in range(motion.n_frames):
        now = solver.solve(now, targets, t, FIRST_ITERATIONS if t == 0 else ITERATIONS)
        q[t] = now
    if not np.isfinite(q).all():
        raise RetargetError(f"no finite solution for robot '{robot.name}'")
    joints = smooth_to_acceleration(q[:, N_BASE_Q:], robot.acceleration_limit, motion.fps)
    q[:, N_BASE_Q:] = np.clip(joints, robot.lower, robot.upper)
    q[:, :3] = _base_path(q, targets, robot, motion.fps)
    return RobotMotion(q, _velocities(q, robot, motion.fps), motion.fps)


def _check_units(motion: Motion) -> None:
    height = np.ptp(motion.positions[..., 2], axis=1).max()
    if height > 10:
        raise RetargetError(
            f"the human is {height:.0f} units tall; positions are in metres: these look like "
            f"{'millimetres' if height > 500 else 'centimetres'}"
        )
    if height < 0.05:
        raise RetargetError(f"the human is {height:.3g} m tall; allowed: 0.05 m or more")


def lowest_sole_points(model: pin.Model, data: pin.Data, robot: Robot) -> np.ndarray:
    """World position (2, 3) of each sole's lowest corner, for the placements in `data`."""
    lowest = np.empty((2, 3))
    for foot, side in enumerate(SIDES):
        placement = data.oMf[robot.frames[f"{side}_ankle"]]
        corners = robot.soles[foot] @ placement.rotation.T + placement.translation
        lowest[foot] = corners[np.argmin(corners[:, 2])]
    return lowest


def _base_path(q: np.ndarray, targets: Targets, robot: Robot, fps: float) -> np.ndarray:
    """Base positions (T, 3): the standing foot stays where it is, the lower sole on the ground."""
    data = robot.model.createData()
    centers, heights = np.empty((len(q), 2, 3)), np.empty(len(q))
    for t, configuration in enumerate(q):
        grounded = configuration.copy()
        grounded[:3] = 0
        pin.framesForwardKinematics(robot.model, data, grounded)
        heights[t] = lowest_sole_points(robot.model, data, robot)[:, 2].min()
        for foot, side in enumerate(SIDES):
            placement = data.oMf[robot.frames[f"{side}_ankle"]]
            centers[t, foot] = placement.act(robot.soles[foot].mean(axis=0))
    leg = robot_leg_length(robot)
    steps = np.diff(targets.root, axis=0)[:, :2] * leg
    by_foot = -np.diff(centers, axis=0)[..., :2]  # (T-1, 2, 2): how the base moves over a foot
    weight = np.minimum(targets.contact[1:], targets.contact[:-1])[..., None]
    free = 0.05
    steps = (free * steps + (weight * by_foot).sum(axis=1)) / (free + weight.sum(axis=1))
    path = np.zeros((len(q), 3))
    path[1:, :2] = np.cumsum(steps, axis=0)
    path[:, 2] = targets.clearance * leg - heights
    return path


def robot_leg_length(robot: Robot) -> float:
    """Length of thigh and shin in the rest pose, in [m]."""
    data = robot.model.createData()
    pin.framesForwardKinematics(robot.model, data, robot.rest_configuration())
    hip, knee, ankle = (
        data.oMf[robot.frames[f"left_{limb}"]].translation for limb in ("hip", "knee", "ankle")
    )
    return float(np.linalg.norm(hip - knee) + np.linalg.norm(knee - ankle))


def _velocities(q: np.ndarray, robot: Robot, fps: float) -> np.ndarray:
    v = np.zeros((len(q), robot.model.nv))
    for t in range(len(q) - 1):
        v[t] = pin.difference(robot.model, q[t], q[t + 1]) * fps
    if len(q) > 1:
        v[-1] = v[-2]
    return v

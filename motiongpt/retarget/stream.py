"""Chunk by chunk, with overlap: frames are followed while later ones are still being made.

Each chunk is solved together with what came before it; the last frames of a chunk wait for the
next one, and there the two solutions are faded into each other. So a seam is no different from
the middle of a motion.
"""

import numpy as np

from motiongpt.errors import RetargetError
from motiongpt.motion.motion import Motion
from motiongpt.retarget.robot import N_BASE_Q, Robot
from motiongpt.retarget.rotations import tangent_velocities
from motiongpt.retarget.solve import RobotMotion, lowest_sole_heights, retarget
from motiongpt.retarget.targets import Calibration, calibrate

OVERLAP = 2.0
"""Time in [s] before a chunk that is solved with it once more."""

LOOK_AHEAD = 0.5
"""Time in [s] that is held back until more is known."""


class RetargetStream:
    """Turns human frames into a robot's configurations as they come."""

    def __init__(
        self, robot: Robot, fps: float = 20.0, calibration: Calibration | None = None
    ) -> None:
        """Begin a motion.

        Args:
            robot: the robot.
            fps: frames a second that will come.
            calibration: of the human's body; None reads it from the first chunk.

        Raises:
            RetargetError: if the rate is not above 0.
        """
        if not fps > 0:
            raise RetargetError(f"{fps} frames a second; allowed: more than 0")
        self._robot, self._fps, self._calibration = robot, fps, calibration
        self._human = np.empty((0, 22, 3))
        self._solved = np.empty((0, robot.model.nq))
        self._done = 0
        self._first = 0
        self._last: np.ndarray | None = None

    @property
    def look_ahead(self) -> int:
        """How many frames are held back."""
        return round(LOOK_AHEAD * self._fps)

    def push(self, frames: np.ndarray) -> RobotMotion:
        """Take more frames.

        Args:
            frames: 22 joints each, shape (k, 22, 3), in [m], world frame, z up.

        Returns:
            Configurations that are final, in order; there may be none.

        Raises:
            MotionError: if the frames have another shape or are not finite.
            RetargetError: if they are not in metres.
        """
        motion = Motion(frames, self._fps)
        self._human = np.concatenate([self._human, motion.positions])
        total = self._first + len(self._human)
        if total <= self.look_ahead:
            return self._part(np.empty((0, self._robot.model.nq)))
        return self._part(self._advance(total - self.look_ahead))

    def finish(self) -> RobotMotion:
        """Give the frames that were held back; the stream is empty then.

        Raises:
            RetargetError: if no frame ever came.
        """
        total = self._first + len(self._human)
        if total == 0:
            raise RetargetError("the stream got no frame; at least one is needed")
        return self._part(self._advance(total))

    def _advance(self, end: int) -> np.ndarray:
        """Solve the frames that are kept and hand out those before `end`."""
        if self._calibration is None:
            self._calibration = calibrate(Motion(self._human, self._fps))
        near = None if self._last is None else self._last[N_BASE_Q:]
        window = Motion(self._human, self._fps)
        q = retarget(window, self._robot, self._calibration, near).q
        known = self._done - self._first  # frames of the window that are handed out
        if known:
            q[:, :2] += self._solved[known - 1, :2] - q[known - 1, :2]
        overlap = len(self._solved) - known  # solved before, not handed out
        if known or overlap:
            q[:known] = self._solved[:known]
            q[known : known + overlap] = self._faded(self._solved[known:], q, known)
        lowest = lowest_sole_heights(q[known:], self._robot)
        q[known:, 2] += np.maximum(-lowest, 0)
        out = q[known : end - self._first].copy()
        self._solved, self._done = q, max(end, self._done)
        if len(out):
            self._last = out[-1]
        self._forget()
        return out

    def _faded(self, old: np.ndarray, q: np.ndarray, known: int) -> np.ndarray:
        """From the old solution (k, nq) to the new one, smoothly."""
        new = q[known : known + len(old)].copy()
        share = (np.arange(len(old)) + 1) / (len(old) + 1)
        share = (share**2 * (3 - 2 * share))[:, None]
        flip = (old[:, 3:N_BASE_Q] * new[:, 3:N_BASE_Q]).sum(axis=1) < 0
        new[flip, 3:N_BASE_Q] *= -1
        mixed = (1 - share) * old + share * new
        mixed[:, 3:N_BASE_Q] /= np.linalg.norm(mixed[:, 3:N_BASE_Q], axis=1, keepdims=True)
        return mixed

    def _forget(self) -> None:
        """Drop what lies farther back than the overlap."""
        drop = max(self._done - round(OVERLAP * self._fps) - self._first, 0)
        self._human, self._solved = self._human[drop:], self._solved[drop:]
        self._first += drop

    def _part(self, q: np.ndarray) -> RobotMotion:
        return RobotMotion(q, tangent_velocities(q, self._fps), self._fps)

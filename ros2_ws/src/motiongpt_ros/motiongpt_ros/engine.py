"""From a command and a joint state to a checked robot trajectory; knows no ROS."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from motiongpt.errors import RetargetError
from motiongpt.motion.motion import Motion
from motiongpt.retarget import (
    JointState,
    Robot,
    RobotTrajectory,
    count_violations,
    load_robot,
    plan_trajectory,
)

if TYPE_CHECKING:
    from motiongpt.pipeline import GeneratedMotion


@dataclass(frozen=True)
class Request:
    """What is asked for with one command.

    Attributes:
        text: the command.
        seed: of the sampling.
        temperature: of the sampling.
        max_duration: longest motion in [s].
        rate: trajectory points a second in [Hz].
    """

    text: str
    seed: int
    temperature: float
    max_duration: float
    rate: float


class Engine:
    """Model and robot, loaded."""

    def __init__(self, model: str, device: str, robot: str, threads: int) -> None:
        """Load model and robot and run both once, so that the first command is not slow.

        Raises:
            MotionGPTError: if the model or the robot cannot be loaded.
        """
        self.robot: Robot = load_robot(robot)
        # The imports take seconds; here they do not keep the node from answering meanwhile.
        import torch

        from motiongpt.lm.decoding import Sampling
        from motiongpt.pipeline import MotionGPT

        if threads > 0:
            torch.set_num_threads(threads)
        self._sampling = Sampling
        self._model = MotionGPT.load(model, device)
        motion = self._model.decode(tuple(range(8)))
        rest = JointState(self.robot.rest_pose, np.zeros(self.robot.n_joints))
        plan_trajectory(motion, self.robot, rest)

    def generate(self, request: Request) -> "GeneratedMotion":
        """Generate the human motion of a command.

        Raises:
            MotionGPTError: if the text is not usable.
        """
        longest = int(request.max_duration * self._model.tokenizer.tokens_a_second)
        sampling = self._sampling(
            temperature=request.temperature,
            seed=request.seed,
            max_tokens=max(longest, self._sampling.min_tokens),
        )
        return self._model.generate(request.text, sampling=sampling)

    def plan(self, motion: Motion, start: JointState, rate: float) -> RobotTrajectory:
        """Plan a human motion from a state; nothing that breaks a limit gets out.

        Raises:
            RetargetError: if there is no plan, or the plan breaks a limit.
        """
        trajectory = plan_trajectory(motion, self.robot, start, rate=rate)
        violations = count_violations(trajectory, self.robot)
        if violations.total:
            raise RetargetError(f"the plan breaks limits and is not sent: {violations}")
        return trajectory

"""From a command and a joint state to a robot trajectory; knows no ROS."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from motiongpt.motion.motion import Motion
from motiongpt.poses import Poses
from motiongpt.retarget import (
    JointState,
    Mode,
    Robot,
    RobotTrajectory,
    human_pose,
    plan_trajectory,
)

if TYPE_CHECKING:
    from motiongpt.pipeline import Beginning, GeneratedMotion
    from motiongpt.understanding import Understanding


class Cancelled(Exception):
    """The command counts no more; what was generated for it is dropped."""


@dataclass(frozen=True)
class Request:
    """What is asked for with one command.

    Attributes:
        text: the command, as it is understood.
        seed: of the sampling.
        temperature: of the sampling.
        max_duration: longest motion in [s].
        poses: that the motion begins with, ends with or passes through.
        duration: wanted length in [s]; None lets the model decide.
        samples: motions that are drawn; the one that fits the text best is taken.
    """

    text: "Understanding"
    seed: int
    temperature: float
    max_duration: float
    poses: Poses = field(default_factory=Poses)
    duration: float | None = None
    samples: int = 1


class Engine:
    """Model and robot, loaded."""

    def __init__(self, model: str, device: str, robot: Robot, threads: int) -> None:
        """Load the model and run it once, so that the first command is not slow.

        Raises:
            MotionGPTError: if the model cannot be loaded.
        """
        self.robot = robot
        # The imports take seconds; here they do not keep the node from answering meanwhile.
        import torch

        from motiongpt.lm.decoding import Sampling
        from motiongpt.lm.prompts import Instruction
        from motiongpt.pipeline import MotionGPT

        if threads > 0:
            torch.set_num_threads(threads)
        self._sampling = Sampling
        self._model = MotionGPT.load(model, device)
        self._about = {"model": str(model), "device": device}
        # All that a command needs is run once, so that the first command is not slow.
        poses = Poses(initial=human_pose(robot.rest_pose, robot))
        given = poses.to_given(self._model.tokenizer)
        asked = Instruction("walk", given)
        tokens = tuple(self._model.language_model.stream(asked, Sampling(max_tokens=8)))
        motion = poses.lead(self._model.decode(tokens), given, self._model.tokenizer)
        if self._model.matching is not None:
            self._model.matching.encode_text(["walk"])
        plan_trajectory(motion, robot, JointState(robot.rest_pose, np.zeros(robot.n_joints)))

    def generate(
        self,
        request: Request,
        cancelled: Callable[[], bool],
        on_beginning: "Callable[[Beginning], None] | None" = None,
    ) -> "GeneratedMotion":
        """Generate the human motion of a command.

        Args:
            request: what is asked for.
            cancelled: asked after each token.
            on_beginning: called with what there is of the motion so far.

        Raises:
            Cancelled: once the command counts no more.
            MotionGPTError: if text or poses are not usable.
        """
        longest = int(request.max_duration * self._model.tokenizer.tokens_a_second)
        sampling = self._sampling(
            temperature=request.temperature,
            seed=request.seed,
            max_tokens=max(longest, self._sampling.min_tokens),
        )

        if request.samples > 1:  # the most likely motion alone would be drawn every time
            varied = replace(sampling, temperature=sampling.temperature or 1.0)
            return self._model.generate_best(
                request.text,
                request.samples,
                sampling=varied,
                poses=request.poses,
                duration=request.duration,
            )

        def look(token: int) -> None:
            if cancelled():
                raise Cancelled

        return self._model.generate(
            request.text,
            sampling=sampling,
            poses=request.poses,
            duration=request.duration,
            on_token=look,
            on_beginning=on_beginning,
        )

    def understand(self, text: str, one_step: bool = False) -> "Understanding":
        """Say how a command is understood, without doing it.

        Args:
            text: the command.
            one_step: whether it is one step whatever it says, as with key poses.

        Raises:
            CommandError: if the text is not usable.
        """
        return self._model.understand(text, one_step)

    @property
    def tokens_a_second(self) -> float:
        """Motion tokens a second of motion."""
        return self._model.tokenizer.tokens_a_second

    def plan(
        self,
        motion: Motion,
        start: JointState,
        rate: float,
        mode: Mode,
        posture: np.ndarray | None = None,
    ) -> RobotTrajectory:
        """Plan a human motion from a state; see `plan_trajectory`.

        Raises:
            RetargetError: if there is no plan.
        """
        return plan_trajectory(motion, self.robot, start, rate, mode, posture)

    def describe(self) -> dict[str, Any]:
        """What is loaded."""
        tokenizer = self._model.tokenizer
        return {
            **self._about,
            "codes": tokenizer.n_codes,
            "tokens_a_second": tokenizer.tokens_a_second,
            "robot": self.robot.name,
            "joints": list(self.robot.joint_names),
        }

"""From a sentence to a human motion, in one object."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from motiongpt.errors import CommandError, ModelFileError
from motiongpt.lm.command import clean_command
from motiongpt.lm.decoding import Sampling
from motiongpt.lm.language_model import N_CONTEXT, LanguageModel
from motiongpt.lm.steps import split_steps
from motiongpt.lm.vocabulary import MAX_PLACES
from motiongpt.model_folder import find_model
from motiongpt.motion.motion import Motion
from motiongpt.poses import Poses
from motiongpt.tokenizer.motion_tokenizer import MotionTokenizer

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class GeneratedMotion:
    """What was generated for a command.

    Attributes:
        text: the command as the model read it.
        tokens: code indices.
        motion: 22 joints, starting at the origin and facing +x.
        seconds: time it took, in [s].
    """

    text: str
    tokens: tuple[int, ...]
    motion: Motion
    seconds: float


@dataclass(frozen=True)
class MotionGPT:
    """Text to motion.

    Attributes:
        language_model: text to code indices.
        tokenizer: code indices to motion.
    """

    language_model: LanguageModel
    tokenizer: MotionTokenizer

    @classmethod
    def load(cls, model: str | Path = "default", device: str = "cpu") -> "MotionGPT":
        """Load a model.

        Args:
            model: name of a shipped model, or a folder.
            device: torch device, such as "cpu" or "cuda:0".

        Raises:
            ModelFileError: if a file is missing, truncated or does not fit, or the device is not
                there.
        """
        began = time.monotonic()
        folder = find_model(model)
        try:
            tokenizer = MotionTokenizer.load(folder.tokenizer, device)
            language_model = LanguageModel.load(
                folder.base, folder.adapter, tokenizer.n_codes, device
            )
        except (RuntimeError, AssertionError) as error:
            raise ModelFileError(f"device '{device}' cannot be used: {error}") from error
        logger.info("model %s loaded in %.1f s", folder.root, time.monotonic() - began)
        return cls(language_model, tokenizer)

    def generate(
        self,
        text: str = "",
        *,
        sampling: Sampling | None = None,
        poses: Poses | None = None,
        duration: float | None = None,
        on_token: Callable[[int], None] | None = None,
    ) -> GeneratedMotion:
        """Generate the motion that a command asks for.

        A command of several steps ("walk forward, then wave") is done step by step, each going on
        from the one before it.

        Args:
            text: a command ("wave your right hand") or a caption ("a person waves"); empty for
                any motion that goes with the poses.
            sampling: temperature, seed and length; the default is `Sampling()`.
            poses: poses that the motion begins with, ends with or passes through.
            duration: wanted length in [s]; None lets the model decide.
            on_token: called with each code index as soon as it is drawn.

        Raises:
            CommandError: if the text or the duration is not usable.
            MotionError: if a pose is not usable.
            LanguageModelError: if the prompt is too long or the model is broken.
        """
        began = time.monotonic()
        sampling, poses = sampling or Sampling(), poses or Poses()
        words = self.language_model.codec.words
        cleaned = clean_command(text, words) if text else ""
        steps = (cleaned,) if poses.keys else split_steps(cleaned)
        given = poses.to_given(self.tokenizer, self._n_tokens(duration, len(steps)))
        tokens = []
        for token in self.language_model.stream_steps(steps, given, sampling):
            tokens.append(token)
            if on_token is not None:
                on_token(token)
        motion = poses.lead(self.decode(tuple(tokens)), given, self.tokenizer)
        return GeneratedMotion(cleaned, tuple(tokens), motion, time.monotonic() - began)

    def decode(self, tokens: tuple[int, ...]) -> Motion:
        """Turn code indices into a motion.

        Raises:
            TokenizerError: for no index, or one outside the codebook.
        """
        return self.tokenizer.decode(tokens)

    def _n_tokens(self, duration: float | None, n_steps: int) -> int | None:
        """Tokens of a step."""
        if duration is None:
            return None
        rate = self.tokenizer.tokens_a_second
        n_tokens, longest = round(duration * rate / n_steps), MAX_PLACES
        if n_steps > 1:
            longest -= N_CONTEXT
        if not 1 <= n_tokens <= longest:
            raise CommandError(
                f"duration is {duration} s; allowed for {n_steps} steps: "
                f"{n_steps / rate:.1f} to {n_steps * longest / rate:.1f} s"
            )
        return n_tokens

"""From a sentence to a human motion, in one object."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from motiongpt.errors import CommandError, ModelFileError
from motiongpt.lm.command import clean_command
from motiongpt.lm.decoding import Sampling
from motiongpt.lm.language_model import LanguageModel
from motiongpt.lm.prompts import Instruction, Task
from motiongpt.model_folder import find_model
from motiongpt.motion.motion import Motion
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
        text: str,
        *,
        sampling: Sampling | None = None,
        task: Task = Task.TEXT,
        condition: tuple[int, ...] = (),
        duration: float | None = None,
        on_token: Callable[[int], None] | None = None,
    ) -> GeneratedMotion:
        """Generate the motion that a command asks for.

        Args:
            text: a command ("wave your right hand") or a caption ("a person waves").
            sampling: temperature, seed and length; the default is `Sampling()`.
            task: what is given besides the text.
            condition: code indices of the given poses.
            duration: wanted length in [s]; None lets the model decide.
            on_token: called with each code index as soon as it is drawn.

        Raises:
            CommandError: if the text is not usable.
            LanguageModelError: if the prompt is too long or the model is broken.
        """
        began = time.monotonic()
        sampling = sampling or Sampling()
        if duration is not None:
            sampling = self._with_duration(sampling, duration)
        cleaned = clean_command(text, self.language_model.codec.words)
        tokens = []
        for token in self.language_model.stream(Instruction(cleaned, task, condition), sampling):
            tokens.append(token)
            if on_token is not None:
                on_token(token)
        motion = self.decode(tuple(tokens))
        return GeneratedMotion(cleaned, tuple(tokens), motion, time.monotonic() - began)

    def decode(self, tokens: tuple[int, ...]) -> Motion:
        """Turn code indices into a motion.

        Raises:
            TokenizerError: for no index, or one outside the codebook.
        """
        return self.tokenizer.decode(tokens)

    def _with_duration(self, sampling: Sampling, duration: float) -> Sampling:
        n_tokens = round(duration * self.tokenizer.tokens_a_second)
        if not 1 <= n_tokens <= sampling.max_tokens:
            longest = sampling.max_tokens / self.tokenizer.tokens_a_second
            raise CommandError(f"duration is {duration} s; allowed: 0.2 to {longest:.1f} s")
        return replace(sampling, min_tokens=n_tokens, max_tokens=n_tokens)

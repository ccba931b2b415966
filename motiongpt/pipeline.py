"""From a sentence to a human motion, in one object."""

import contextlib
import logging
import time
from collections.abc import Callable, Set
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from motiongpt.errors import CommandError, ModelFileError
from motiongpt.lm.decoding import Sampling
from motiongpt.lm.language_model import LanguageModel
from motiongpt.lm.memory import Weights
from motiongpt.lm.prompts import Given, Instruction
from motiongpt.lm.vocabulary import MAX_PLACES
from motiongpt.matching.listener import Listener
from motiongpt.matching.meaning_model import MeaningModel
from motiongpt.matching.model import MatchingModel
from motiongpt.matching.repertoire import Repertoire
from motiongpt.model_folder import find_model
from motiongpt.motion.motion import Motion
from motiongpt.poses import Poses, encode_frames
from motiongpt.tokenizer.motion_tokenizer import MotionTokenizer
from motiongpt.understanding import Understanding, understand_command

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class GeneratedMotion:
    """What was generated for a command.

    Attributes:
        text: the command as it was read.
        tokens: code indices.
        motion: 22 joints, starting at the origin and facing +x.
        seconds: time it took, in [s].
        confidence: chance from 0 to 1 that the motion does what the text says, by the matching
            model; None if that was not asked.
        told: what the language model was told, step by step.
    """

    text: str
    tokens: tuple[int, ...]
    motion: Motion
    seconds: float
    confidence: float | None = None
    told: tuple[str, ...] = ()


@dataclass(frozen=True)
class Beginning:
    """The beginning of a motion that is still being generated.

    Attributes:
        tokens: code indices so far.
    """

    tokens: tuple[int, ...]
    _asked: "_Asked"
    _tokenizer: MotionTokenizer

    @property
    def text(self) -> str:
        """The command as it was read."""
        return self._asked.text

    def decode(self) -> Motion:
        """The motion so far; what comes later can still change its last seconds.

        How much depends on how far the tokenizer's decoder looks ahead.
        """
        motion = self._tokenizer.decode(self.tokens)
        poses = self._asked.poses
        last_frame = (motion.n_frames - 1) / motion.fps
        keys = tuple(k for k in poses.keys if k.time is None or k.time <= last_frame)
        poses = replace(poses, last=None, keys=keys)
        return poses.lead(motion, self._asked.given, self._tokenizer)


@dataclass(frozen=True)
class MotionGPT:
    """Text to motion.

    Attributes:
        language_model: text to code indices.
        tokenizer: code indices to motion.
        matching: how well text and motion match; None for a model without it.
        repertoire: what the model does well, into whose words commands are put; None leaves them
            as they are.
        meaning: what words mean in general, to see what is far from the repertoire; None for a
            model without it.
    """

    language_model: LanguageModel
    tokenizer: MotionTokenizer
    matching: MatchingModel | None = None
    repertoire: Repertoire | None = None
    meaning: MeaningModel | None = None

    @classmethod
    def load(
        cls, model: str | Path = "default", device: str = "cpu", weights: Weights | None = None
    ) -> "MotionGPT":
        """Load a model.

        Args:
            model: name of a shipped model, or a folder.
            device: torch device, such as "cpu" or "cuda:0".
            weights: how the language model's weights are kept; None takes float32 on the CPU and
                bfloat16 elsewhere.

        Raises:
            ModelFileError: if a file is missing, truncated or does not fit, the device is not
                there, or its free memory is too little.
            LanguageModelError: if such weights are not possible on the device.
        """
        began = time.monotonic()
        folder = find_model(model)
        try:
            tokenizer = MotionTokenizer.load(folder.tokenizer, device)
            language_model = LanguageModel.load(
                folder.base, folder.adapter, tokenizer.n_codes, device, weights
            )
            there = folder.matching.is_dir()
            matching = MatchingModel.load(folder.matching, device) if there else None
            meaning = MeaningModel.load(folder.matching) if there else None
            known = _load_repertoire(folder.matching, matching, meaning)
        except (RuntimeError, AssertionError) as error:
            raise ModelFileError(f"device '{device}' cannot be used: {error}") from error
        logger.info("model %s loaded in %.1f s", folder.root, time.monotonic() - began)
        loaded = cls(language_model, tokenizer, matching, known, meaning)
        if known is not None:  # the first command shall not wait
            with contextlib.suppress(CommandError):
                loaded.understand(known.sentences[0])
        return loaded

    @cached_property
    def _listener(self) -> Listener | None:
        if self.repertoire is None or self.matching is None:
            return None
        return Listener(self.matching, self.repertoire, self.meaning)

    def understand(self, text: str, one_step: bool = False) -> Understanding:
        """Say how a command is understood, without doing it.

        What it says not to do is told to no model.

        Args:
            text: a command or a caption.
            one_step: whether it is one step whatever it says, as with key poses.

        Raises:
            StandStillError: if all that it asks for is to be still.
            CommandError: if the text is not usable, or only says what not to do.
        """
        return understand_command(text, self._words, self._listener, one_step)

    @cached_property
    def _words(self) -> Set[str] | None:
        """Words that are understood; None if all are."""
        words = self.language_model.codec.words
        if words is None or self._listener is None:
            return words
        return words | self._listener.words

    def generate(
        self,
        text: str | Understanding | None = None,
        *,
        sampling: Sampling | None = None,
        poses: Poses | None = None,
        duration: float | None = None,
        on_token: Callable[[int], None] | None = None,
        on_beginning: Callable[[Beginning], None] | None = None,
    ) -> GeneratedMotion:
        """Generate the motion that a command asks for.

        A command of several steps ("walk forward, then wave") is done step by step, each going on
        from the one before it. A model with a repertoire is told each step in words of that.

        Args:
            text: a command ("wave your right hand") or a caption ("a person waves"), or what
                `understand` made of it; None for any motion that goes with the poses.
            sampling: temperature, seed and length; the default is `Sampling()`.
            poses: poses that the motion begins with, ends with or passes through.
            duration: wanted length in [s]; None lets the model decide.
            on_token: called with each code index as soon as it is drawn.
            on_beginning: called after each whole latent with what there is of the motion so far.

        Raises:
            CommandError: if the text or the duration is not usable, or nothing is to be done.
            MotionError: if a pose is not usable.
            LanguageModelError: if the prompt is too long or the model is broken.
        """
        asked = self._ask(text, poses or Poses(), duration)
        return self._perform(asked, sampling or Sampling(), on_token, on_beginning)

    def perform(self, told: tuple[str, ...], sampling: Sampling) -> GeneratedMotion:
        """Generate the motion of steps that are told as they are, whatever the repertoire.

        Raises:
            LanguageModelError: if the prompt is too long or the model is broken.
        """
        poses = Poses()
        asked = _Asked(", then ".join(told), told, poses, poses.to_given(self.tokenizer))
        return self._perform(asked, sampling)

    def _perform(
        self,
        asked: "_Asked",
        sampling: Sampling,
        on_token: Callable[[int], None] | None = None,
        on_beginning: Callable[[Beginning], None] | None = None,
    ) -> GeneratedMotion:
        began = time.monotonic()
        tokens = []
        per_latent = self.tokenizer.model.quantizer.tokens_per_latent
        for token in self.language_model.stream_steps(asked.steps, asked.given, sampling):
            tokens.append(token)
            if on_token is not None:
                on_token(token)
            if on_beginning is not None and len(tokens) % per_latent == 0:
                on_beginning(Beginning(tuple(tokens), asked, self.tokenizer))
        return self._finish(asked, tuple(tokens), began)

    def generate_samples(
        self,
        text: str | Understanding | None = None,
        n: int = 4,
        *,
        sampling: Sampling | None = None,
        poses: Poses | None = None,
        duration: float | None = None,
    ) -> tuple[GeneratedMotion, ...]:
        """Generate several motions for one command side by side.

        Args:
            text: a command of one step.
            n: how many motions; motion k is that of `seed` + k.
            sampling: as in `generate`; the default is a temperature of 1.
            poses: as in `generate`.
            duration: as in `generate`.

        Raises:
            CommandError: if the text has several steps, or as in `generate`.
            MotionError: if a pose is not usable.
            LanguageModelError: as in `generate`.
        """
        began = time.monotonic()
        asked = self._ask(text, poses or Poses(), duration)
        if len(asked.steps) > 1:
            raise CommandError(f"the command has {len(asked.steps)} steps; allowed here: 1")
        instruction = Instruction(asked.steps[0], asked.given)
        sampling = sampling or Sampling(temperature=1.0)
        answers = self.language_model.sample(instruction, sampling, n)
        return tuple(self._finish(asked, tokens, began) for tokens in answers)

    def generate_best(
        self,
        text: str | Understanding,
        n: int = 4,
        *,
        sampling: Sampling | None = None,
        poses: Poses | None = None,
        duration: float | None = None,
    ) -> GeneratedMotion:
        """Generate several motions for one command and take the one that matches it best.

        Args:
            text: a command of one step.
            n: how many motions.
            sampling: as in `generate_samples`.
            poses: as in `generate`.
            duration: as in `generate`.

        Returns:
            The best motion, with its confidence.

        Raises:
            ModelFileError: if the model has no matching model.
            MotionGPTError: as in `generate_samples`.
        """
        matching = self.need_matching()
        samples = self.generate_samples(text, n, sampling=sampling, poses=poses, duration=duration)
        scores = matching.score(samples[0].text, [sample.motion for sample in samples])
        best = samples[int(scores.argmax())]
        return replace(best, confidence=matching.calibration.chance(float(scores.max())))

    def confidence(self, text: str, motion: Motion) -> float:
        """Chance from 0 to 1 that a motion does what a text says.

        Raises:
            ModelFileError: if the model has no matching model.
            MotionError: if the motion is shorter than 5 frames.
        """
        return self.need_matching().confidence(text.lower(), motion)

    def need_matching(self) -> MatchingModel:
        """The matching model.

        Raises:
            ModelFileError: if there is none.
        """
        if self.matching is None:
            raise ModelFileError(
                "the model has no matching/ folder; `motiongpt train evaluator` makes one"
            )
        return self.matching

    def describe(self, motion: Motion | tuple[int, ...], sampling: Sampling | None = None) -> str:
        """Say what a motion is.

        Args:
            motion: at the tokenizer's rate, or code indices; up to 50 tokens.
            sampling: temperature and seed; the default takes the most likely words.

        Raises:
            CommandError: if the motion is shorter than a token.
            LanguageModelError: if it is too long, or the model says no captions.
        """
        if isinstance(motion, Motion):
            motion = encode_frames(motion.positions, self.tokenizer)
        return self.language_model.caption(motion, sampling)

    def _ask(
        self, text: str | Understanding | None, poses: Poses, duration: float | None
    ) -> "_Asked":
        if text is None:
            text = Understanding("", ("",), None)
        elif isinstance(text, str):
            text = self.understand(text, one_step=bool(poses.keys))
        given = poses.to_given(self.tokenizer, self._n_tokens(duration, len(text.told)))
        return _Asked(text.text, text.told, poses, given)

    def _finish(self, asked: "_Asked", tokens: tuple[int, ...], began: float) -> GeneratedMotion:
        motion = asked.poses.lead(self.decode(tokens), asked.given, self.tokenizer)
        seconds = time.monotonic() - began
        return GeneratedMotion(asked.text, tokens, motion, seconds, told=asked.steps)

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
        if not 1 <= n_tokens <= longest:
            raise CommandError(
                f"duration is {duration} s; allowed for {n_steps} steps: "
                f"{n_steps / rate:.1f} to {n_steps * longest / rate:.1f} s"
            )
        return n_tokens


def _load_repertoire(
    folder: Path, matching: MatchingModel | None, meaning: MeaningModel | None
) -> Repertoire | None:
    if matching is None:
        return None
    return Repertoire.load(folder, matching.dim, meaning.dim if meaning else None)


@dataclass(frozen=True)
class _Asked:
    """What a command asks for; the steps are what the language model is told."""

    text: str
    steps: tuple[str, ...]
    poses: Poses
    given: Given

"""A LLaMA with its LoRA adapter merged, ready to answer instructions."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from motiongpt.errors import LanguageModelError
from motiongpt.lm.captioning import Captioner
from motiongpt.lm.codec import Codec, VocabularyCodec
from motiongpt.lm.decoding import Sampling, make_engine, stream_samples, stream_tokens
from motiongpt.lm.engine import Engine
from motiongpt.lm.memory import Weights
from motiongpt.lm.model_files import load_codec, load_llama
from motiongpt.lm.prompts import Given, Instruction


@dataclass(frozen=True)
class LanguageModel:
    """Instructions in, code indices out.

    Attributes:
        engine: LLaMA that answers with motion tokens.
        codec: how instructions and answers are written.
    """

    engine: Engine
    codec: Codec

    def stream(self, instruction: Instruction, sampling: Sampling) -> Iterator[int]:
        """Generate code indices one by one.

        Raises:
            LanguageModelError: if the prompt is too long or the logits are not finite.
        """
        return stream_tokens(self.engine, self.codec, instruction, sampling)

    def sample(
        self, instruction: Instruction, sampling: Sampling, n: int
    ) -> tuple[tuple[int, ...], ...]:
        """Generate n answers side by side; answer k is that of `seed` + k.

        Raises:
            LanguageModelError: as `stream` does.
        """
        answers: list[list[int]] = [[] for _ in range(n)]
        for k, indices in stream_samples(self.engine, self.codec, instruction, sampling, n):
            answers[k].extend(indices)
        return tuple(map(tuple, answers))

    def caption(self, indices: Sequence[int], sampling: Sampling | None = None) -> str:
        """Say what a motion is.

        Raises:
            LanguageModelError: if the motion is too long or empty, or the model was trained on
                the published prompts, which ask for motion alone.
        """
        return self._captioner.caption(indices, sampling or Sampling())

    @cached_property
    def _captioner(self) -> Captioner:
        if not isinstance(self.codec, VocabularyCodec):
            raise LanguageModelError("this model writes motion as digits and no captions")
        return Captioner(self.engine, self.codec.vocabulary)

    def stream_steps(
        self, steps: Sequence[str], given: Given, sampling: Sampling
    ) -> Iterator[int]:
        """Generate one step after the other, each by its text alone; decoding joins them.

        Args:
            steps: text of each step.
            given: what the first step begins with and the last one ends with; keys are for a
                single step; the length is that of each step.
            sampling: how tokens are drawn, and how many a step.

        Yields:
            Code indices of the whole motion.

        Raises:
            LanguageModelError: as `stream` does.
        """
        for k, text in enumerate(steps):
            initial = () if k else given.initial
            last = given.last if k == len(steps) - 1 else ()
            of_step = replace(given, initial=initial, last=last)
            drawn = replace(sampling, seed=sampling.seed + k)
            yield from self.stream(Instruction(text, of_step), drawn)

    @classmethod
    def load(
        cls,
        base: Path,
        adapter: Path,
        n_codes: int,
        device: str = "cpu",
        weights: Weights | None = None,
    ) -> "LanguageModel":
        """Read a base and merge its adapter.

        A base with motion tokens in its vocabulary is asked in the compact form, any other one in
        the published form.

        Args:
            base: Hugging Face folder.
            adapter: PEFT folder.
            n_codes: codebook size of the motion tokenizer.
            device: torch device.
            weights: how they are kept; None takes float32 on the CPU and bfloat16 elsewhere.

        Raises:
            ModelFileError: if a file is missing, truncated, or does not fit, or the memory that is
                free is too little.
            LanguageModelError: if the base's tokenizer can write motion tokens in neither form, or
                such weights are not possible on the device.
        """
        codec = load_codec(base, n_codes)
        merged = load_llama(base, adapter, max(codec.answers) + 1, device, weights)
        return cls(make_engine(merged, codec), codec)

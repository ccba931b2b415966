"""Between motion tokens and a language model's token ids: prompts in, a grammar for answers out.

Two codecs exist: `VocabularyCodec`, where each code has a token of its own, and the published one
of decimal digits (`motiongpt.lm.digits`).
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from motiongpt.errors import LanguageModelError
from motiongpt.lm import vocabulary as v
from motiongpt.lm.prompts import Given, Instruction, prompt_ids
from motiongpt.lm.vocabulary import Vocabulary


@dataclass(frozen=True)
class Bounds:
    """What an answer must keep to, in motion tokens.

    Attributes:
        min_tokens: shortest answer.
        max_tokens: longest answer.
        forced: by place, the code indices that may stand there.
        ending: code indices that the answer ends with, wherever the model ends it.
    """

    min_tokens: int
    max_tokens: int
    forced: Mapping[int, frozenset[int]] = field(default_factory=dict)
    ending: tuple[int, ...] = ()

    @classmethod
    def of(cls, given: Given, min_tokens: int, max_tokens: int) -> "Bounds":
        """Bounds of an answer to what is given.

        Raises:
            LanguageModelError: if what is given does not fit into `max_tokens`.
        """
        n, forced = given.n_tokens, {k: frozenset([i]) for k, i in enumerate(given.initial)}
        timed = [key for key in given.keys if key.place is not None]
        forced |= {key.place: frozenset([key.index]) for key in timed if key.place is not None}
        least = max(forced, default=-1) + 1 + len(given.last)
        if (n or least) > max_tokens:
            raise LanguageModelError(
                f"what is given needs {n or least} motion tokens; allowed: up to {max_tokens}"
            )
        if n is None:
            return cls(max(min_tokens, least), max_tokens, forced, given.last)
        at = n - len(given.last)
        forced |= {at + k: frozenset([index]) for k, index in enumerate(given.last)}
        return cls(n, n, forced)

    def missing(self, taken: tuple[int, ...]) -> tuple[int, ...]:
        """What of the ending is still missing after what has been taken.

        An end that the model has begun by itself is not said twice, unless the answer would be
        too short.
        """
        most = min(len(self.ending), len(taken), len(taken) + len(self.ending) - self.min_tokens)
        for k in range(most, 0, -1):
            if taken[-k:] == self.ending[:k]:
                return self.ending[k:]
        return self.ending

    def may_end(self, taken: tuple[int, ...]) -> bool:
        """Whether the answer is long enough with what has been taken and the ending."""
        return len(taken) + len(self.missing(taken)) >= self.min_tokens

    @property
    def most_drawn(self) -> int:
        """Most tokens before the ending."""
        return self.max_tokens - len(self.ending)


class Grammar(ABC):
    """What an answer may go on with; it makes a malformed one impossible.

    At every place before the end at least one answer is allowed.

    Attributes:
        done: whether the answer is complete.
    """

    done: bool = False

    @abstractmethod
    def allowed(self) -> np.ndarray:
        """Which of the codec's answers may come next, shape (A,), bool."""

    @abstractmethod
    def take(self, answer: int) -> tuple[int, ...]:
        """Go on with an answer that is allowed.

        Returns:
            The code indices that are certain by now and were not before.
        """


class Codec(ABC):
    """How instructions and motions are written for a language model.

    Attributes:
        n_codes: codebook size.
        answers: token ids that an answer is made of.
        ids_per_token: most token ids that a motion token takes.
        words: words that the model knows, in lower case; None if it knows any.
        guidance: scale that suits models of this form; 1 for those that know no empty text.
    """

    n_codes: int
    answers: list[int]
    ids_per_token: int
    words: frozenset[str] | None
    guidance: float

    @abstractmethod
    def prompt_ids(self, instruction: Instruction) -> list[int]:
        """Token ids of an instruction, up to where the answer begins.

        Raises:
            LanguageModelError: if what is given is outside the codebook, or cannot be written.
        """

    @abstractmethod
    def start(self, bounds: Bounds) -> Grammar:
        """Begin an answer that keeps to bounds."""


class VocabularyCodec(Codec):
    """Each code is a token of the vocabulary; the prompt is short and made of markers."""

    ids_per_token = 1
    guidance = 2.0

    def __init__(self, vocabulary: Vocabulary) -> None:
        """Use the motion tokens of a vocabulary."""
        self.vocabulary = vocabulary
        self.n_codes, self.words = vocabulary.n_codes, vocabulary.words
        codes = vocabulary.encode_motion(range(vocabulary.n_codes))
        self.answers = [*codes, vocabulary.marker_id(v.EOS)]

    def prompt_ids(self, instruction: Instruction) -> list[int]:
        """Token ids of an instruction, up to and with the response marker."""
        return prompt_ids(instruction, self.vocabulary)

    def start(self, bounds: Bounds) -> Grammar:
        """Begin an answer."""
        return _TokenGrammar(self.n_codes, bounds)


class _TokenGrammar(Grammar):
    """Codes, then the end."""

    def __init__(self, n_codes: int, bounds: Bounds) -> None:
        self.n_codes, self.bounds = n_codes, bounds
        self.taken: tuple[int, ...] = ()

    def allowed(self) -> np.ndarray:
        n = len(self.taken)
        allowed = np.zeros(self.n_codes + 1, dtype=bool)
        if n in self.bounds.forced:
            allowed[list(self.bounds.forced[n])] = True
            return allowed
        allowed[:-1] = n < self.bounds.most_drawn
        allowed[-1] = self.bounds.may_end(self.taken)
        return allowed

    def take(self, answer: int) -> tuple[int, ...]:
        if answer == self.n_codes:
            self.done = True
            return self.bounds.missing(self.taken)
        self.taken += (answer,)
        self.done = len(self.taken) == self.bounds.max_tokens
        return (answer,)

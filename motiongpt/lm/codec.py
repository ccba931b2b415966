"""Between motion tokens and a language model's token ids: prompts in, a grammar for answers out.

Two codecs exist: `VocabularyCodec`, where each code has a token of its own, and the published one
of decimal digits (`motiongpt.lm.digits`).
"""

from abc import ABC, abstractmethod

import torch
from torch import Tensor

from motiongpt.lm import vocabulary as v
from motiongpt.lm.prompts import Instruction, prompt_ids
from motiongpt.lm.vocabulary import Vocabulary


class Grammar(ABC):
    """What an answer may go on with; it makes a malformed one impossible.

    Attributes:
        done: whether the answer is complete.
    """

    done: bool = False

    @abstractmethod
    def allowed(self) -> Tensor:
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
    """

    n_codes: int
    answers: list[int]
    ids_per_token: int
    words: frozenset[str] | None

    @abstractmethod
    def prompt_ids(self, instruction: Instruction) -> list[int]:
        """Token ids of an instruction, up to where the answer begins.

        Raises:
            LanguageModelError: if a condition is outside the codebook.
        """

    @abstractmethod
    def start(self, min_tokens: int, max_tokens: int) -> Grammar:
        """Begin an answer of a number of motion tokens."""


class VocabularyCodec(Codec):
    """Each code is a token of the vocabulary; the prompt is short and made of markers."""

    ids_per_token = 1

    def __init__(self, vocabulary: Vocabulary) -> None:
        """Use the motion tokens of a vocabulary."""
        self.vocabulary = vocabulary
        self.n_codes, self.words = vocabulary.n_codes, vocabulary.words
        codes = vocabulary.encode_motion(range(vocabulary.n_codes))
        self.answers = [*codes, vocabulary.marker_id(v.EOS)]

    def prompt_ids(self, instruction: Instruction) -> list[int]:
        """Token ids of an instruction, up to and with the response marker."""
        return prompt_ids(instruction, self.vocabulary)

    def start(self, min_tokens: int, max_tokens: int) -> Grammar:
        """Begin an answer."""
        return _TokenGrammar(self.n_codes, min_tokens, max_tokens)


class _TokenGrammar(Grammar):
    """Codes, then the end."""

    def __init__(self, n_codes: int, min_tokens: int, max_tokens: int) -> None:
        self.n_codes, self.min_tokens, self.max_tokens = n_codes, min_tokens, max_tokens
        self.n = 0

    def allowed(self) -> Tensor:
        allowed = torch.ones(self.n_codes + 1, dtype=torch.bool)
        allowed[-1] = self.n >= self.min_tokens
        return allowed

    def take(self, answer: int) -> tuple[int, ...]:
        if answer == self.n_codes:
            self.done = True
            return ()
        self.n += 1
        self.done = self.n == self.max_tokens
        return (answer,)

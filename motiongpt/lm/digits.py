"""The published form: Alpaca's wrapping, and motion tokens as decimal numbers with commas.

Its exact wording matters: weights trained on it answer a reworded instruction far worse.
Source: MotionGPT (arXiv 2306.10900) and Stanford Alpaca (Apache-2.0).
"""

import re
from dataclasses import dataclass, replace

import torch
from torch import Tensor
from transformers import PreTrainedTokenizerBase

from motiongpt.errors import LanguageModelError
from motiongpt.lm.codec import Codec, Grammar
from motiongpt.lm.prompts import Instruction, Task

_TASK = "Generate a sequence of motion tokens matching the following human motion description"
_GIVEN = {
    Task.TEXT: "",
    Task.INITIAL: " given the initial token",
    Task.LAST: " given the last token",
    Task.KEYS: " given several key tokens",
}
_WRAPPING = (
    "Below is an instruction that describes a task, paired with an input that provides further "
    "context. Write a response that appropriately completes the request.\n\n"
    "### Instruction:\n{instruction}\n\n### Input:\n{input}\n\n### Response:"
)
_PIECE = re.compile(r"[0-9,]+")


def published_prompt(instruction: Instruction) -> str:
    """Write an instruction as the published models were trained on it."""
    caption = instruction.text.replace("<", " ").replace(">", " ")
    if instruction.condition:
        tokens = ",".join(map(str, instruction.condition))
        caption += f"<Motion Token>{tokens}</Motion Token>"
    given = f"{_TASK}{_GIVEN[instruction.task]}."
    return _WRAPPING.format(instruction=given, input=caption)


@dataclass(frozen=True)
class _Written:
    """Where an answer stands.

    Attributes:
        number: digits of the number that is being written.
        certain: whether it is complete and was given out.
        n: numbers given out.
    """

    number: str = ""
    certain: bool = False
    n: int = 0


class DigitsCodec(Codec):
    """Motion tokens as decimal numbers; for any tokenizer that writes digits and commas."""

    words = None

    def __init__(self, tokenizer: PreTrainedTokenizerBase, n_codes: int) -> None:
        """Find the tokens that consist of digits and commas.

        Raises:
            LanguageModelError: if the tokenizer has no single digits, comma, begin or end token.
        """
        self.tokenizer, self.n_codes = tokenizer, n_codes
        pieces = {
            token_id: piece
            for piece, token_id in tokenizer.get_vocab().items()
            if _PIECE.fullmatch(piece)
        }
        missing = [sign for sign in "0123456789," if sign not in pieces.values()]
        if missing or tokenizer.eos_token_id is None or tokenizer.bos_token_id is None:
            raise LanguageModelError(
                f"the tokenizer cannot write motion tokens as digits; it lacks "
                f"{', '.join(map(repr, missing)) or 'a begin or an end token'}"
            )
        self.answers = [*sorted(pieces), int(tokenizer.eos_token_id)]
        self.pieces = [pieces[token_id] for token_id in sorted(pieces)]
        self.ids_per_token = len(str(n_codes - 1)) + 1
        self._masks: dict[tuple[object, ...], Tensor] = {}

    def prompt_ids(self, instruction: Instruction) -> list[int]:
        """Token ids of the published prompt, with the begin token."""
        for index in instruction.condition:
            if not 0 <= index < self.n_codes:
                raise LanguageModelError(
                    f"condition token {index}; allowed: 0 to {self.n_codes - 1}"
                )
        text = published_prompt(instruction)
        ids = self.tokenizer.encode(text, add_special_tokens=False)
        return [int(self.tokenizer.bos_token_id), *ids]  # type: ignore[arg-type]

    def start(self, min_tokens: int, max_tokens: int) -> Grammar:
        """Begin an answer."""
        return _DigitsGrammar(self, min_tokens, max_tokens)

    def write(
        self, written: _Written, piece: str, max_tokens: int
    ) -> tuple[_Written, list[int]] | None:
        """Append a piece; None if no answer of at most `max_tokens` goes on like that.

        Returns:
            Where the answer stands then, and the numbers that became certain.
        """
        given: list[int] = []
        for sign in piece:
            if sign == ",":
                if not written.number or written.n + (not written.certain) >= max_tokens:
                    return None
                if not written.certain:
                    given.append(int(written.number))
                written = _Written(n=written.n + (not written.certain))
                continue
            number = written.number + sign
            if written.certain or str(int(number)) != number or int(number) >= self.n_codes:
                return None
            written = replace(written, number=number)
            if number == "0" or 10 * int(number) >= self.n_codes:  # no further digit fits
                given.append(int(number))
                written = _Written(number, True, written.n + 1)
        return written, given

    def mask(self, written: _Written, min_tokens: int, max_tokens: int) -> Tensor:
        """Which answers may come next, (A,)."""
        n_closed = written.n + bool(written.number and not written.certain)
        may_end = bool(written.number) and n_closed >= min_tokens
        left = min(max_tokens - written.n, max(map(len, self.pieces)) + 1)
        key = (written.number, written.certain, left, may_end)
        if key not in self._masks:
            fits = [
                self.write(replace(written, n=0), piece, left) is not None for piece in self.pieces
            ]
            self._masks[key] = torch.tensor([*fits, may_end])
        return self._masks[key]


class _DigitsGrammar(Grammar):
    """Numbers below the codebook size with commas between them, then the end."""

    def __init__(self, codec: DigitsCodec, min_tokens: int, max_tokens: int) -> None:
        self.codec, self.min_tokens, self.max_tokens = codec, min_tokens, max_tokens
        self.written = _Written()

    def allowed(self) -> Tensor:
        return self.codec.mask(self.written, self.min_tokens, self.max_tokens)

    def take(self, answer: int) -> tuple[int, ...]:
        if answer == len(self.codec.pieces):
            self.done = True
            return () if self.written.certain else (int(self.written.number),)
        result = self.codec.write(self.written, self.codec.pieces[answer], self.max_tokens)
        assert result is not None, "not allowed"
        self.written, given = result
        self.done = self.written.certain and self.written.n == self.max_tokens
        return tuple(given)

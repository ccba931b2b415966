"""The published form: Alpaca's wrapping, and motion tokens as decimal numbers with commas.

Its exact wording matters: weights trained on it answer a reworded instruction far worse.
Source: MotionGPT (arXiv 2306.10900) and Stanford Alpaca (Apache-2.0).
"""

import re
from dataclasses import dataclass, replace

import numpy as np
from transformers import PreTrainedTokenizerBase

from motiongpt.errors import LanguageModelError
from motiongpt.lm.codec import Bounds, Codec, Grammar
from motiongpt.lm.prompts import Given, Instruction

_TASK = "Generate a sequence of motion tokens matching the following human motion description"
_WRAPPING = (
    "Below is an instruction that describes a task, paired with an input that provides further "
    "context. Write a response that appropriately completes the request.\n\n"
    "### Instruction:\n{instruction}\n\n### Input:\n{input}\n\n### Response:"
)
_PIECE = re.compile(r"[0-9,]+")


Wanted = tuple[frozenset[int] | None, ...]
"""Numbers that may be written from the current one on; None where any may."""


def published_prompt(instruction: Instruction) -> str:
    """Write an instruction as the published models were trained on it.

    Raises:
        LanguageModelError: for a mix that they were not trained on.
    """
    caption = instruction.text.replace("<", " ").replace(">", " ")
    if not caption.strip():
        raise LanguageModelError("the published prompt needs a text")
    given = instruction.given
    if given.indices:
        caption += f"<Motion Token>{','.join(map(str, given.indices))}</Motion Token>"
    task = f"{_TASK}{_published_task(given)}."
    return _WRAPPING.format(instruction=task, input=caption)


def _published_task(given: Given) -> str:
    kinds = [kind for kind in ("initial", "last", "keys") if getattr(given, kind)]
    if len(kinds) > 1:
        raise LanguageModelError(
            f"the published prompt takes one of initial, last and keys, not {' and '.join(kinds)}"
        )
    if given.keys:
        return " given several key tokens"
    return f" given the {kinds[0]} token" if kinds else ""


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

    @property
    def place(self) -> int:
        """Which number is being written, from 0."""
        return self.n - self.certain


class DigitsCodec(Codec):
    """Motion tokens as decimal numbers; for any tokenizer that writes digits and commas."""

    words = None
    guidance = 1.0

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
        self.longest = max(map(len, self.pieces))
        self.ids_per_token = len(str(n_codes - 1)) + 1
        self._masks: dict[tuple[object, ...], np.ndarray] = {}

    def prompt_ids(self, instruction: Instruction) -> list[int]:
        """Token ids of the published prompt, with the begin token."""
        instruction.given.check(self.n_codes)
        text = published_prompt(instruction)
        ids = self.tokenizer.encode(text, add_special_tokens=False)
        return [int(self.tokenizer.bos_token_id), *ids]  # type: ignore[arg-type]

    def start(self, bounds: Bounds) -> Grammar:
        """Begin an answer."""
        return _DigitsGrammar(self, bounds)

    def write(
        self, written: _Written, piece: str, most: int, wanted: Wanted
    ) -> tuple[_Written, list[int]] | None:
        """Append a piece; None if no answer goes on like that.

        Args:
            written: where the answer stands.
            piece: digits and commas.
            most: most numbers in all.
            wanted: numbers that may stand at the current place and at those after it.

        Returns:
            Where the answer stands then, and the numbers that became certain.
        """
        given: list[int] = []
        first = written.place
        for sign in piece:
            if sign == ",":
                if not written.number or written.place + 1 >= most:
                    return None
                if not written.certain:
                    if not _is_wanted(written.number, wanted, written.place - first):
                        return None
                    given.append(int(written.number))
                written = _Written(n=written.place + 1)
                continue
            number = written.number + sign
            if written.certain or str(int(number)) != number or int(number) >= self.n_codes:
                return None
            if not _may_become_wanted(number, wanted, written.place - first):
                return None
            written = replace(written, number=number)
            if number == "0" or 10 * int(number) >= self.n_codes:  # no further digit fits
                given.append(int(number))
                written = _Written(number, True, written.n + 1)
        return written, given

    def mask(self, written: _Written, most: int, wanted: Wanted, may_end: bool) -> np.ndarray:
        """Which answers may come next, (A,)."""
        start = replace(written, n=int(written.certain))
        left = min(most - written.place, self.longest + 1)
        key = (start, left, wanted, may_end)
        if key not in self._masks:
            fits = [self.write(start, piece, left, wanted) is not None for piece in self.pieces]
            self._masks[key] = np.array([*fits, may_end])
        return self._masks[key]


def _is_wanted(number: str, wanted: Wanted, at: int) -> bool:
    allowed = wanted[at] if at < len(wanted) else None
    return allowed is None or int(number) in allowed


def _may_become_wanted(number: str, wanted: Wanted, at: int) -> bool:
    allowed = wanted[at] if at < len(wanted) else None
    return allowed is None or any(str(index).startswith(number) for index in allowed)


class _DigitsGrammar(Grammar):
    """Numbers below the codebook size with commas between them, then the end."""

    def __init__(self, codec: DigitsCodec, bounds: Bounds) -> None:
        self.codec, self.bounds = codec, bounds
        self.written = _Written()
        self.taken: tuple[int, ...] = ()

    def allowed(self) -> np.ndarray:
        place = self.written.place
        reach = range(place, place + self.codec.longest)
        wanted = tuple(self.bounds.forced.get(at) for at in reach)
        may_end = self._ends_well(wanted)
        return self.codec.mask(self.written, self.bounds.most_drawn, wanted, may_end)

    def _ends_well(self, wanted: Wanted) -> bool:
        number = self.written.number
        if not number or not _is_wanted(number, wanted, 0):
            return False
        return self.bounds.may_end(self._closed())

    def _closed(self) -> tuple[int, ...]:
        """All numbers if the answer ended here."""
        open_number = self.written.number and not self.written.certain
        return (*self.taken, int(self.written.number)) if open_number else self.taken

    def take(self, answer: int) -> tuple[int, ...]:
        if answer == len(self.codec.pieces):
            self.done = True
            given = self._closed()[len(self.taken) :]
            return (*given, *self.bounds.missing(self._closed()))
        place = self.written.place
        wanted = tuple(
            self.bounds.forced.get(at) for at in range(place, place + self.codec.longest)
        )
        piece = self.codec.pieces[answer]
        result = self.codec.write(self.written, piece, self.bounds.most_drawn, wanted)
        assert result is not None, "not allowed"
        self.written, given = result[0], tuple(result[1])
        self.taken += given
        self.done = self.written.certain and len(self.taken) == self.bounds.max_tokens
        return given

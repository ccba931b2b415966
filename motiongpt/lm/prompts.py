"""How instructions and what is given with them are written as prompts.

A prompt is the text, then what is given, then a marker after which the answer begins:

    <s> text <length> <place_32> <initial> motion tokens <last> motion tokens
        <key> <place_12> motion token ... <response>

Each part may be left out; without a text the motion is unconditional. The four tasks of MotionGPT
(text alone, or with the initial, the last or key poses) are four of the mixes.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from motiongpt.errors import LanguageModelError
from motiongpt.lm import vocabulary as v
from motiongpt.lm.vocabulary import MAX_PLACES, Vocabulary


@dataclass(frozen=True)
class KeyToken:
    """A motion token that the answer passes through.

    Attributes:
        index: its code index.
        place: which token of the answer it is, from 0; None leaves that to the model.
    """

    index: int
    place: int | None = None


@dataclass(frozen=True)
class Given:
    """What is given besides the text.

    Attributes:
        initial: code indices that the motion begins with.
        last: code indices that it ends with.
        keys: tokens that it passes through, in time order.
        n_tokens: length of the motion in tokens, those given included.
    """

    initial: tuple[int, ...] = ()
    last: tuple[int, ...] = ()
    keys: tuple[KeyToken, ...] = ()
    n_tokens: int | None = None

    def __post_init__(self) -> None:
        ends = len(self.initial) + len(self.last)
        if self.n_tokens is not None and not max(ends, 1) <= self.n_tokens <= MAX_PLACES:
            raise LanguageModelError(
                f"a length of {self.n_tokens} motion tokens with {ends} given at its ends; "
                f"allowed: {max(ends, 1)} to {MAX_PLACES}"
            )
        places = [key.place for key in self.keys if key.place is not None]
        if places != sorted(set(places)):
            raise LanguageModelError(f"key tokens at {places}; allowed: in time order, each once")
        first = len(self.initial)
        end = MAX_PLACES if self.n_tokens is None else self.n_tokens - len(self.last)
        for place in places:
            if not first <= place < end:
                raise LanguageModelError(
                    f"a key token at {place}; allowed: {first} to {end - 1}, "
                    "between what is given at the ends"
                )

    @property
    def indices(self) -> tuple[int, ...]:
        """All code indices that are given."""
        return (*self.initial, *self.last, *(key.index for key in self.keys))

    def check(self, n_codes: int) -> None:
        """Refuse what is outside a codebook.

        Raises:
            LanguageModelError: naming the index.
        """
        for index in self.indices:
            if not 0 <= index < n_codes:
                raise LanguageModelError(f"given token {index}; allowed: 0 to {n_codes - 1}")


@dataclass(frozen=True)
class Instruction:
    """One request to the language model.

    Attributes:
        text: a clean command or caption; empty for none.
        given: poses and length.
    """

    text: str
    given: Given = field(default_factory=Given)


def prompt_ids(instruction: Instruction, vocabulary: Vocabulary) -> list[int]:
    """Token ids of an instruction, up to and with the response marker.

    Raises:
        LanguageModelError: if a given token is outside the codebook.
    """
    given = instruction.given
    given.check(vocabulary.n_codes)
    marker, motion = vocabulary.marker_id, vocabulary.encode_motion
    ids = [marker(v.BOS), *vocabulary.encode_text(instruction.text)]
    if given.n_tokens is not None:
        ids += [marker(v.LENGTH), marker(v.place_token(given.n_tokens))]
    if given.initial:
        ids += [marker(v.INITIAL), *motion(given.initial)]
    if given.last:
        ids += [marker(v.LAST), *motion(given.last)]
    for key in given.keys:
        ids.append(marker(v.KEY))
        if key.place is not None:
            ids.append(marker(v.place_token(key.place + 1)))
        ids += motion((key.index,))
    return [*ids, marker(v.RESPONSE)]


def caption_prompt_ids(indices: Sequence[int], vocabulary: Vocabulary) -> list[int]:
    """Token ids that ask what a motion is: motion to text."""
    marker = vocabulary.marker_id
    return [marker(v.BOS), *vocabulary.encode_motion(indices), marker(v.CAPTION)]


def answer_ids(indices: Sequence[int], vocabulary: Vocabulary) -> list[int]:
    """Token ids of an answer: the motion tokens and the end."""
    return [*vocabulary.encode_motion(indices), vocabulary.marker_id(v.EOS)]

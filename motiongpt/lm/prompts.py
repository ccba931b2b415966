"""How tasks and conditions are written as prompts.

A prompt is `<s> <task> caption <condition> motion tokens <response>`; the answer is motion tokens
and `</s>`. The four tasks are those of MotionGPT: text alone, or text with the initial, the last
or several key tokens.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from motiongpt.errors import LanguageModelError
from motiongpt.lm import vocabulary as v
from motiongpt.lm.vocabulary import Vocabulary


class Task(str, Enum):
    """What is given besides the text."""

    TEXT = "text"
    INITIAL = "initial"
    LAST = "last"
    KEYS = "keys"

    @property
    def marker(self) -> str:
        """The task's marker in the vocabulary."""
        return v.TASKS[list(Task).index(self)]


@dataclass(frozen=True)
class Instruction:
    """One request to the language model.

    Attributes:
        text: a clean command or caption.
        task: what is given besides the text.
        condition: code indices of the given poses, in time order; empty for `Task.TEXT`.
    """

    text: str
    task: Task = Task.TEXT
    condition: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if (self.task is Task.TEXT) != (not self.condition):
            allowed = "none" if self.task is Task.TEXT else "at least one"
            raise LanguageModelError(
                f"task '{self.task.value}' got {len(self.condition)} motion tokens; "
                f"allowed: {allowed}"
            )


def prompt_ids(instruction: Instruction, vocabulary: Vocabulary) -> list[int]:
    """Token ids of an instruction, up to and with the response marker.

    Raises:
        LanguageModelError: if a condition is outside the codebook.
    """
    for index in instruction.condition:
        if not 0 <= index < vocabulary.n_codes:
            raise LanguageModelError(
                f"condition token {index}; allowed: 0 to {vocabulary.n_codes - 1}"
            )
    ids = [vocabulary.marker_id(v.BOS), vocabulary.marker_id(instruction.task.marker)]
    ids += vocabulary.encode_text(instruction.text)
    if instruction.condition:
        ids.append(vocabulary.marker_id(v.CONDITION))
        ids += vocabulary.encode_motion(instruction.condition)
    return [*ids, vocabulary.marker_id(v.RESPONSE)]


def answer_ids(indices: Sequence[int], vocabulary: Vocabulary) -> list[int]:
    """Token ids of an answer: the motion tokens and the end."""
    return [*vocabulary.encode_motion(indices), vocabulary.marker_id(v.EOS)]


def condition_of(indices: Sequence[int], task: Task, keys: Sequence[int] = ()) -> tuple[int, ...]:
    """The tokens of a motion that a task gives.

    Args:
        indices: code indices of the whole motion.
        task: what is given.
        keys: for `Task.KEYS`, positions in `indices`, in time order.
    """
    if task is Task.INITIAL:
        return (indices[0],)
    if task is Task.LAST:
        return (indices[-1],)
    if task is Task.KEYS:
        return tuple(indices[key] for key in keys)
    return ()

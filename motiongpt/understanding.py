"""From what a user says to what the language model is told."""

import re
from collections.abc import Set
from dataclasses import dataclass

from motiongpt.lm.command import check_words, clean_command
from motiongpt.lm.negation import wanted_steps
from motiongpt.lm.sides import settle_sides
from motiongpt.lm.spelling import correct_spelling
from motiongpt.lm.steps import split_steps
from motiongpt.lm.stillness import says_nothing
from motiongpt.matching.listener import Listener

_GO_AHEAD = re.compile(r"\b(?:go|come) (?:ahead|on)\b")


@dataclass(frozen=True)
class Understanding:
    """How a command is understood.

    Attributes:
        text: the command as it was read.
        told: what the language model is told, step by step: sentences that it does well, where
            it has a repertoire. Remarks ("Well done.") beside steps are told to nobody.
        nearness: of the step that is farthest from its sentence, 1 the same; below some
            0.62 it is nothing that the model knows. None without a repertoire.
    """

    text: str
    told: tuple[str, ...]
    nearness: float | None

    def is_near(self, least: float) -> bool:
        """Whether it is at least so near to what the model knows, or nothing can say."""
        return self.nearness is None or self.nearness >= least


def _encourages(step: str) -> bool:
    """Whether a step beside others asks for nothing: "okay", "go ahead, please"."""
    return says_nothing(_GO_AHEAD.sub("", step))


def understand_command(
    text: str, known_words: Set[str] | None, listener: Listener | None, one_step: bool = False
) -> Understanding:
    """Read a command: what it asks for, step by step, in words of the repertoire.

    Args:
        text: a command or a caption.
        known_words: words that are understood; None skips that check.
        listener: puts steps into words of the repertoire; None leaves them as they are.
        one_step: whether it is one step whatever it says, as with key poses.

    Raises:
        StandStillError: if all that it asks for is to be still.
        CommandError: if the text is not usable, or only says what not to do.
    """
    cleaned = clean_command(text)
    if listener is not None and known_words is not None:
        cleaned = correct_spelling(cleaned, known_words, listener.common)
    settled = settle_sides(cleaned)
    said = split_steps(settled)
    steps = wanted_steps(said)
    steps = tuple(step for step in steps if not _encourages(step)) or steps
    if known_words is not None:
        check_words(" ".join(steps), known_words)
    if one_step:
        steps = (settled,) if steps == said else (", then ".join(steps),)
    if listener is None:
        return Understanding(cleaned, steps, None)
    known = [listener.understand(step) for step in steps]
    known = [k for k in known if not k.remark] or known
    told, nearness = tuple(k.sentence for k in known), min(k.nearness for k in known)
    return Understanding(cleaned, told, nearness)

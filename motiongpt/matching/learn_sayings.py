"""Which sentence of a repertoire does what a saying asks for."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from motiongpt.matching.meaning_model import MeaningModel
from motiongpt.matching.model import MatchingModel
from motiongpt.matching.repertoire import Repertoire, Said
from motiongpt.matching.sayings import (
    NO_MOVEMENT,
    NOTHING,
    OTHER,
    OTHER_MOVEMENT,
    KnownSayings,
    Saying,
    read_sayings,
)

LEAST_KNOWN = 0.7
"""Sayings of a plain command that is less near to the repertoire are left out."""


def learn_sayings(
    repertoire: Repertoire,
    matching: MatchingModel,
    meaning: MeaningModel,
    sayings: Sequence[Saying] | None = None,
) -> Repertoire:
    """Let a repertoire know what its sentences mean, and how people ask for them.

    Args:
        repertoire: what a model does well.
        matching: the model that it is of.
        meaning: embeds sentences and sayings.
        sayings: to learn; None takes those that come with the project. Those of commands that the
            repertoire does not know are left out.
    """
    sayings = read_sayings() if sayings is None else sayings
    meanings = meaning.encode(repertoire.sentences)
    plain = replace(repertoire, meanings=meanings, sayings=None)
    told = _find_told(plain, matching, {saying.plain for saying in sayings})
    known = [saying for saying in sayings if saying.plain in told]
    if not known:
        return plain
    texts = tuple(saying.text for saying in known)
    indices = np.array([told[saying.plain] for saying in known])
    return replace(plain, sayings=KnownSayings(texts, indices, meaning.encode(texts)))


def _find_told(
    repertoire: Repertoire, matching: MatchingModel, plains: set[str]
) -> dict[str, int]:
    """The sentence that is told for each plain command, by the model that knows motion."""
    told = {NO_MOVEMENT: NOTHING, OTHER_MOVEMENT: OTHER}
    commands = sorted(plains - set(told))
    for command, vector in zip(commands, matching.encode_text(commands), strict=True):
        known = repertoire.find(Said(command, vector))
        if known.nearness >= LEAST_KNOWN:
            told[command] = repertoire.index[known.sentence]
    return told

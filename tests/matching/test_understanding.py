from dataclasses import dataclass

import numpy as np
import pytest

from motiongpt.matching.repertoire import Repertoire
from motiongpt.matching.understanding import Listener

SENTENCES = ("walk forward", "a person walks", "wave your left hand", "a person waves both hands")
MEANINGS = {
    "walk forward": (1, 0, 0),
    "stroll": (1, -0.1, 0),
    "a person walks": (1, 0.1, 0),
    "a person strolls": (1, 0.2, 0),
    "wave your left hand": (0, 1, 0),
    "greet with your left hand": (0.1, 1, 0),
    "greeting with the hands": (0, 0.9, 0.4),
    "a person waves both hands": (0, 1, 0.4),
    "lift your left hand": (0, 1, -0.6),
    "wave it": (0.6, 0.6, 0.6),
}


@dataclass(frozen=True)
class Meanings:
    """Embeds texts by a table; joined ones lie between their parts."""

    def encode_text(self, texts: list[str]) -> np.ndarray:
        rows = [MEANINGS.get(text, (0.7, 0.7, 0.1)) for text in texts]
        return np.array(rows) / np.linalg.norm(rows, axis=1, keepdims=True)


@pytest.fixture
def listener() -> Listener:
    vectors = Meanings().encode_text(list(SENTENCES))
    return Listener(Meanings(), Repertoire(SENTENCES, vectors, vectors))  # type: ignore[arg-type]


@pytest.mark.parametrize("link", [" and ", " while ", ", and ", " while also ", " as you "])
def test_two_actions_at_once_are_told_as_two_sentences(listener: Listener, link: str) -> None:
    known = listener.understand(f"stroll{link}greet with your left hand")
    assert known.sentence == "walk forward and wave your left hand"
    assert known.nearness == pytest.approx(np.cos(np.arctan(0.1)), abs=1e-6)


def test_both_sentences_are_commands_or_both_are_captions(listener: Listener) -> None:
    known = listener.understand("a person strolls while greeting with the hands")
    assert known.sentence == "a person walks and waves both hands"


def test_and_inside_one_action_joins_nothing(listener: Listener) -> None:
    known = listener.understand("lift your left hand and wave it")
    assert known.sentence == "wave your left hand"


@pytest.mark.parametrize("text", ["and stroll", "stroll and", "stroll"])
def test_a_part_that_is_empty_is_none(listener: Listener, text: str) -> None:
    assert " and " not in listener.understand(text).sentence

from dataclasses import dataclass, replace

import numpy as np
import pytest

from motiongpt.matching.listener import Listener, _leave_out_manner
from motiongpt.matching.repertoire import Repertoire

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
    """Embeds texts by a table; others lie between all of them, and on their own side."""

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


@dataclass(frozen=True)
class General:
    """Knows that to greet is to bow."""

    def encode(self, texts: list[str]) -> np.ndarray:
        known = {"greet with your left hand": 3, "bow with your left hand": 3}
        return np.eye(9)[[known.get(text, 8) for text in texts]]


@pytest.mark.parametrize(
    "manner",
    [
        " like a king",
        " as if nobody saw it",
        ", for me, please",
        " in a tough, masculine way",
        " with pride",
    ],
)
def test_an_unknown_manner_is_left_out(listener: Listener, manner: str) -> None:
    known = listener.understand(f"greet with your left hand{manner}")
    assert known == listener.understand("greet with your left hand")


def test_what_words_mean_has_a_say_in_what_is_told(listener: Listener) -> None:
    text, sentences = "greet with your left hand", (*SENTENCES, "bow with your left hand")
    vectors = Meanings().encode_text([*SENTENCES, "lift your left hand"])
    meanings = General().encode(list(sentences))
    knowing = Repertoire(sentences, vectors, vectors, meanings)
    assert listener.understand(text).sentence == "wave your left hand"
    known = replace(listener, repertoire=knowing, meaning=General()).understand(text)  # type: ignore[arg-type]
    assert known.sentence == "bow with your left hand"
    cosine = float(vectors[-1] @ Meanings().encode_text([text])[0])
    assert known.nearness == pytest.approx(0.6 * cosine + 0.4)


def test_without_a_meaning_model_the_rest_decides(listener: Listener) -> None:
    known = listener.repertoire
    knowing = replace(known, meanings=General().encode(list(SENTENCES)))
    text = "greet with your left hand"
    assert replace(listener, repertoire=knowing).understand(text) == listener.understand(text)


@pytest.mark.parametrize(
    ("step", "plain"),
    [
        ("wave with your right hand", "wave with your right hand"),
        ("wave with your right hand, like a king", "wave with your right hand"),
        ("walk as you wave", "walk as you wave"),
        ("jump as high as you are able", "jump"),
        ("with pride", "with pride"),
        ("raise it like the left one", "raise it like the left one"),
        ("walk in a very tired way", "walk"),
    ],
)
def test_a_manner_says_nothing_of_body_and_direction(step: str, plain: str) -> None:
    assert _leave_out_manner(step) == plain

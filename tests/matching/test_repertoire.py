from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from motiongpt.errors import ModelFileError
from motiongpt.matching.repertoire import DOUBT, UNASKED, Known, Repertoire, Said, drop_alike
from motiongpt.matching.sayings import NOTHING, OTHER, KnownSayings
from motiongpt.motion.kinematics import measure
from tests.retarget.figures import moving


def _unit(*angles: float) -> np.ndarray:
    """Unit vectors (n, 2) at angles in [deg]."""
    turned = np.radians(angles)
    return np.stack([np.cos(turned), np.sin(turned)], axis=-1)


KNOWN = Repertoire(
    ("wave your left hand", "wave your right hand", "bow"), _unit(0, 20, 90), _unit(0, 20, 90)
)


@pytest.mark.parametrize(
    ("text", "angle", "sentence", "nearness"),
    [
        ("greet us", 5, "wave your left hand", np.cos(np.radians(5)) - UNASKED),
        ("greet us", 16, "wave your right hand", np.cos(np.radians(4)) - UNASKED),
        ("take a bow", 80, "bow", np.cos(np.radians(10))),
        ("a left-handed wave", 19, "wave your left hand", np.cos(np.radians(19))),
        ("Right arm up", 0, "wave your right hand", np.cos(np.radians(20))),
        ("from left to right", 0, "wave your left hand", 1.0),
    ],
)
def test_the_nearest_sentence_of_the_side_that_is_named_is_found(
    text: str, angle: float, sentence: str, nearness: float
) -> None:
    known = KNOWN.find(Said(text, _unit(angle)[0]))
    assert known.sentence == sentence
    assert known.nearness == pytest.approx(nearness)


def test_a_side_that_nobody_asks_for_is_named_only_if_nothing_else_is_as_near() -> None:
    known = Repertoire(("run to the left", "run"), _unit(0, 10), _unit(0, 10))
    assert known.find(Said("sprint", _unit(4)[0])).sentence == "run"
    assert known.find(Said("sprint", _unit(0)[0])).sentence == "run"
    assert known.find(Said("sprint", _unit(-25)[0])).sentence == "run to the left"


def test_forward_is_not_exchanged_with_backward() -> None:
    known = Repertoire(("walk backward", "walk", "step"), _unit(0, 20, 30), _unit(0, 20, 30))
    assert known.find(Said("trudge ahead", _unit(0)[0])).sentence == "walk"
    assert known.find(Said("trudge", _unit(0)[0])).sentence == "walk backward"
    assert known.find(Said("retreat", _unit(12)[0])).sentence == "walk"


def test_what_is_promised_is_told_as_what_was_seen_to_keep_it() -> None:
    seen = (measure(moving(3.0)), measure(moving(1.0)), measure(moving(0.0)))
    known = Repertoire(
        ("briskly", "calmly", "dance"), _unit(0, 20, 30), _unit(0, 20, 30), seen=seen
    )
    assert known.find(Said("walk", _unit(0)[0])).sentence == "calmly"
    assert known.find(Said("run", _unit(20)[0])).sentence == "briskly"
    assert known.find(Said("do something", _unit(0)[0])).sentence == "briskly"
    assert known.find(Said("jump", _unit(0)[0])).sentence == "briskly"  # none was seen to


def test_without_a_sentence_of_that_side_any_is_found() -> None:
    known = Repertoire(("bow",), _unit(90), _unit(90)).find(Said("lean left", _unit(60)[0]))
    assert known.sentence == "bow"


def test_what_a_sentence_does_counts_as_much_as_what_it_says() -> None:
    known = Repertoire(("hop", "leap"), _unit(0, 10), _unit(60, 10)).find(
        Said("jump", _unit(0)[0])
    )
    assert known.sentence == "leap"


def test_it_is_read_as_it_was_written(tmp_path: Path) -> None:
    KNOWN.save(tmp_path)
    read = Repertoire.load(tmp_path, 2)
    assert read is not None and read.sentences == KNOWN.sentences
    assert np.allclose(read.texts, KNOWN.texts, atol=1e-3)
    assert np.allclose(read.motions, KNOWN.motions, atol=1e-3)


def test_meanings_are_read_as_they_were_written(tmp_path: Path) -> None:
    seen = (measure(moving(3.0)),) * 3
    replace(KNOWN, meanings=_unit(10, 30, 80), seen=seen).save(tmp_path)
    read = Repertoire.load(tmp_path, 2, 2)
    assert read is not None and read.meanings is not None and read.seen is not None
    assert np.allclose(read.seen[0].to_row(), seen[0].to_row(), rtol=1e-2, atol=1e-2)
    assert np.allclose(read.meanings, _unit(10, 30, 80), atol=1e-3)


def test_meanings_are_of_no_use_without_their_model_and_may_be_missing(tmp_path: Path) -> None:
    KNOWN.save(tmp_path)
    read = Repertoire.load(tmp_path, 2, 2)
    assert read is not None and read.meanings is None
    replace(KNOWN, meanings=_unit(10, 30, 80)).save(tmp_path)
    read = Repertoire.load(tmp_path, 2)
    assert read is not None and read.meanings is None


def test_one_of_another_meaning_model_is_refused(tmp_path: Path) -> None:
    replace(KNOWN, meanings=_unit(10, 30, 80)).save(tmp_path)
    with pytest.raises(ModelFileError, match=r"meanings \(3, 2\) .* meaning model's have size 8"):
        Repertoire.load(tmp_path, 2, 8)


SAYINGS = KnownSayings(
    ("hail", "hail with the left", "curtsy", "order a pizza", "yawn"),
    np.array([2, 0, 2, NOTHING, OTHER]),
    np.array([(1.0, 0, 0), (0.0, 1, 0), (0.6, 0.8, 0), (0.0, 0, 1), (-1.0, 0, 0)]),
)


def _said(text: str, *meaning: float) -> Said:
    return Said(text, _unit(10)[0], np.array(meaning) / np.linalg.norm(meaning))


def test_a_saying_that_is_nearer_than_any_sentence_says_what_is_told() -> None:
    known = replace(KNOWN, meanings=np.zeros((3, 3)), sayings=SAYINGS)
    assert known.find(_said("hail", 1, 0, 0)) == Known("bow", pytest.approx(1.0))
    assert known.find(_said("hail with the left", 0, 1, 0)).sentence == "wave your left hand"
    # The side that is named is told, whatever is nearer.
    assert known.find(_said("hail with the left", 1, 0.9, 0)).sentence == "wave your left hand"
    assert known.find(_said("hail with the right", 0, 1, 0)).sentence == "wave your right hand"
    # Without a side none is told by a saying, and what is far from all of them is told as before.
    assert known.find(_said("hail them", 0, 1, 0)).sentence == "bow"
    assert known.find(_said("hail them", -1, -1, 0)).sentence == "wave your left hand"


def test_what_is_as_near_to_no_movement_is_less_near() -> None:
    known = replace(KNOWN, meanings=np.zeros((3, 3)), sayings=SAYINGS)
    assert known.find(_said("hail", 1, 0, 0.5)).nearness == pytest.approx(2 / 5**0.5)
    assert known.find(_said("hail", 1, 0, 1)).nearness == pytest.approx(0.5**0.5 - DOUBT)
    assert known.find(_said("order pizzas", 0, 0, 1)).nearness < 0.3


def test_a_movement_that_no_sentence_does_is_no_other_one() -> None:
    known = replace(KNOWN, meanings=np.zeros((3, 3)), sayings=SAYINGS)
    assert known.find(_said("yawn loudly", -1, 0.2, 0)).nearness < 0.3
    assert (
        known.find(_said("yawn", -1, 0, 0)).nearness < known.find(_said("dig", 0, 0, -1)).nearness
    )
    # One that a sentence means as well is told so.
    known = replace(known, meanings=np.eye(3) * -1)
    assert known.find(_said("yawn", -1, 0, 0)) == Known(
        "wave your left hand", pytest.approx(known.find(_said("", -1, 0, 0)).nearness)
    )
    assert known.find(_said("yawn", -1, 0, 0)).nearness > 0.9


def test_a_manner_is_not_lost_to_a_saying() -> None:
    sentences = ("bow sadly", "wave sadly", "bow")
    known = replace(KNOWN, sentences=sentences, meanings=np.zeros((3, 3)), sayings=SAYINGS)
    assert known.find(_said("hail them sadly", 1, 0, 0)).sentence == "bow sadly"
    assert known.find(_said("hail them", 1, 0, 0)).sentence == "bow"


def test_sayings_are_read_as_they_were_written(tmp_path: Path) -> None:
    replace(KNOWN, meanings=np.eye(3), sayings=SAYINGS).save(tmp_path)
    read = Repertoire.load(tmp_path, 2, 3)
    assert read is not None and read.sayings is not None
    assert read.sayings.texts == SAYINGS.texts
    assert read.sayings.told.tolist() == SAYINGS.told.tolist()
    assert np.allclose(read.sayings.meanings, SAYINGS.meanings, atol=1e-3)
    without = Repertoire.load(tmp_path, 2)
    assert without is not None and without.sayings is None


@pytest.mark.parametrize("told", [[3, 0, 0, 0, 0], [0, 0, 0, 0, -3]])
def test_sayings_of_sentences_that_are_not_there_are_refused(tmp_path: Path, told: list) -> None:
    wrong = replace(SAYINGS, told=np.array(told))
    replace(KNOWN, meanings=np.eye(3), sayings=wrong).save(tmp_path)
    with pytest.raises(ModelFileError, match=r"5 sayings of 3 sentences .*\(5, 3\)"):
        Repertoire.load(tmp_path, 2, 3)


def test_a_model_may_have_none(tmp_path: Path) -> None:
    assert Repertoire.load(tmp_path, 2) is None


def test_one_of_another_matching_model_is_refused(tmp_path: Path) -> None:
    KNOWN.save(tmp_path)
    with pytest.raises(ModelFileError, match=r"3 sentences .* this matching model's have size 8"):
        Repertoire.load(tmp_path, 8)


@pytest.mark.parametrize("name", ["repertoire.json", "repertoire.safetensors"])
def test_a_truncated_file_is_named(tmp_path: Path, name: str) -> None:
    KNOWN.save(tmp_path)
    path = tmp_path / name
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(ModelFileError, match="repertoire.json: no repertoire can be read"):
        Repertoire.load(tmp_path, 2)


def test_only_what_says_and_does_the_same_is_dropped() -> None:
    texts, motions = _unit(0, 5, 5, 40), _unit(0, 5, 60, 40)
    assert drop_alike(texts, motions, [1, 0, 2, 3]) == [1, 2, 3]
    assert drop_alike(texts, motions, []) == []


def test_one_that_is_not_good_makes_room_for_the_next_alike() -> None:
    texts = _unit(0, 5, 40)
    assert drop_alike(texts, texts, [1, 0, 2], lambda i: i != 1) == [0, 2]

from pathlib import Path

import pytest

from motiongpt.errors import MotionError
from motiongpt.motion.dataset import Caption, read_captions
from motiongpt.motion.sources.captions import (
    caption_from_name,
    clean_caption,
    format_captions,
    read_caption_table,
    read_sidecar,
)


def test_written_captions_are_read_back_by_the_dataset(tmp_path: Path) -> None:
    captions = (Caption("a man  waves #1\n\x1b[31m"), Caption("he bows", 1.5, 3.0), Caption(" # "))
    path = tmp_path / "a.txt"
    path.write_text(format_captions(captions))
    assert path.read_text().splitlines()[1] == "he bows#he/OTHER bows/OTHER#1.5#3.0"
    assert read_captions(path) == (Caption("a man waves 1 [31m"), Caption("he bows", 1.5, 3.0))


def test_a_caption_is_one_line_of_bounded_length() -> None:
    assert clean_caption("a\tb\r\nc#d") == "a b c d"
    assert len(clean_caption("word " * 1000)) <= 1000


def test_a_caption_of_a_name_has_its_words() -> None:
    assert caption_from_name("Walk-turn_left_002") == "walk turn left"


def test_a_table_may_be_csv_or_json_lines(tmp_path: Path) -> None:
    table = tmp_path / "captions.csv"
    table.write_text('id,caption,start,end\nwalk.bvh,"he walks, then stops",,\nb,she runs,1,2.5\n')
    expected = {
        "walk": (Caption("he walks, then stops"),),
        "b": (Caption("she runs", 1.0, 2.5),),
    }
    assert read_caption_table(table) == expected
    table = tmp_path / "captions.jsonl"
    table.write_text(
        '{"id": "b", "caption": "one"}\n\n{"id": "b", "caption": "two", "start": 0, "end": 1}\n'
    )
    assert read_caption_table(table) == {"b": (Caption("one"), Caption("two", 0, 1))}


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", "id,text\na,b\n", "row 1: .*needed: id and caption"),
        ("a.csv", "id,caption\na\n", "row 1"),
        ("a.csv", "id,caption,start\na,b,soon\n", "row 1"),
        ("a.csv", "id,caption,start,end\na,b,5,2\n", "row 1"),
        ("a.jsonl", '{"id": "a", "caption": "b"}\n[1]\n', "row 2"),
        ("a.jsonl", '{"id": 3, "caption": "b"}\n', "row 1"),
        ("a.jsonl", '{"id": "a", "caption": "b", "end": NaN}\n', "row 1"),
        ("a.jsonl", "{\n", "unreadable captions"),
        ("a.xlsx", "", "captions are a .csv or a .jsonl"),
    ],
)
def test_a_wrong_table_is_refused(tmp_path: Path, name: str, content: str, message: str) -> None:
    path = tmp_path / name
    path.write_text(content)
    with pytest.raises(MotionError, match=message) as caught:
        read_caption_table(path)
    assert name in str(caught.value)


def test_a_missing_table_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MotionError, match="unreadable captions"):
        read_caption_table(tmp_path / "none.csv")


def test_the_text_beside_a_clip_may_be_plain_or_in_humanml3ds_format(tmp_path: Path) -> None:
    clip = tmp_path / "walk.bvh"
    assert read_sidecar(clip) == ()
    beside = tmp_path / "walk.txt"
    beside.write_text("he walks\n\nshe walks\n")
    assert read_sidecar(clip) == (Caption("he walks"), Caption("she walks"))
    beside.write_text("he walks#x#1.0#2.0\n")
    assert read_sidecar(clip) == (Caption("he walks", 1.0, 2.0),)
    beside.write_text("he walks#1.0\n")
    with pytest.raises(MotionError, match="walk.txt, line 1"):
        read_sidecar(clip)
    beside.write_bytes(b"\xff\xfe\xff")
    with pytest.raises(MotionError, match="unreadable captions"):
        read_sidecar(clip)

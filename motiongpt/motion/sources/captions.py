"""Captions of imported clips, in HumanML3D's format `caption#tokens#start#end`."""

import csv
import json
from pathlib import Path
from typing import Any

from motiongpt.errors import MotionError
from motiongpt.motion.dataset import Caption, read_captions

MAX_LENGTH = 1000
"""Longest caption in characters."""


def clean_caption(text: str) -> str:
    """A caption as one line without `#`, which separates the fields of the format."""
    printable = "".join(c if c.isprintable() and c != "#" else " " for c in text)
    return " ".join(printable.split())[:MAX_LENGTH]


def caption_from_name(stem: str) -> str:
    """Words of a file name, without numbers: `walk-turn_left_002` is `walk turn left`."""
    words = "".join(c if c.isalpha() else " " for c in stem).split()
    return " ".join(words).lower()


def format_captions(captions: tuple[Caption, ...]) -> str:
    """Lines of a `texts/<id>.txt`; the tokens are dummies, `word/OTHER`."""
    lines = []
    for caption in captions:
        text = clean_caption(caption.text)
        if text:
            tokens = " ".join(f"{word}/OTHER" for word in text.split())
            lines.append(f"{text}#{tokens}#{caption.start}#{caption.end}\n")
    return "".join(lines)


def read_caption_table(path: Path) -> dict[str, tuple[Caption, ...]]:
    """Read captions of many clips.

    Args:
        path: .csv with the columns `id` and `caption`, and if wanted `start` and `end` in [s]; or
            .jsonl with one object of these keys a line. `id` is a clip's id or file name; several
            lines of one id are several captions.

    Returns:
        Captions by id.

    Raises:
        MotionError: if the table is unreadable, or a row lacks a column or has another value.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
        rows: list[Any]
        if path.suffix.lower() == ".csv":
            rows = list(csv.DictReader(text.splitlines(keepends=True)))
        elif path.suffix.lower() in {".jsonl", ".ndjson"}:
            rows = [json.loads(line) for line in text.splitlines() if line.strip()]
        else:
            raise MotionError(f"{path}: captions are a .csv or a .jsonl")
    except (OSError, UnicodeDecodeError, csv.Error, ValueError, RecursionError) as error:
        raise MotionError(f"{path}: unreadable captions ({str(error)[:120]})") from error
    table: dict[str, tuple[Caption, ...]] = {}
    for number, row in enumerate(rows, start=1):
        clip_id, caption = _row(path, number, row)
        table[clip_id] = (*table.get(clip_id, ()), caption)
    return table


def _row(path: Path, number: int, row: Any) -> tuple[str, Caption]:
    try:
        clip_id, text = row["id"], row["caption"]
        start, end = (float(row.get(key) or 0) for key in ("start", "end"))
        if not (isinstance(clip_id, str) and isinstance(text, str) and 0 <= start <= end < 1e6):
            raise ValueError
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise MotionError(
            f"{path}, row {number}: {str(row)[:80]!r}; needed: id and caption, allowed: start and "
            f"end in seconds"
        ) from error
    if clip_id.lower().endswith((".bvh", ".npz", ".c3d")):
        clip_id = Path(clip_id).stem
    return clip_id, Caption(text, start, end)


def read_sidecar(path: Path) -> tuple[Caption, ...]:
    """Read the .txt beside a clip: HumanML3D's format, or just a caption a line.

    Returns:
        The captions; none if there is no such file.

    Raises:
        MotionError: if it is unreadable or has a malformed line.
    """
    path = path.with_suffix(".txt")
    if not path.is_file():
        return ()
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise MotionError(f"{path}: unreadable captions ({str(error)[:120]})") from error
    if "#" in text:
        return read_captions(path)
    return tuple(Caption(line.strip()) for line in text.splitlines() if line.strip())

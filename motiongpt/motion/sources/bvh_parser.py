"""A small reader of BVH files.

It is our own because no permissively licensed one on PyPI reads every file it should: pybvh 0.9
refuses position channels below the root (all of Bandai-Namco's), bvhio 1.5 did not come back
from a file with fewer frames than it declares, pymotion 0.3 allocates what the header claims,
and bvh 0.3 is from 2017.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from motiongpt.errors import MotionError
from motiongpt.motion.sources.bvh import END, BvhClip

FPS_RANGE = (1.0, 2000.0)
"""Frames a second that a source may have."""

MAX_JOINTS = 1000
"""Most joints and End Sites of a skeleton."""

MAX_VALUE = 1e9
"""Largest number of a file, whatever its unit."""

_CHANNEL = re.compile(r"([XYZ])(position|rotation)", re.IGNORECASE)


@dataclass
class _Node:
    """A joint or End Site while the hierarchy is read."""

    name: str
    parent: int
    offset: tuple[float, ...] = ()
    channels: list[tuple[str, int]] = field(default_factory=list)
    is_end: bool = False


def read_bvh(path: Path) -> BvhClip:
    """Read a BVH file.

    Any order of rotations, any number of channels on any joint, several End Sites, names with
    spaces, tabs and Windows line ends are read. What the header declares is never allocated.

    Raises:
        MotionError: for an unreadable or truncated file, a hierarchy that is none, a value that
            is not a finite number, no frames, or a frame time out of range.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig", errors="replace").strip()
    except OSError as error:
        raise MotionError(f"{path}: unreadable ({error.strerror})") from error
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    hierarchy, motion, body = _split(path, text)
    nodes = _read_hierarchy(path, hierarchy)
    n_frames, fps = _read_header(path, motion)
    n_channels = sum(len(node.channels) for node in nodes)
    names = tuple(node.name for node in nodes)
    values = _read_values(path, body, n_frames, n_channels)
    return BvhClip(
        names=names,
        parents=tuple(node.parent for node in nodes),
        offsets=np.array([node.offset for node in nodes], dtype=float),
        channels=tuple(tuple(node.channels) for node in nodes),
        values=values,
        fps=fps,
    )


def _split(path: Path, text: str) -> tuple[str, str, str]:
    """Text of the hierarchy, of the header of the motion, and of its values."""
    found = re.search(r"^[ \t]*MOTION[ \t]*$", text, re.MULTILINE | re.IGNORECASE)
    hierarchy, rest = (text[: found.start()], text[found.end() :]) if found else (text, "")
    if not hierarchy.upper().startswith("HIERARCHY"):
        raise MotionError(f"{path}: starts with {text[:20]!r}; a BVH file starts with 'HIERARCHY'")
    match = re.search(r"^[ \t]*Frame[ \t]+Time[ \t]*:[^\n]*", rest, re.MULTILINE | re.IGNORECASE)
    if match is None:
        raise MotionError(f"{path}: truncated; a BVH file has 'MOTION', 'Frames:', 'Frame Time:'")
    return hierarchy, rest[: match.end()], rest[match.end() :]


def _read_hierarchy(path: Path, text: str) -> list[_Node]:
    nodes: list[_Node] = []
    open_nodes: list[int] = []
    pending: int | None = None
    lines = text.replace("{", "\n{\n").replace("}", "\n}\n").splitlines()[1:]
    for line in (line.strip() for line in lines):
        word, rest = (*line.split(None, 1), "", "")[:2]
        word = word.upper()
        if word in {"ROOT", "JOINT", "END"}:
            if pending is not None or (word == "ROOT") != (not nodes):
                raise MotionError(f"{path}: {line[:60]!r} is not allowed here; one ROOT is")
            if len(nodes) == MAX_JOINTS:
                raise MotionError(f"{path}: more than {MAX_JOINTS} joints and End Sites")
            pending = len(nodes)
            nodes.append(_new_node(path, nodes, word, rest, open_nodes))
        elif word == "{" and pending is not None:
            open_nodes.append(pending)
            pending = None
        elif word == "}" and open_nodes:
            _check_node(path, nodes[open_nodes.pop()])
        elif word == "OFFSET" and open_nodes:
            nodes[open_nodes[-1]].offset = _read_offset(path, line, nodes[open_nodes[-1]])
        elif word == "CHANNELS" and open_nodes:
            nodes[open_nodes[-1]].channels = _read_channels(path, line, nodes[open_nodes[-1]])
        elif line:
            raise MotionError(
                f"{path}: {line[:60]!r} in the hierarchy; allowed: ROOT, JOINT, End Site, "
                f"OFFSET, CHANNELS and braces around each"
            )
    if not nodes or open_nodes or pending is not None:
        raise MotionError(f"{path}: the hierarchy has no joint or is not closed by '}}'")
    return nodes


def _new_node(path: Path, nodes: list[_Node], word: str, name: str, stack: list[int]) -> _Node:
    parent = stack[-1] if stack else -1
    if (parent < 0 and word != "ROOT") or (parent >= 0 and nodes[parent].is_end):
        raise MotionError(f"{path}: {word} {name[:40]!r} is not inside a joint")
    if word == "END":
        siblings = sum(node.is_end and node.parent == parent for node in nodes)
        name = nodes[parent].name + END + (str(siblings + 1) if siblings else "")
    elif any(node.name == name for node in nodes):
        raise MotionError(f"{path}: joint {name[:40]!r} is there twice; names are unique")
    return _Node(name, parent, is_end=word == "END")


def _check_node(path: Path, node: _Node) -> None:
    if not node.offset:
        raise MotionError(f"{path}: joint {node.name[:40]!r} has no OFFSET")
    if node.is_end and node.channels:
        raise MotionError(f"{path}: {node.name[:40]!r} has CHANNELS; an End Site has none")


def _read_offset(path: Path, line: str, node: _Node) -> tuple[float, ...]:
    try:
        offset = tuple(float(word) for word in line.split()[1:])
    except ValueError:
        offset = ()
    if len(offset) != 3 or not (np.abs(offset) < MAX_VALUE).all():
        raise MotionError(
            f"{path}: joint {node.name[:40]!r} has {line[:60]!r}; allowed: three numbers"
        )
    return offset


def _read_channels(path: Path, line: str, node: _Node) -> list[tuple[str, int]]:
    count, words = line.split()[1:2], line.split()[2:]
    found = [_CHANNEL.fullmatch(word) for word in words]
    channels = [(m[2].lower(), "XYZ".index(m[1].upper())) for m in found if m]
    if len(channels) != len(words) or count != [str(len(words))]:
        raise MotionError(
            f"{path}: joint {node.name[:40]!r} has {line[:80]!r}; allowed: a count and so many "
            f"of Xposition, Yposition, Zposition, Xrotation, Yrotation, Zrotation"
        )
    return channels


def _read_header(path: Path, text: str) -> tuple[int, float]:
    fields = {
        " ".join(key.split()).lower(): value.strip()
        for key, _, value in (line.partition(":") for line in text.splitlines())
    }
    frames, time = fields.get("frames", ""), " ".join(fields["frame time"].split())
    if not (frames.isascii() and frames.isdigit() and len(frames) < 16) or int(frames) == 0:
        raise MotionError(f"{path}: 'Frames: {frames[:30]!r}'; allowed: a number from 1 on")
    try:
        fps = 1 / float(time)
    except (ValueError, ZeroDivisionError):
        fps = 0.0
    if not FPS_RANGE[0] <= fps <= FPS_RANGE[1]:
        raise MotionError(
            f"{path}: 'Frame Time: {time[:30]!r}'; allowed: {1 / FPS_RANGE[1]} to "
            f"{1 / FPS_RANGE[0]} seconds"
        )
    return int(frames), fps


def _read_values(path: Path, text: str, n_frames: int, n_channels: int) -> np.ndarray:
    words = text.split()
    if n_channels == 0 or len(words) != n_frames * n_channels:
        raise MotionError(
            f"{path}: {n_frames} frames of {n_channels} channels are declared but there are "
            f"{len(words)} values; truncated?"
        )
    try:
        values = np.array(words, dtype=float).reshape(n_frames, n_channels)
    except ValueError:
        values = np.array([[_number(word) for word in words]]).reshape(n_frames, n_channels)
    fine = np.abs(values) < MAX_VALUE  # and neither is NaN
    if not fine.all():
        frame, channel = np.argwhere(~fine)[0]
        word = words[frame * n_channels + channel]
        raise MotionError(
            f"{path}: frame {frame}, channel {channel} is {word[:30]!r}; allowed: numbers "
            f"below {MAX_VALUE:g}"
        )
    return values


def _number(word: str) -> float:
    try:
        return float(word)
    except ValueError:
        return float("nan")

from pathlib import Path

import numpy as np
import pytest

from motiongpt.errors import MotionError
from motiongpt.motion.sources.bvh_parser import MAX_JOINTS, read_bvh

GOOD = (
    "HIERARCHY\nROOT a\n{\n\tOFFSET 0 0 0\n"
    "\tCHANNELS 6 Xposition Yposition Zposition Zrotation Xrotation Yrotation\n"
    "\tJOINT b\n\t{\n\t\tOFFSET 0 1 0\n\t\tCHANNELS 3 Zrotation Xrotation Yrotation\n"
    "\t\tEnd Site\n\t\t{\n\t\t\tOFFSET 0 1 0\n\t\t}\n\t}\n}\n"
    "MOTION\nFrames: 2\nFrame Time: .0333333\n1 2 3 0 0 0 0 0 0\n4 5 6 0 0 0 0 0 90\n"
)


def _write(folder: Path, text: str) -> Path:
    path = folder / "clip.bvh"
    path.write_bytes(text.encode())
    return path


@pytest.mark.parametrize(
    "text",
    [
        GOOD,
        GOOD.replace("\n", "\r\n"),
        GOOD.replace("\n", "\r"),
        GOOD.replace("\n{", " {"),
        "\ufeff\n" + GOOD.replace("\t", "    ") + "\n\n",
        GOOD.replace("Frames: 2", "Frames:\t2").replace("Frame Time: ", "Frame  Time:\t"),
        GOOD.replace("0 0 0 0 0 0\n", "0 0 0\n0 0 0\n"),
    ],
    ids=["as is", "crlf", "cr", "brace on the line", "mark and spaces", "tabs", "wrapped rows"],
)
def test_whatever_the_white_space_the_same_is_read(tmp_path: Path, text: str) -> None:
    clip = read_bvh(_write(tmp_path, text))
    assert clip.names == ("a", "b", "b/end")
    assert clip.parents == (-1, 0, 1)
    assert clip.values.tolist()[1] == [4, 5, 6, 0, 0, 0, 0, 0, 90]
    assert clip.fps == pytest.approx(30, rel=1e-4)
    assert np.allclose(clip.points()[1, 2], [4, 7, 6])


def test_names_may_have_spaces_and_joints_several_end_sites(tmp_path: Path) -> None:
    text = GOOD.replace("JOINT b", "JOINT my MOTION b")
    text = text.replace("\t\tEnd Site", "\t\tEnd Site\n{\nOFFSET 5 5 5\n}\n\t\tEnd Site")
    assert read_bvh(_write(tmp_path, text)).names[1:] == (
        "my MOTION b",
        "my MOTION b/end",
        "my MOTION b/end2",
    )


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("HIERARCHY", "JFIF", r"starts with 'JFIF.*starts with 'HIERARCHY'"),
        ("MOTION", "", "truncated"),
        ("Frame Time: .0333333\n", "", "truncated"),
        ("Frames: 2", "Frames: 99999999999", "99999999999 frames of 9 .* there are 18 values"),
        ("Frames: 2", "Frames: 3", "3 frames of 9 channels .* 18 values; truncated"),
        ("Frames: 2", "Frames: 0", r"'Frames: '0''; allowed"),
        ("Frames: 2", "Frames: -2", r"'Frames: '-2''; allowed"),
        ("Frames: 2", "Frames: two", "'two'"),
        ("Frames: 2\n", "", "Frames: ''"),
        ("Frames: 2", "Frames: " + "9" * 5000, "'Frames: '9{30}''"),
        ("Frame Time", "Frame\nTime", "truncated"),
        (".0333333", "0", "'Frame Time: '0''; allowed: 0.0005 to 1.0 seconds"),
        (".0333333", "nan", "'nan'"),
        (".0333333", "-0.1", "'-0.1'"),
        (".0333333", "fast", "'fast'"),
        ("0 0 90", "0 0 left", "frame 1, channel 8 is 'left'; allowed: numbers below 1e.09"),
        ("0 0 90", "0 0 nan", "frame 1, channel 8 is 'nan'"),
        ("0 0 90", "0 0 1e999", "frame 1, channel 8 is '1e999'"),
        ("0 0 90", "0 0 -1e200", "frame 1, channel 8 is '-1e200'"),
        ("0 0 90", "0 0", "17 values; truncated"),
        ("OFFSET 0 1 0", "OFFSET 0 1", "joint 'b' has 'OFFSET 0 1'; allowed: three numbers"),
        ("OFFSET 0 1 0", "OFFSET 0 inf 0", "three numbers"),
        ("OFFSET 0 1 0\n", "\n", "joint 'b' has no OFFSET"),
        ("CHANNELS 3 Z", "CHANNELS 4 Z", "joint 'b' has 'CHANNELS 4"),
        ("CHANNELS 3 Zrotation", "CHANNELS 3 Wrotation", "allowed: a count and so many of Xpos"),
        ("CHANNELS 3 Zrotation", "CHANNELS", "joint 'b' has 'CHANNELS Xrot"),
        ("JOINT b", "JOINT a", "joint 'a' is there twice"),
        ("JOINT b", "ROOT b", "'ROOT b' is not allowed here"),
        ("ROOT a", "JOINT a", "'JOINT a' is not allowed here"),
        ("JOINT b", "BONE b", r"'BONE b' in the hierarchy; allowed: ROOT"),
        ("\t}\n}\n", "\t}\n", "not closed"),
        ("ROOT a", "ROOT a\nROOT c", "not allowed here"),
        ("}\nMOTION", "}\nJOINT c\n{\n}\nMOTION", "JOINT 'c' is not inside a joint"),
        ("1 0\n\t\t}", "1 0\nCHANNELS 1 Xrotation\n\t\t}", "an End Site has none"),
        ("1 0\n\t\t}", "1 0\nJOINT c\n{\nOFFSET 0 0 0\n}\n\t\t}", "JOINT 'c' is not inside"),
    ],
)
def test_a_malformed_file_is_refused_with_value_and_file(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    assert old in GOOD
    with pytest.raises(MotionError, match=message) as caught:
        read_bvh(_write(tmp_path, GOOD.replace(old, new, 1)))
    assert "clip.bvh" in str(caught.value)
    assert len(str(caught.value)) < 400


def test_an_endless_skeleton_is_refused(tmp_path: Path) -> None:
    joints = "".join(f"JOINT j{i}\n{{\nOFFSET 0 0 0\nCHANNELS 0\n" for i in range(MAX_JOINTS + 1))
    with pytest.raises(MotionError, match=f"more than {MAX_JOINTS} joints"):
        read_bvh(_write(tmp_path, GOOD.replace("\tJOINT b", joints + "\tJOINT b")))


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "none.bvh", tmp_path):
        with pytest.raises(MotionError, match="unreadable"):
            read_bvh(path)


def test_untrusted_bytes_come_escaped_in_the_message(tmp_path: Path) -> None:
    path = tmp_path / "clip.bvh"
    path.write_bytes(b"\x1b[31m[bold]\x00\xff binary")
    with pytest.raises(MotionError) as caught:
        read_bvh(path)
    assert "\x1b" not in str(caught.value)

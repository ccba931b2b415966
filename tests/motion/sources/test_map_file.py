from pathlib import Path

import numpy as np
import pytest
import yaml

from motiongpt.errors import MotionError
from motiongpt.motion.skeleton import JOINT_NAMES
from motiongpt.motion.sources.map_file import find_map, read_map, shipped_maps
from tests.motion.sources.skeletons import TREES

JOINTS = {name: name for name in JOINT_NAMES}


def _write(folder: Path, content: object) -> Path:
    path = folder / "mine.yaml"
    path.write_text(content if isinstance(content, str) else yaml.safe_dump(content))
    return path


@pytest.mark.parametrize("name", shipped_maps())
def test_every_shipped_map_is_valid_and_a_rotation(name: str) -> None:
    joint_map = read_map(shipped_maps()[name])
    assert joint_map.name == name
    assert np.linalg.det(joint_map.axes) == pytest.approx(1)
    assert all(sum(w.values()) == pytest.approx(1) for w in joint_map.joints.values())


@pytest.mark.parametrize("name", shipped_maps())
def test_left_and_right_of_a_shipped_map_mirror_each_other(name: str) -> None:
    joints = read_map(shipped_maps()[name]).joints
    for joint in JOINT_NAMES:
        if joint.startswith("left_"):
            other = joints[joint.replace("left_", "right_")]
            assert sorted(joints[joint].values()) == sorted(other.values())
            assert not (set(joints[joint]) & set(other)) or len(other) > 1


@pytest.mark.parametrize("source", TREES)
def test_each_source_is_recognised_by_its_names_alone(source: str) -> None:
    names = [name for name, _, _ in TREES[source][0]]
    names += [f"{name}/end" for name in names]
    expected = source if source in shipped_maps() else "mixamo"
    assert find_map(None, names).name == expected


def test_an_unknown_skeleton_lists_the_maps_and_what_each_lacks() -> None:
    names = [name for name, _, _ in TREES["lafan1"][0] if name != "Spine2"]
    with pytest.raises(MotionError, match=r"no map fits.*lafan1 \(missing: Spine2\)") as caught:
        find_map(None, names)
    assert all(name in str(caught.value) for name in shipped_maps())


def test_two_maps_that_fit_are_not_guessed_between() -> None:
    names = [name for source in ("lafan1", "mixamo_bare") for name, _, _ in TREES[source][0]]
    with pytest.raises(MotionError, match="maps lafan1, mixamo all fit; choose with --map"):
        find_map(None, names)
    assert find_map("mixamo", names).name == "mixamo"


def test_a_named_map_that_does_not_fit_or_exist_is_refused() -> None:
    with pytest.raises(MotionError, match="map 'cmu' does not fit: Hips, .* missing"):
        find_map("cmu", ["hip"])
    with pytest.raises(MotionError, match="no map 'kinect'; maps: bandai_namco, .* or a path"):
        find_map("kinect", ["hip"])
    with pytest.raises(MotionError, match="no map '/none.yaml'"):
        find_map("/none.yaml", ["hip"])


def test_a_map_of_the_users_own_is_read_with_all_forms_of_a_joint(tmp_path: Path) -> None:
    joints = JOINTS | {"spine3": {"a": 0.25, "b": 0.75}, "neck": ["c", "d"]}
    path = _write(tmp_path, {"units": 0.5, "up": "-z", "forward": "+x", "joints": joints})
    joint_map = find_map(str(path), [*JOINT_NAMES, "a", "b", "c", "d"])
    assert (joint_map.name, joint_map.scale) == ("mine", 0.5)
    assert joint_map.joints["spine3"] == {"a": 0.25, "b": 0.75}
    assert joint_map.joints["neck"] == {"c": 0.5, "d": 0.5}
    assert joint_map.axes.tolist() == [[0, -1, 0], [0, 0, -1], [1, 0, 0]]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("a: [", "unreadable map"),
        ("!!python/object/apply:os.system ['true']", "unreadable map"),
        ("[]", "a map is a mapping with 'joints'"),
        ({"joints": {}}, "a map is a mapping with 'joints'"),
        ({"joints": JOINTS, "scale": 1}, "keys: .*'units'"),
        ({"joints": ["a"]}, "missing or unknown joints head"),
        ({"joints": {"pelvis": "a"}}, "missing or unknown joints head, .* and 17 more; needed"),
        ({"joints": JOINTS | {"tail": "a"}}, "missing or unknown joints tail"),
        ({"joints": JOINTS | {"neck": 3}}, "'neck: 3'; allowed: a name, a list"),
        ({"joints": JOINTS | {"neck": []}}, "a list of names"),
        ({"joints": JOINTS | {"neck": {"a": 0.5, "b": 0.6}}}, "weights that sum to 1"),
        ({"joints": JOINTS | {"neck": {"a": "1"}}}, "weights that sum to 1"),
        ({"joints": JOINTS, "units": "feet"}, "'units: feet'; allowed: auto, m, cm, mm, inch"),
        ({"joints": JOINTS, "units": 0}, "'units: 0'"),
        ({"joints": JOINTS, "units": True}, "'units: True'"),
        ({"joints": JOINTS, "up": "y"}, r"'up: y'; allowed: \+x, -x"),
        ({"joints": JOINTS, "up": "+z"}, "'up: .z' and 'forward: .z' lie on one axis"),
        ({"joints": JOINTS, "forward": [1]}, "'forward: "),
        ({"joints": JOINTS, "prefixes": "a"}, "'prefixes' is 'a'; allowed: list"),
    ],
)
def test_a_wrong_map_is_refused_with_what_is_allowed(
    tmp_path: Path, content: object, message: str
) -> None:
    with pytest.raises(MotionError, match=message) as caught:
        read_map(_write(tmp_path, content))
    assert "mine.yaml" in str(caught.value)

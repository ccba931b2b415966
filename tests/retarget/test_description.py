import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motiongpt.errors import RobotError
from motiongpt.retarget import load_robot
from motiongpt.retarget.description import (
    MAX_CHARACTERS,
    fetch_description,
    read_description,
    read_description_text,
)
from tests.retarget.tiny_humanoid import humanoid_urdf

URDF = humanoid_urdf()


def as_mjcf(urdf: str, free: bool = True) -> str:
    """The same robot as MuJoCo writes it."""
    mujoco = pytest.importorskip("mujoco")
    compiler = '<mujoco><compiler discardvisual="false" fusestatic="false"/></mujoco>'
    spec = mujoco.MjSpec.from_string(urdf.replace("</robot>", f"{compiler}</robot>"))
    if free:
        spec.worldbody.first_body().add_freejoint()
    spec.compile()
    return spec.to_xml()


def test_an_mjcf_file_is_the_same_robot_as_its_urdf(tmp_path: Path) -> None:
    (tmp_path / "tiny.urdf").write_text(URDF)
    (tmp_path / "tiny.xml").write_text(as_mjcf(URDF))
    one, other = (load_robot(str(tmp_path / name)) for name in ("tiny.urdf", "tiny.xml"))
    order = [other.joint_names.index(name) for name in one.joint_names]
    assert one.n_joints == other.n_joints
    assert one.file.links == other.file.links
    assert abs(one.lower - other.lower[order]).max() < 1e-6
    assert abs(one.rest_pose - other.rest_pose[order]).max() < 0.02
    assert abs(one.soles[0] - other.soles[0]).max() < 1e-6


def test_an_mjcf_file_whose_robot_is_fixed_is_refused(tmp_path: Path) -> None:
    (tmp_path / "fixed.xml").write_text(as_mjcf(URDF, free=False))
    with pytest.raises(RobotError, match="first body is fixed; add a <freejoint/>"):
        load_robot(str(tmp_path / "fixed.xml"))


def test_an_mjcf_file_with_two_worlds_is_refused(tmp_path: Path) -> None:
    text = as_mjcf(URDF)
    world = text[text.index("<worldbody>") : text.index("</worldbody>")] + "</worldbody>"
    (tmp_path / "twice.xml").write_text(text.replace("</mujoco>", f"{world}</mujoco>"))
    with pytest.raises(RobotError, match="twice.xml: 2 <worldbody> sections.*allowed: 1"):
        load_robot(str(tmp_path / "twice.xml"))
    (tmp_path / "a.xml").write_text(
        text.replace("</mujoco>", '<include file="twice.xml"/></mujoco>')
    )
    with pytest.raises(RobotError, match="3 <worldbody> sections"):
        load_robot(str(tmp_path / "a.xml"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "not XML"),
        (URDF[:700], "not XML"),
        ("<html></html>", "root element is <html>; allowed: <robot>"),
        ("<mujoco/>", "allowed: <robot>, a URDF"),
        ('<!DOCTYPE r [<!ENTITY a "b">]><robot name="&a;"/>', "allowed: XML without <!DOCTYPE>"),
        ('<!DOCTYPE r SYSTEM "file:///etc/passwd"><robot/>', "allowed: XML without <!DOCTYPE>"),
        ('<robot xmlns:xacro="http://wiki/xacro"><xacro:macro/></robot>', "run xacro on it first"),
        ("<robot/>", "Pinocchio cannot read this URDF"),
        (URDF.replace('<box size="0.05 0.05 0.05"/>', '<mesh filename="package://a/b.stl"/>'),
         "collision mesh 'package://a/b.stl' is not there; looked in: no folder"),
        (URDF.replace('lower="-0.05" upper="2.3"', ""), "'left_knee' has no usable limits"),
        (URDF.replace('<joint name="waist_z" type="revolute">',
                      '<joint name="waist_z" type="continuous">'),
         "'waist_z' turns without end.*allowed: revolute"),
        (URDF.replace('type="revolute"', 'type="prismatic"', 1), "slides"),
    ],
)  # fmt: skip
def test_a_description_that_cannot_be_used_is_refused_with_the_reason(
    text: str, message: str
) -> None:
    with pytest.raises(RobotError, match=message):
        load_robot("/robot_description", text)


def test_a_description_without_limits_says_what_a_joint_needs() -> None:
    start = URDF.index("<limit")
    text = URDF[:start] + URDF[URDF.index("/>", start) + 2 :]
    with pytest.raises(RobotError, match="needs a <limit> with lower, upper, effort and velocity"):
        load_robot("/robot_description", text)


def test_a_description_that_is_too_long_is_not_parsed() -> None:
    with pytest.raises(RobotError, match=f"{MAX_CHARACTERS + 1} characters; allowed"):
        read_description_text("<" * (MAX_CHARACTERS + 1), (), "/robot_description")


@settings(max_examples=40, deadline=None)
@given(place=st.integers(0, len(URDF) - 1), cut=st.integers(1, 80), put=st.text(max_size=6))
def test_a_damaged_description_is_a_robot_or_a_robot_error(place: int, cut: int, put: str) -> None:
    try:
        read_description_text(URDF[:place] + put + URDF[place + cut :], (), "/robot_description")
    except RobotError as error:
        assert str(error)


def test_the_text_of_the_topic_alone_is_a_robot() -> None:
    assert load_robot("/robot_description", URDF).n_joints == 29
    with pytest.raises(RobotError, match="no text was received there"):
        load_robot("/robot_description")


def test_a_missing_or_foreign_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RobotError, match="none.urdf: unreadable robot description"):
        load_robot(str(tmp_path / "none.urdf"))
    (tmp_path / "a.urdf").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(RobotError, match="unreadable robot description"):
        read_description(tmp_path / "a.urdf", ())


def test_a_text_of_another_robot_is_refused_naming_the_joints() -> None:
    with pytest.raises(RobotError, match="lacks joints .*left_hip_pitch_joint.*set the parameter"):
        load_robot("unitree_g1", URDF)


def test_a_name_of_robot_descriptions_needs_that_package() -> None:
    if importlib.util.find_spec("robot_descriptions") is not None:
        pytest.skip("robot_descriptions is installed here")
    with pytest.raises(RobotError, match="not installed; pip install robot_descriptions"):
        load_robot("atlas_v4_description")


def test_a_name_of_robot_descriptions_is_looked_up_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "robot_descriptions"
    package.mkdir()
    (tmp_path / "tiny.urdf").write_text(URDF)
    (package / "__init__.py").write_text("")
    (package / "tiny_description.py").write_text(f"URDF_PATH = {str(tmp_path / 'tiny.urdf')!r}")
    (package / "bare_description.py").write_text("")
    (package / "arm_description.py").write_text("XACRO_PATH = 'arm.urdf.xacro'")
    (package / "far_description.py").write_text("raise OSError('no network')")
    monkeypatch.syspath_prepend(str(tmp_path))
    for module in _descriptions_loaded():
        monkeypatch.delitem(sys.modules, module)
    assert load_robot("tiny_description").n_joints == 29
    for name, message in (
        ("bare_description", "neither URDF nor MJCF of 'bare_description'$"),
        ("arm_description", "it has xacro: run xacro on it first"),
        ("far_description", "cannot download 'far_description' .no network"),
        ("no_such_description", "has no 'no_such_description'"),
        ("os.path", "allowed: ..._description"),
    ):
        with pytest.raises(RobotError, match=message):
            fetch_description(name)
    for module in _descriptions_loaded():
        del sys.modules[module]


def _descriptions_loaded() -> list[str]:
    return [name for name in sys.modules if name.startswith("robot_descriptions")]


def test_the_package_robot_descriptions_itself_finds_a_robot_in_its_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("robot_descriptions")
    # The package takes what is in its cache at the commit that it wants, without a network.
    made = tmp_path / "made"
    (made / "urdf").mkdir(parents=True)
    (made / "urdf" / "jvrc1.urdf").write_text(URDF)
    git = ["git", "-C", str(made), "-c", "user.name=a", "-c", "user.email=a@b.c"]
    for words in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "a robot"]):
        subprocess.run([*git, *words], check=True)
    head = subprocess.run([*git, "rev-parse", "HEAD"], check=True, capture_output=True, text=True)
    commit = head.stdout.strip()
    cached = tmp_path / f"jvrc_description-{commit}" / "jvrc_description"
    cached.parent.mkdir()
    made.rename(cached)
    monkeypatch.setenv("ROBOT_DESCRIPTIONS_CACHE", str(tmp_path))
    monkeypatch.setenv("ROBOT_DESCRIPTION_COMMIT", commit)
    monkeypatch.delitem(sys.modules, "robot_descriptions.jvrc_description", raising=False)
    assert fetch_description("jvrc_description") == cached / "urdf" / "jvrc1.urdf"
    assert load_robot("jvrc_description").n_joints == 29


def test_every_humanoid_of_robot_descriptions_has_a_path_that_is_read() -> None:
    package = pytest.importorskip("robot_descriptions")
    folder = Path(str(package.__file__)).parent
    humanoids = [name for name, d in package.DESCRIPTIONS.items() if "humanoid" in d.tags]
    assert len(humanoids) > 20
    for name in humanoids:
        source = (folder / f"{name}.py").read_text()
        assert "\nURDF_PATH" in source or "\nMJCF_PATH" in source

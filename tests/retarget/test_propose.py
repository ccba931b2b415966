import numpy as np
import pytest

from motiongpt.errors import RobotError
from motiongpt.retarget.description import read_description, read_description_text
from motiongpt.retarget.propose import Proposal, propose_robot_file
from motiongpt.retarget.robot_file import find_robot_file, read_robot_file
from tests.retarget.tiny_humanoid import humanoid_urdf


def proposed(**changes) -> Proposal:
    text = humanoid_urdf(**changes)
    return propose_robot_file(read_description_text(text, (), "tiny.urdf"))


@pytest.mark.parametrize("name", ["unitree_g1", "talos", "romeo", "icub", "simple_humanoid"])
def test_a_shipped_robots_links_and_forward_axis_are_found_from_its_urdf(name: str) -> None:
    shipped = read_robot_file(find_robot_file(name))
    found = propose_robot_file(read_description(shipped.urdf, shipped.package_dirs)).file
    assert found.links == shipped.links
    assert found.forward == shipped.forward


@pytest.mark.parametrize("forward", [1, -1])
@pytest.mark.parametrize("sides", [("left", "right"), ("L", "R"), ("a", "b")])
def test_left_and_right_are_told_by_names_or_else_by_the_knees(
    forward: int, sides: tuple[str, str]
) -> None:
    found = proposed(forward=forward, sides=sides)
    assert found.file.forward == ("+x" if forward > 0 else "-x")
    assert found.file.links["left_knee"] == f"{sides[0]}_knee_link"
    assert any("no names of left and right" in note for note in found.notes) == (sides[0] == "a")


def test_a_knee_that_bends_forwards_is_noted() -> None:
    text = humanoid_urdf().replace('lower="-0.05" upper="2.3"', 'lower="-2.3" upper="0.05"')
    found = propose_robot_file(read_description_text(text, (), "tiny.urdf"))
    assert found.file.forward == "+x"
    assert "bends forwards" in found.notes[0]


@pytest.mark.parametrize(
    ("changes", "torso", "shoulder", "wrist"),
    [
        ({"waist": ""}, "pelvis", "left_shoulder_z_link", "left_wrist_z_link"),
        ({"wrist": ""}, "torso", "left_shoulder_z_link", "left_hand_link"),
        ({"arm": "y"}, "torso", "left_shoulder_y_link", "left_wrist_z_link"),
    ],
)
def test_a_robot_without_waist_hands_or_full_shoulders_is_mapped(
    changes: dict[str, str], torso: str, shoulder: str, wrist: str
) -> None:
    links = proposed(**changes).file.links
    assert (links["torso"], links["left_shoulder"], links["left_wrist"]) == (
        torso,
        shoulder,
        wrist,
    )


def test_soles_are_guessed_below_the_ankles_of_feet_without_geometry() -> None:
    found = proposed(feet=False)
    assert any("guessed" in note for note in found.notes)
    corners = np.array(found.file.soles["left"])
    assert corners[:, 0].max() > -corners[:, 0].min() > 0
    assert (corners[:, 2] == -0.06).all()


def test_a_robot_that_is_no_humanoid_is_refused_naming_what_was_found() -> None:
    arm = humanoid_urdf(waist="", arm="", wrist="").replace("knee", "k")
    start = arm.index('<link name="left_hip_roll_link">')
    with pytest.raises(RobotError, match="no pair of legs.*pairs of limbs: none"):
        propose_robot_file(read_description_text(arm[:start] + "</robot>", (), "a"))
    armless = humanoid_urdf(waist="")
    start = armless.index('<link name="right_shoulder_y_link">')
    with pytest.raises(RobotError, match="no pair of arms.*'left_hip_yaw' and 'right_hip_yaw'"):
        propose_robot_file(read_description_text(armless[:start] + "</robot>", (), "a"))


def test_an_arm_whose_end_nothing_marks_is_refused() -> None:
    text = humanoid_urdf(wrist="").replace('<origin xyz="0 0 -0.22"/></joint>', "</joint>")
    with pytest.raises(RobotError, match="left arm: no link marks its end.*add a fixed link"):
        propose_robot_file(read_description_text(text, (), "a"))

"""Small BVH files of a person in a T-pose who faces +z, with the names of several sources."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

Tree = list[tuple[str, str | None, tuple[float, float, float]]]
"""Name, parent and offset of each joint in order; an End Site is named `<joint>/end`."""


def _arms_and_legs(
    spine: str, hips: str, arm: list[str], leg: list[str], hip_joint: str | None = None
) -> Tree:
    """Both sides; `{S}`, `{L}`, `{s}` and `{l}` in a name are Left, L, left and l or so."""
    tree: Tree = []
    for side, x in (("left", 1.0), ("right", -1.0)):

        def named(name: str, side: str = side) -> str:
            letters = {"S": side.capitalize(), "L": side[0].upper(), "s": side, "l": side[0]}
            return name.format(**letters)

        joints = [named(name) for name in leg]
        parents = [hips, *joints]
        if hip_joint:
            tree.append((named(hip_joint), hips, (0.0, 0.0, 0.0)))
            parents[0] = named(hip_joint)
        offsets = [(9 * x, -5, 0), (0, -42, 0), (0, -42, 0), (0, -6, 13)]
        tree += list(zip(joints, parents, offsets, strict=False))
        joints = [named(name) for name in arm]
        offsets = [(3 * x, 15, 0), (14 * x, 0, 0), (28 * x, 0, 0), (26 * x, 0, 0)]
        tree += list(zip(joints, [spine, *joints], offsets, strict=False))
    return tree


def _torso(*names: str) -> Tree:
    heights = ((0, 10, 0), (0, 12, 0), (0, 12, 0), (0, 20, 0), (0, 10, 0), (0, 18, 0))
    return list(zip(names[1:], names, heights, strict=False))


def _mixamo(prefix: str, toe: str) -> Tree:
    p = prefix
    return [
        (f"{p}Hips", None, (0, 95, 0)),
        *_torso(*(p + n for n in ("Hips", "Spine", "Spine1", "Spine2", "Neck", "Head"))),
        *_arms_and_legs(
            f"{p}Spine2",
            f"{p}Hips",
            [p + n for n in ("{S}Shoulder", "{S}Arm", "{S}ForeArm", "{S}Hand")],
            [p + n for n in ("{S}UpLeg", "{S}Leg", "{S}Foot", "{S}" + toe)],
        ),
    ]


def _cmu(names: dict[str, str]) -> Tree:
    """CMU's conversions: no thorax, so that neck and shoulders start at its lower end."""
    n = names
    return [
        ("Hips", None, (0, 95, 0)),
        (n["lower_back"], "Hips", (0, 0, 0)),
        (n["spine"], n["lower_back"], (0, 12, 0)),
        (n["spine1"], n["spine"], (0, 12, 0)),
        (n["lower_neck"], n["spine1"], (0, 0, 0)),
        (n["neck"], n["lower_neck"], (0, 9, 0)),
        ("Head", n["neck"], (0, 9, 0)),
        ("Head/end", "Head", (0, 9, 0)),
        *[
            (name, parent, (o[0], o[1] - 10, o[2]) if parent == n["spine1"] else o)
            for name, parent, o in _arms_and_legs(
                n["spine1"],
                "Hips",
                [n["collar"], n["arm"], n["forearm"], n["hand"]],
                [n["hip"], n["knee"], n["ankle"], n["toe"]],
                "{L}HipJoint",
            )
        ],
    ]


TREES: Mapping[str, tuple[Tree, float, str]] = {
    "bandai_namco": (
        [
            ("joint_Root", None, (0, 0, 0)),
            ("Hips", "joint_Root", (0, 95, 0)),
            *_torso("Hips", "Spine", "Chest"),
            *_torso("Chest", "Neck", "Head", "Head/end"),
            *_arms_and_legs(
                "Chest",
                "Hips",
                ["Shoulder_{L}", "UpperArm_{L}", "LowerArm_{L}", "Hand_{L}"],
                ["UpperLeg_{L}", "LowerLeg_{L}", "Foot_{L}", "Toes_{L}"],
            ),
        ],
        1.0,
        "UpperArm_L",
    ),
    "lafan1": (_mixamo("", "Toe"), 1.0, "LeftArm"),
    "mixamo": (_mixamo("mixamorig:", "ToeBase"), 1.0, "mixamorig:LeftArm"),
    "mixamo_bare": (_mixamo("", "ToeBase"), 0.01, "LeftArm"),
    "mixamo_underscore": (_mixamo("mixamorig_", "ToeBase"), 1 / 2.54, "mixamorig_LeftArm"),
    "cmu": (
        _cmu(
            {"lower_back": "LowerBack", "spine": "Spine", "spine1": "Spine1"}
            | {"lower_neck": "Neck", "neck": "Neck1", "collar": "{S}Shoulder", "arm": "{S}Arm"}
            | {"forearm": "{S}ForeArm", "hand": "{S}Hand", "hip": "{S}UpLeg", "knee": "{S}Leg"}
            | {"ankle": "{S}Foot", "toe": "{S}ToeBase"}
        ),
        0.45 / 2.54,
        "LeftArm",
    ),
    "cmu_3dsmax": (
        _cmu(
            {"lower_back": "lowerback", "spine": "Chest", "spine1": "Chest2"}
            | {"lower_neck": "lowerneck", "neck": "Neck", "collar": "{S}Collar"}
            | {"arm": "{S}Shoulder", "forearm": "{S}Elbow", "hand": "{S}Wrist", "hip": "{S}Hip"}
            | {"knee": "{S}Knee", "ankle": "{S}Ankle", "toe": "{S}Toe"}
        ),
        0.45 / 2.54,
        "LeftShoulder",
    ),
    "cmu_daz": (
        [
            ("hip", None, (0, 95, 0)),
            ("abdomen", "hip", (0, 20, 0)),
            ("chest", "abdomen", (0, 12, 0)),
            ("neck", "chest", (0, 22, 0)),
            ("head", "neck", (0, 8, 0)),
            *_arms_and_legs(
                "chest",
                "hip",
                ["{l}Collar", "{l}Shldr", "{l}ForeArm", "{l}Hand"],
                ["{l}Thigh", "{l}Shin", "{l}Foot", "{l}Foot/end"],
                "{l}Buttock",
            ),
        ],
        1.0,
        "lShldr",
    ),
}
"""For each source its joints in [cm], units of its files a centimetre, and the left arm."""


NO_END = "End Site\n{\nOFFSET 0 0 0\n}\n"


def bvh_text(
    tree: Tree,
    rotations: dict[str, np.ndarray] | None = None,
    *,
    n_frames: int = 60,
    fps: float = 30.0,
    scale: float = 1.0,
    step: tuple[float, float, float] = (0.0, 0.0, 2.0),
    order: str = "ZXY",
    every_joint_moves: bool = False,
) -> str:
    """A BVH file.

    Args:
        tree: joints with offsets in [cm].
        rotations: angles (T, 3) in [deg] in the order of `order`, by joint; others are 0.
        n_frames: frames T.
        fps: frames a second.
        scale: units of the file a centimetre.
        step: way of the root in a frame, in [cm].
        order: of the rotation channels.
        every_joint_moves: six channels on each joint.
    """
    children = {
        name: [child for child, parent, _ in tree if parent == name] for name, _, _ in tree
    }
    offsets = {name: np.array(offset, dtype=float) * scale for name, _, offset in tree}
    columns: list[np.ndarray] = []
    turns = " ".join(f"{axis}rotation" for axis in order)

    def block(name: str, root: bool) -> str:
        place = "OFFSET " + " ".join(f"{x:.6f}" for x in offsets[name])
        if name.endswith("/end"):
            return f"End Site\n{{\n{place}\n}}\n"
        moves = root or every_joint_moves
        if moves:
            way = np.outer(np.arange(n_frames), step) * scale if root else np.zeros((n_frames, 3))
            columns.append(offsets[name] + way)
        columns.append((rotations or {}).get(name, np.zeros((n_frames, 3))))
        inner = "".join(block(child, False) for child in children[name]) or NO_END
        head = "ROOT" if root else "JOINT"
        channels = f"6 Xposition Yposition Zposition {turns}" if moves else f"3 {turns}"
        return f"{head} {name}\n{{\n{place}\nCHANNELS {channels}\n{inner}}}\n"

    hierarchy = block(tree[0][0], True)
    values = np.concatenate(columns, axis=1)
    rows = "\n".join(" ".join(f"{x:.6f}" for x in row) for row in values)
    header = f"MOTION\nFrames:\t{n_frames}\nFrame Time:\t{1 / fps:.7f}\n"
    return f"HIERARCHY\n{hierarchy}{header}{rows}\n"


def write_source(folder: Path, source: str, name: str = "clip.bvh", **options: object) -> Path:
    """Write a clip of a source in which the left arm is raised; see `bvh_text`."""
    tree, scale, arm = TREES[source]
    n_frames = int(options.get("n_frames", 60))  # type: ignore[call-overload]
    raised = np.tile([80.0, 0.0, 0.0], (n_frames, 1))
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    settings = {"scale": scale, "every_joint_moves": source == "bandai_namco"} | options
    path.write_text(bvh_text(tree, {arm: raised}, **settings))  # type: ignore[arg-type]
    return path

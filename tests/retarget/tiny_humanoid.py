"""A humanoid of boxes as URDF text, with as many joints as a test wants."""

AXES = {"x": "1 0 0", "y": "0 1 0", "z": "0 0 1"}
WAIST, ARM, WRIST = "zxy", "yxz", "xyz"


def humanoid_urdf(
    waist: str = WAIST,
    arm: str = ARM,
    wrist: str = WRIST,
    sides: tuple[str, str] = ("left", "right"),
    forward: int = 1,
    feet: bool = True,
    name: str = "tiny",
) -> str:
    """URDF of a robot 1.2 m tall that stands at zero.

    Args:
        waist: axes of the joints between pelvis and torso.
        arm: axes of the shoulder's joints.
        wrist: axes of the joints below the elbow; a fixed hand without any.
        sides: how links of the left and the right side begin.
        forward: 1 faces along +x, -1 along -x.
        feet: whether the feet have collision geometry.
        name: the robot's.
    """
    parts = [_link("pelvis", 6.0, (0.12, 0.16, 0.1), (0, 0, 0))]
    torso = "pelvis"
    for k, axis in enumerate(waist):
        child = "torso" if k == len(waist) - 1 else f"waist_{k}"
        size = (0.1, 0.14, 0.2) if child == "torso" else (0.04, 0.04, 0.04)
        parts += [
            _link(child, 5.0, size, (0, 0, 0.2)),
            _joint(f"waist_{axis}", torso, child, (0, 0, 0.1 if k == 0 else 0), axis, 1.2),
        ]
        torso = child
    for side, sign in zip(sides, (1, -1), strict=True):
        y = sign * forward
        parts += _leg(side, y, forward, feet) + _arm(side, y, forward, torso, waist, arm, wrist)
    return f'<robot name="{name}">{"".join(parts)}</robot>'


def _leg(side: str, y: int, forward: int, feet: bool) -> list[str]:
    parts, parent = [], "pelvis"
    for k, (name, axis, drop) in enumerate(
        (
            ("hip_yaw", "z", 0.05), ("hip_roll", "x", 0), ("hip_pitch", "y", 0),
            ("knee", "y", 0.3), ("ankle_pitch", "y", 0.3), ("ankle_roll", "x", 0),
        )
    ):  # fmt: skip
        child = f"{side}_{name}_link"
        low, high = (-0.05, 2.3) if name == "knee" else (-1.5, 1.5)
        low, high = (low, high) if forward > 0 else (-high, -low)
        box = (0.18, 0.08, 0.03) if name == "ankle_roll" else (0.05, 0.05, 0.05)
        at = (0.03 * forward, 0, -0.05) if name == "ankle_roll" else (0, 0, -0.12)
        shape = box if feet or name != "ankle_roll" else None
        parts += [
            _link(child, 1.5, shape, at),
            _joint(
                f"{side}_{name}", parent, child, (0, 0.09 * y * (k == 0), -drop), axis, low, high
            ),
        ]
        parent = child
    return parts


def _arm(
    side: str, y: int, forward: int, torso: str, waist: str, arm: str, wrist: str
) -> list[str]:
    parts, parent = [], torso
    height = 0.35 if waist else 0.45
    steps = [(f"shoulder_{axis}", axis) for axis in arm] + [("elbow", "y")]
    steps += [(f"wrist_{axis}", axis) for axis in wrist]
    for k, (name, axis) in enumerate(steps):
        child = f"{side}_{name}_link"
        at = (0, 0.17 * y, height) if k == 0 else (0, 0, 0)
        if name == "elbow" or (wrist and k == len(arm) + 1):
            at = (0, 0, -0.22)
        low, high = ((-2.2, 0.05) if forward > 0 else (-0.05, 2.2)) if name == "elbow" else (-2, 2)
        parts += [
            _link(child, 0.6, (0.04, 0.04, 0.04), (0, 0, -0.1)),
            _joint(f"{side}_{name}", parent, child, at, axis, low, high),
        ]
        parent = child
    if not wrist:
        hand = f"{side}_hand_link"
        parts += [
            _link(hand, 0.1, None, (0, 0, 0)),
            f'<joint name="{side}_hand" type="fixed"><parent link="{parent}"/>'
            f'<child link="{hand}"/><origin xyz="0 0 -0.22"/></joint>',
        ]
    return parts


def _link(name: str, mass: float, box: tuple | None, at: tuple) -> str:
    place = f'<origin xyz="{at[0]} {at[1]} {at[2]}"/>'
    shape = ""
    if box is not None:
        size = " ".join(map(str, box))
        shape = f'<geometry><box size="{size}"/></geometry>'
        shape = f"<visual>{place}{shape}</visual><collision>{place}{shape}</collision>"
    return (
        f'<link name="{name}"><inertial>{place}<mass value="{mass}"/><inertia ixx="0.01" ixy="0" '
        f'ixz="0" iyy="0.01" iyz="0" izz="0.01"/></inertial>{shape}</link>'
    )


def _joint(
    name: str, parent: str, child: str, at: tuple, axis: str, low: float, high: float | None = None
) -> str:
    low, high = (-low, low) if high is None else (low, high)
    return (
        f'<joint name="{name}" type="revolute"><parent link="{parent}"/><child link="{child}"/>'
        f'<origin xyz="{at[0]} {at[1]} {at[2]}"/><axis xyz="{AXES[axis]}"/>'
        f'<limit lower="{low}" upper="{high}" effort="50" velocity="6"/></joint>'
    )

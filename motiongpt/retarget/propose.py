"""Which links of an unknown humanoid are its hips, knees, shoulders and so on.

Geometry decides: legs are the side-by-side pair of limbs that reaches lowest, arms the longest of
those that begin higher; a knee or an elbow is the joint that changes its limb's length most; a hip
or a shoulder is the link nearest to where the axes above that joint meet. Names tell left from
right; without them, knees do, which bend backwards.
"""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from motiongpt.errors import RobotError
from motiongpt.retarget.description import Description
from motiongpt.retarget.limb_tree import ROOT, SAME, Chain, LimbTree, read_tree
from motiongpt.retarget.robot_file import FORWARD_AXES, LIMB_LINKS, SIDES, RobotFile
from motiongpt.retarget.standing import MARGIN, UP, guess_soles, hanging_arms

BENDS = {"leg": "knee", "arm": "elbow"}
BELOW = {"leg": 2, "arm": 3}
"""Joints below a knee and an elbow that an ankle and a wrist have at most."""

ROLES = {"leg": LIMB_LINKS[:3], "arm": LIMB_LINKS[3:]}

VELOCITY, ACCELERATION = 4.0, 40.0


@dataclass(frozen=True)
class Proposal:
    """A robot file that was derived, and what to look at before it is trusted.

    Attributes:
        file: the robot file.
        notes: what is unusual, one sentence each.
    """

    file: RobotFile
    notes: tuple[str, ...]


def propose_robot_file(description: Description, name: str | None = None) -> Proposal:
    """Derive a robot file from a description.

    Args:
        description: of a humanoid with two legs and two arms.
        name: the robot's name; None takes the description's.

    Raises:
        RobotError: if the description has no pair of legs or of arms, or a limb has no elbow or
            wrist; the message says what was found.
    """
    tree, source = read_tree(description.model), description.source
    notes: list[str] = []
    legs, arms = _legs_and_arms(tree, source)
    forward = _forward(tree, legs, notes)
    left = np.cross(UP, forward)
    legs, arms = (_left_first(tree, pair, left) for pair in (legs, arms))
    links = {"pelvis": tree.link(ROOT), "torso": tree.link(tree.parent(arms[0][0]))}
    for kind, pair in (("leg", legs), ("arm", arms)):
        for side, chain in zip(SIDES, pair, strict=True):
            found = _limb_links(tree, chain, kind, f"{source}: {side} {kind}", notes)
            links |= {f"{side}_{r}": link for r, link in zip(ROLES[kind], found, strict=True)}
    if not any(o.parentJoint == legs[0][-1] for o in description.collision.geometryObjects):
        notes.append("the feet have no collision geometry: the soles' corners are guessed")
        soles = guess_soles(tree, links, forward)
    else:
        soles = {}
    file = RobotFile(
        name=name or str(description.model.name),
        urdf=description.path or Path(source),
        package_dirs=description.package_dirs,
        forward=_axis_name(forward),
        rest_pose={},
        links=links,
        velocity=VELOCITY,
        acceleration=ACCELERATION,
        margin=MARGIN,
        capsules={},
        soles=soles,
    )
    return Proposal(
        replace(file, rest_pose=hanging_arms(tree, links, arms, forward)), tuple(notes)
    )


def _legs_and_arms(tree: LimbTree, source: str) -> tuple[tuple[Chain, Chain], tuple[Chain, Chain]]:
    """Both pairs of limbs, sides in any order."""
    pairs = tree.mirrored_pairs()
    names = [[f"'{tree.model.names[chain[0]]}'" for chain in pair] for pair in pairs]
    found = "; ".join(" and ".join(pair) for pair in names)
    long_enough = [pair for pair in pairs if len(pair[0]) >= 3]
    if not long_enough:
        raise RobotError(
            f"{source}: no pair of legs: no two limbs of 3 or more joints begin side by side on a "
            f"link; pairs of limbs: {found or 'none'}"
        )
    legs = min(long_enough, key=lambda pair: min(tree.origins[j][2] for j in pair[0]))
    start = tree.origins[legs[0][0]][2]
    below = set(legs[0]) | set(legs[1])
    higher = [
        pair
        for pair in pairs
        if len(pair[0]) >= 2
        and tree.parent(pair[0][0]) not in below
        and tree.origins[pair[0][0]][2] > start + SAME
    ]
    if not higher:
        raise RobotError(
            f"{source}: no pair of arms: no two limbs of 2 or more joints begin side by side "
            f"above the legs; pairs of limbs: {found}"
        )
    return legs, max(higher, key=lambda pair: tree.length(pair[0]))


def _forward(tree: LimbTree, legs: tuple[Chain, Chain], notes: list[str]) -> np.ndarray:
    """Unit vector (3,) along which the robot faces, one of the base's axes."""
    across = tree.origins[legs[0][0]] - tree.origins[legs[1][0]]
    across = np.eye(3)[np.abs(across).argmax()] * np.sign(across[np.abs(across).argmax()])
    ahead = np.cross(across, UP)  # if the first leg is the left one
    vote = sum(_is_left(a, b) for a, b in zip(*map(tree.names, legs), strict=True))
    bent = _bends_towards(tree, legs[0]) @ ahead
    if vote == 0:
        notes.append("no names of left and right: the knees' bending tells where it faces")
        return ahead if bent < 0 else -ahead
    ahead = ahead if vote > 0 else -ahead
    bent = bent if vote > 0 else -bent
    if bent > 0:
        notes.append("by its joint limits the left knee bends forwards, as no human's does")
    return ahead


def _is_left(name: str, other: str) -> int:
    """1 if the first of two joint names says left and the second right, -1 the other way."""
    a, b = name.lower(), other.lower()
    for one, two, sign in ((a, b, 1), (b, a, -1)):
        if one != two and one.replace("left", "right") == two:
            return sign
        differing = [(x, y) for x, y in zip(one, two, strict=False) if x != y]
        if len(one) == len(two) and differing and set(differing) == {("l", "r")}:
            return sign
    return 0


def _bends_towards(tree: LimbTree, chain: Chain) -> np.ndarray:
    """Where the tip (3,) in [m] of a leg goes when its knee bends."""
    knee = _bend(tree, chain)
    index = tree.model.joints[knee].idx_q
    limits = tree.model.lowerPositionLimit[index], tree.model.upperPositionLimit[index]
    q = tree.q.copy()
    q[index] += np.sign(max(limits, key=abs)) * 0.3
    return tree.tip(chain, q) - tree.tip(chain, tree.q)


def _left_first(
    tree: LimbTree, pair: tuple[Chain, Chain], left: np.ndarray
) -> tuple[Chain, Chain]:
    a, b = (float(tree.origins[chain[0]] @ left) for chain in pair)
    return pair if a > b else (pair[1], pair[0])


def _bend(tree: LimbTree, chain: Chain) -> int:
    """The joint that changes a limb's length most."""
    return max(chain[1:], key=lambda joint: tree.reach(chain, joint))


def _limb_links(
    tree: LimbTree, chain: Chain, kind: str, where: str, notes: list[str]
) -> tuple[str, str, str]:
    """Links of hip, knee and ankle, or of shoulder, elbow and wrist."""
    bend = _bend(tree, chain)
    at = chain.index(bend)
    named = [j for j in chain if BENDS[kind] in tree.model.names[j].lower()]
    if named and bend not in named:
        notes.append(
            f"{where}: '{tree.model.names[bend]}' bends it most, though "
            f"'{tree.model.names[named[0]]}' is called {BENDS[kind]}"
        )
    center = tree.center(chain[:at])
    away = [float(np.linalg.norm(tree.origins[j] - center)) for j in chain[:at]]
    top = [j for j, d in zip(chain[:at], away, strict=True) if d < min(away) + 0.005][-1]
    end = chain[min(at + BELOW[kind], len(chain) - 1)]
    last = tree.link(end)
    if np.linalg.norm(tree.origins[end] - tree.origins[bend]) < 2 * SAME:
        last, far = tree.far_link(end)
        if far < 2 * SAME:
            raise RobotError(
                f"{where}: no link marks its end, {2 * SAME:.2f} m or more from joint "
                f"'{tree.model.names[bend]}'; add a fixed link there to the description"
            )
    return tree.link(top), tree.link(bend), last


def _axis_name(forward: np.ndarray) -> str:
    angle = np.arctan2(forward[1], forward[0])
    return min(
        FORWARD_AXES, key=lambda name: abs(np.exp(1j * FORWARD_AXES[name]) - np.exp(1j * angle))
    )

"""The feature vectors of HumanML3D and KIT-ML, named once.

Source: HumanML3D (MIT): root yaw velocity, root planar velocity, root height, local joint
positions, 6D joint rotations, local joint velocities, foot contacts.
"""

from dataclasses import dataclass
from functools import cached_property, lru_cache

from motiongpt.errors import MotionError
from motiongpt.motion.skeleton import HUMANML3D, SKELETONS

ROOT_YAW_VELOCITY = slice(0, 1)
ROOT_PLANAR_VELOCITY = slice(1, 3)
ROOT_HEIGHT = slice(3, 4)


@dataclass(frozen=True)
class Layout:
    """Where the groups of features of a skeleton with `n_joints` joints stand.

    The root's three groups stand at the same place for every skeleton.
    """

    n_joints: int

    @cached_property
    def ric_positions(self) -> slice:
        """Joint positions but the root's, planar root and heading taken out, (J - 1) x 3."""
        return slice(ROOT_HEIGHT.stop, ROOT_HEIGHT.stop + 3 * (self.n_joints - 1))

    @cached_property
    def rotations_6d(self) -> slice:
        """First two columns of each local bone rotation, (J - 1) x 6."""
        return slice(self.ric_positions.stop, self.ric_positions.stop + 6 * (self.n_joints - 1))

    @cached_property
    def local_velocities(self) -> slice:
        """Displacement of each joint in a frame, heading taken out, J x 3."""
        return slice(self.rotations_6d.stop, self.rotations_6d.stop + 3 * self.n_joints)

    @cached_property
    def foot_contacts(self) -> slice:
        """1 where a foot joint stands, in the order of `Skeleton.feet`."""
        return slice(self.local_velocities.stop, self.local_velocities.stop + 4)

    @property
    def n_features(self) -> int:
        """Width of a feature vector."""
        return self.foot_contacts.stop

    @property
    def groups(self) -> tuple[slice, ...]:
        """All groups in order; each has one standard deviation."""
        return (
            ROOT_YAW_VELOCITY,
            ROOT_PLANAR_VELOCITY,
            ROOT_HEIGHT,
            self.ric_positions,
            self.rotations_6d,
            self.local_velocities,
            self.foot_contacts,
        )


@lru_cache
def layout_of(n_features: int) -> Layout:
    """Find the layout of feature vectors of a width.

    Raises:
        MotionError: if no skeleton has features of this width.
    """
    layouts = {s.name: Layout(s.n_joints) for s in SKELETONS.values()}
    for layout in layouts.values():
        if layout.n_features == n_features:
            return layout
    known = ", ".join(f"{layout.n_features} ({name})" for name, layout in layouts.items())
    raise MotionError(f"no features are {n_features} wide; allowed: {known}")


N_FEATURES = Layout(HUMANML3D.n_joints).n_features
"""Width of HumanML3D's feature vector: 263."""

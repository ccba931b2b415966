"""Motion of other sources: BVH, AMASS and C3D files become HumanML3D's raw layout."""

from motiongpt.motion.sources.amass import read_body_models
from motiongpt.motion.sources.bvh_writer import write_bvh
from motiongpt.motion.sources.importer import Imported, import_folder
from motiongpt.motion.sources.joint_map import JointMap
from motiongpt.motion.sources.map_file import read_map, shipped_maps
from motiongpt.motion.sources.motion_file import import_motion

__all__ = [
    "Imported",
    "JointMap",
    "import_folder",
    "import_motion",
    "read_body_models",
    "read_map",
    "shipped_maps",
    "write_bvh",
]

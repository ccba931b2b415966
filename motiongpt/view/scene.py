"""The world that is drawn: a robot from its URDF on a lit floor."""

import logging
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree

import mujoco
import numpy as np

from motiongpt.errors import RenderError

_LOGGER = logging.getLogger(__name__)

MESH_SUFFIXES = (".stl", ".obj", ".msh")
"""Mesh files that MuJoCo reads."""

VISUAL_GROUP = 1
"""Geom group that MuJoCo gives to a URDF's visual shapes; collision shapes are in 0."""

FLOOR_GROUP = 2
"""Geom group of the floor."""

_MESH_CELL = 0.006  # [m]
_PACKAGE = "package://"


def build_model(
    urdf: Path, package_dirs: Sequence[Path], width: int, height: int
) -> mujoco.MjModel:
    """Put a robot with a free base on a floor, ready to be drawn.

    Args:
        urdf: the robot's description; MJCF is drawn as well.
        package_dirs: folders in which `package://` names of mesh files are looked up.
        width: widest picture, in pixels.
        height: highest picture, in pixels.

    Raises:
        RenderError: if the description or a mesh cannot be read.
    """
    try:
        spec = _read_robot(Path(urdf), package_dirs)
        root = spec.worldbody.first_body()
        if root is None:
            raise RenderError(f"robot '{urdf}' has no link to draw")
        if not any(joint.type == mujoco.mjtJoint.mjJNT_FREE for joint in root.joints):
            root.add_freejoint()
        _add_floor(spec)
        _add_lights(spec)
        _set_picture(spec, width, height)
        model = spec.compile()
    except ValueError as error:
        raise RenderError(f"robot '{urdf}' cannot be drawn: {error}") from error
    _coarsen_meshes(model)
    return model


def build_floor(width: int, height: int) -> mujoco.MjModel:
    """A lit floor with nothing on it, for pictures of at most that size in pixels."""
    spec = mujoco.MjSpec()
    _add_floor(spec)
    spec.worldbody.add_light(
        pos=(0, 0, 6),
        dir=(-0.3, 0.3, -1),
        diffuse=np.full(3, 0.6),
        castshadow=False,
        type=mujoco.mjtLightType.mjLIGHT_DIRECTIONAL,
    )
    _set_picture(spec, width, height)
    return spec.compile()


def _set_picture(spec: mujoco.MjSpec, width: int, height: int) -> None:
    """Size of the widest picture, and its light."""
    visual = spec.visual
    getattr(visual, "global").offwidth = width
    getattr(visual, "global").offheight = height
    visual.quality.shadowsize = 1024
    visual.headlight.ambient = (0.4, 0.4, 0.4)
    visual.headlight.diffuse = (0.15, 0.15, 0.15)
    visual.headlight.specular = (0.0, 0.0, 0.0)
    visual.map.shadowclip = 3.0


def draw_options(model: mujoco.MjModel) -> mujoco.MjvOption:
    """Show visual shapes, or collision shapes where the robot has no visual ones."""
    option = mujoco.MjvOption()
    option.geomgroup[:] = 0
    option.geomgroup[FLOOR_GROUP] = 1
    shown = VISUAL_GROUP if (np.asarray(model.geom_group) == VISUAL_GROUP).any() else 0
    option.geomgroup[shown] = 1
    return option


def joint_addresses(model: mujoco.MjModel, joint_names: Sequence[str]) -> np.ndarray:
    """Indices (n,) in `qpos` of named joints.

    Raises:
        RenderError: naming a joint that the robot does not have.
    """
    known = {model.joint(index).name: int(model.jnt_qposadr[index]) for index in range(model.njnt)}
    for name in joint_names:
        if name not in known:
            allowed = ", ".join(sorted(filter(None, known)))
            raise RenderError(f"joint '{name}' is not in the drawn robot; joints: {allowed}")
    return np.array([known[name] for name in joint_names], dtype=int)


def _read_robot(path: Path, package_dirs: Sequence[Path]) -> mujoco.MjSpec:
    """A robot without a world around it."""
    try:
        root = ElementTree.parse(path).getroot()
    except (OSError, ElementTree.ParseError) as error:
        raise RenderError(f"robot '{path}' cannot be read: {error}") from error
    if root.tag == "mujoco":
        return mujoco.MjSpec.from_file(str(path))
    return mujoco.MjSpec.from_string(_prepare_urdf(root, path, package_dirs))


def _prepare_urdf(robot: ElementTree.Element, urdf: Path, package_dirs: Sequence[Path]) -> str:
    """Text of a URDF whose mesh names are files, with what MuJoCo needs to keep its visuals."""
    left_out = []
    for inertia in robot.iter("inertia"):
        # Not needed to draw, and often not what a rigid body can have.
        inertia.attrib.update({"ixx": "0.01", "iyy": "0.01", "izz": "0.01"})
        inertia.attrib.update({"ixy": "0", "ixz": "0", "iyz": "0"})
    for link in robot.iter("link"):
        for shape in [*link.findall("visual"), *link.findall("collision")]:
            mesh = shape.find("geometry/mesh")
            if mesh is None:
                continue
            file = _find_mesh(mesh.get("filename", ""), urdf, package_dirs)
            if _is_readable(file):
                mesh.set("filename", str(file))
            else:
                left_out.append(file)
                link.remove(shape)
    if left_out:
        _LOGGER.warning("not drawn: %d meshes, such as '%s'", len(left_out), left_out[0])
    extension = ElementTree.SubElement(robot, "mujoco")
    options = {"discardvisual": "false", "fusestatic": "false", "strippath": "false"}
    ElementTree.SubElement(extension, "compiler", options)
    return ElementTree.tostring(robot, encoding="unicode")


def _is_readable(mesh: Path) -> bool:
    """Whether MuJoCo reads a mesh file: STL must be binary."""
    if mesh.suffix.lower() != ".stl":
        return mesh.suffix.lower() in MESH_SUFFIXES
    with mesh.open("rb") as file:
        head = file.read(400)
    return not (head.lstrip().startswith(b"solid") and b"facet" in head)


def _find_mesh(name: str, urdf: Path, package_dirs: Sequence[Path]) -> Path:
    """The file that a mesh name in a URDF stands for."""
    if name.startswith(_PACKAGE):
        relative = name.removeprefix(_PACKAGE)
        places = [Path(folder) / relative for folder in package_dirs]
    else:
        places = [urdf.parent / name.removeprefix("file://")]
    for place in places:
        if place.is_file():
            return place.resolve()
    looked = ", ".join(map(str, places)) or "no folder: the robot has no package folders"
    raise RenderError(f"mesh '{name}' of robot '{urdf}' is not there; looked for: {looked}")


def _add_floor(spec: mujoco.MjSpec) -> None:
    """A checkered plane with squares of half a metre, so that distance can be seen."""
    spec.add_texture(
        name="sky",
        type=mujoco.mjtTexture.mjTEXTURE_SKYBOX,
        builtin=mujoco.mjtBuiltin.mjBUILTIN_GRADIENT,
        rgb1=(0.93, 0.95, 0.98),
        rgb2=(0.55, 0.65, 0.78),
        width=256,
        height=256,
    )
    spec.add_texture(
        name="floor",
        type=mujoco.mjtTexture.mjTEXTURE_2D,
        builtin=mujoco.mjtBuiltin.mjBUILTIN_CHECKER,
        rgb1=(0.80, 0.82, 0.85),
        rgb2=(0.70, 0.73, 0.77),
        width=512,
        height=512,
    )
    material = spec.add_material(name="floor", texrepeat=(1, 1), texuniform=True)
    material.textures[mujoco.mjtTextureRole.mjTEXROLE_RGB] = "floor"
    spec.worldbody.add_geom(
        name="floor",
        type=mujoco.mjtGeom.mjGEOM_PLANE,
        size=(0, 0, 0.05),
        material="floor",
        group=FLOOR_GROUP,
        contype=0,
        conaffinity=0,
    )


def _add_lights(spec: mujoco.MjSpec) -> None:
    """Sunlight with a shadow that follows the robot, and a weak light against it."""
    root = spec.worldbody.first_body()
    follow = mujoco.mjtCamLight.mjCAMLIGHT_TRACKCOM
    for place, strength, shadow in (
        ((1.5, -1.5, 4.0), 0.55, True),
        ((1.0, 3.0, 3.0), 0.25, False),
    ):
        root.add_light(
            pos=place,
            dir=-np.array(place),
            diffuse=np.full(3, strength),
            specular=np.full(3, 0.1),
            castshadow=shadow,
            type=mujoco.mjtLightType.mjLIGHT_DIRECTIONAL,
            mode=follow,
        )


def _coarsen_meshes(model: mujoco.MjModel) -> None:
    """Drop triangles too small to be seen, in place: software OpenGL is slow by triangle.

    Vertices in one cell of a grid become one; triangles that lose a corner by it go.
    """
    for mesh in range(model.nmesh):
        first = model.mesh_vertadr[mesh]
        vertices = model.mesh_vert[first : first + model.mesh_vertnum[mesh]]
        cells = np.round(vertices / _MESH_CELL).astype(np.int64)
        _, kept, cell_of = np.unique(cells, axis=0, return_index=True, return_inverse=True)
        begin = model.mesh_faceadr[mesh]
        span = slice(begin, begin + model.mesh_facenum[mesh])
        corners = kept[cell_of.reshape(-1)][model.mesh_face[span]]  # (faces, 3)
        a, b, c = corners.T
        whole = (a != b) & (b != c) & (c != a)
        if not whole.any():
            continue
        count = int(whole.sum())
        model.mesh_face[begin : begin + count] = corners[whole]
        model.mesh_facenormal[begin : begin + count] = model.mesh_facenormal[span][whole]
        model.mesh_facenum[mesh] = count

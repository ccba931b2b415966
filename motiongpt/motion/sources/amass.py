"""AMASS clips: joints of SMPL, SMPL-H or SMPL-X by forward kinematics, without the mesh.

A joint of the rest pose is J_regressor (v_template + shapedirs betas), which is linear in the
betas: the regressor is applied once to the template and to each shape direction. (Loper et al.,
SMPL, 2015, equations 10 and 4.) Pose blend shapes do not move joints.
"""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation

from motiongpt.errors import MotionError
from motiongpt.motion.skeleton import N_JOINTS, PARENTS
from motiongpt.motion.sources.bvh_parser import FPS_RANGE, MAX_VALUE

N_BETAS = 10
"""Shape coefficients used, as in HumanML3D's preparation."""

Y_UP_FROM_AMASS = np.array([[-1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, 1.0, 0.0]])
"""AMASS is z up. HumanML3D goes to (x, z, y), a mirror image, and then negates x: together this
rotation, (-x, z, y)."""

GENDERS = ("neutral", "female", "male")
"""Order in which a model is taken when the clip's own gender has none."""

_CONVERT = (
    "pickles are never loaded, because they run code. Convert the file once, where you trust it: "
    "d = pickle.load(open('model.pkl', 'rb'), encoding='latin1') or dict(np.load('model.npz', "
    "allow_pickle=True)); J = d['J_regressor']; np.savez('plain.npz', J_regressor=J.toarray() if "
    "hasattr(J, 'toarray') else np.array(J, float), **{k: np.array(d[k]) for k in "
    "('v_template', 'shapedirs', 'kintree_table')})"
)


@dataclass(frozen=True)
class BodyModel:
    """Rest joints of a body as a function of its shape.

    Attributes:
        joints: of the mean shape, shape (22, 3), in [m].
        shape_directions: change a shape coefficient, shape (22, 3, B), in [m].
    """

    joints: np.ndarray
    shape_directions: np.ndarray

    def rest_joints(self, betas: np.ndarray) -> np.ndarray:
        """Rest joints (22, 3) in [m] of a shape; coefficients past B or `N_BETAS` are left out."""
        n = min(len(betas), self.shape_directions.shape[2], N_BETAS)
        return self.joints + self.shape_directions[:, :, :n] @ betas[:n]


def read_body_models(path: Path) -> dict[str, BodyModel]:
    """Read one body model, or a folder of them.

    Args:
        path: an .npz, used for every gender; or a folder in which a file's or its folder's name
            has the gender, such as `male/model.npz` or `SMPLX_FEMALE.npz`.

    Returns:
        Models by gender, in the order of `GENDERS`.

    Raises:
        MotionError: if there is none, or one is unreadable, pickled, or of another skeleton.
    """
    if path.is_dir():
        found: dict[str, Path] = {}
        for file in sorted(path.rglob("*.npz")):
            words = re.split(r"[^a-z]+", f"{file.parent.name} {file.stem}".lower())
            found |= {gender: file for gender in GENDERS if gender in words}
        if not found:
            raise MotionError(f"{path}: no .npz named after {', '.join(GENDERS)} in this folder")
        return {gender: read_body_model(found[gender]) for gender in GENDERS if gender in found}
    return {GENDERS[0]: read_body_model(path)}


def read_body_model(path: Path) -> BodyModel:
    """Read a SMPL, SMPL-H or SMPL-X model.

    Raises:
        MotionError: see `read_body_models`.
    """
    keys = ("v_template", "shapedirs", "J_regressor", "kintree_table")
    data = _load(path, keys)
    missing = [key for key in keys if key not in data]
    if missing:
        raise MotionError(f"{path}: no {', '.join(missing)}; a body model has {', '.join(keys)}")
    template, shapes, regressor, tree = (data[key] for key in keys)
    if not (
        template.ndim == 2
        and template.shape[1] == 3
        and shapes.ndim == 3
        and shapes.shape[:2] == template.shape
        and regressor.ndim == 2
        and regressor.shape[0] >= N_JOINTS
        and regressor.shape[1] == len(template)
    ):
        raise MotionError(
            f"{path}: v_template {template.shape}, shapedirs {shapes.shape}, J_regressor "
            f"{regressor.shape}; allowed: (V, 3), (V, 3, B), ({N_JOINTS} or more, V)"
        )
    parents = np.asarray(tree)[:1, 1:N_JOINTS].reshape(-1)
    if parents.tolist() != PARENTS[1:].tolist():
        raise MotionError(f"{path}: kintree_table is not SMPL's in its first {N_JOINTS} joints")
    regressor = regressor[:N_JOINTS].astype(float)
    shapes = shapes[:, :, :N_BETAS].astype(float)
    model = BodyModel(regressor @ template, np.einsum("jv,vcb->jcb", regressor, shapes))
    if not (np.isfinite(model.joints).all() and np.isfinite(model.shape_directions).all()):
        raise MotionError(f"{path}: has values that are not finite")
    return model


def read_amass(path: Path, models: dict[str, BodyModel]) -> tuple[np.ndarray, float]:
    """Joint positions of an AMASS clip.

    Args:
        path: .npz with `poses` (T, 66 or more), `trans` (T, 3), `mocap_framerate` or
            `mocap_frame_rate`, and if there are any `betas` and `gender`.
        models: body models by gender; without the clip's own, the first is used.

    Returns:
        Positions (T, 22, 3) in [m], y up (see `Y_UP_FROM_AMASS`), and frames a second.

    Raises:
        MotionError: for an unreadable or pickled file, a missing key, a wrong shape, a value
            that is not finite, or a frame rate out of range.
    """
    rates = ("mocap_framerate", "mocap_frame_rate")
    data = _load(path, ("poses", "trans", "betas", "gender", *rates))
    rate = next((data[key] for key in rates if key in data), None)
    missing = [key for key in ("poses", "trans") if key not in data]
    if missing or rate is None:
        missing += [] if rate is not None else [" or ".join(rates)]
        raise MotionError(f"{path}: no {', '.join(missing)}; is it a clip of AMASS?")
    poses, trans = data["poses"], data["trans"]
    if poses.ndim != 2 or poses.shape[1] < 3 * N_JOINTS or trans.shape != (len(poses), 3):
        raise MotionError(
            f"{path}: poses {poses.shape}, trans {trans.shape}; allowed: (T, {3 * N_JOINTS} or "
            f"more), (T, 3)"
        )
    betas = np.ravel(data.get("betas", np.zeros(0)))
    numbers = {"poses": poses, "trans": trans, "betas": betas, "frame rate": rate}
    for key, array in numbers.items():
        if array.dtype.kind not in "fiu" or not (np.abs(array) < MAX_VALUE).all():
            raise MotionError(f"{path}: {key} has a value that is no number below {MAX_VALUE:g}")
    fps = float(np.ravel(rate)[0]) if np.size(rate) == 1 else 0.0
    if not FPS_RANGE[0] <= fps <= FPS_RANGE[1] or len(poses) == 0:
        raise MotionError(
            f"{path}: {len(poses)} frames at {fps:.6g} a second; allowed: 1 or more frames at "
            f"{FPS_RANGE[0]:g} to {FPS_RANGE[1]:g}"
        )
    model = models.get(_gender(data.get("gender")), next(iter(models.values())))
    rotations = poses[:, : 3 * N_JOINTS].reshape(-1, N_JOINTS, 3).astype(float)
    positions = pose_joints(model.rest_joints(betas.astype(float)), rotations, trans)
    return positions @ Y_UP_FROM_AMASS.T, fps


def pose_joints(rest: np.ndarray, rotations: np.ndarray, trans: np.ndarray) -> np.ndarray:
    """Forward kinematics of SMPL.

    Args:
        rest: joints of the rest pose, shape (22, 3), in [m].
        rotations: of each joint in its parent's frame, as rotation vectors (T, 22, 3) in [rad].
        trans: of the body, shape (T, 3), in [m].

    Returns:
        Positions (T, 22, 3) in [m], in the frame of `trans`.
    """
    n_frames = len(rotations)
    local = Rotation.from_rotvec(rotations.reshape(-1, 3)).as_matrix()
    world = local.reshape(n_frames, N_JOINTS, 3, 3)
    positions = np.empty((n_frames, N_JOINTS, 3))
    positions[:, 0] = rest[0] + trans
    for joint in range(1, N_JOINTS):
        parent = PARENTS[joint]
        positions[:, joint] = positions[:, parent] + world[:, parent] @ (
            rest[joint] - rest[parent]
        )
        world[:, joint] = world[:, parent] @ world[:, joint]
    return positions


def _gender(value: np.ndarray | None) -> str:
    """Gender as a word; older clips have it as bytes."""
    if value is None or value.size != 1:
        return ""
    item = value.reshape(-1)[0]
    return (item.decode("latin-1") if isinstance(item, bytes) else str(item)).lower()


def _load(path: Path, keys: tuple[str, ...]) -> dict[str, np.ndarray]:
    """Those of the keys that the file has."""
    key = ""
    try:
        data = np.load(path, allow_pickle=False)
        if not isinstance(data, np.lib.npyio.NpzFile):
            raise MotionError(f"{path}: is a single array; allowed: an .npz with named arrays")
        found = {}
        with data:
            for key in keys:
                if key in data:
                    found[key] = np.asarray(data[key])
        return found
    except MotionError:
        raise
    except Exception as error:  # zipfile, zlib and numpy's headers fail in any way
        what = f"'{key}' of it" if key else "it"
        pickled = isinstance(error, ValueError) and "allow_pickle" in str(error)
        if pickled and (key or path.read_bytes()[:1] == b"\x80"):
            raise MotionError(f"{path}: {what} is a pickle; {_CONVERT}") from error
        reason = "a truncated or other file" if pickled else str(error)[:120]
        raise MotionError(f"{path}: {what} is no readable .npz ({reason})") from error

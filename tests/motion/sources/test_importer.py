import json
from pathlib import Path

import numpy as np
import pytest

from motiongpt.errors import MotionError
from motiongpt.motion.dataset import read_bone_lengths, read_captions, read_joints, read_split
from motiongpt.motion.prepare import clip_features
from motiongpt.motion.sources import import_folder, import_motion, importer
from motiongpt.motion.sources.importer import find_clips
from tests.motion.sources.skeletons import write_source
from tests.motion.sources.test_amass import clip_arrays, model_arrays


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    folder = tmp_path / "raw"
    write_source(folder, "bandai_namco", "walk_001.bvh")
    write_source(folder, "lafan1", "sub folder/Run #1.BVH")
    write_source(folder, "mixamo", "short.bvh", n_frames=10)
    (folder / "broken.bvh").write_text("\x1b[31mno\nmotion")
    (folder / "notes.md").write_text("no clip")
    (folder / "walk_001.txt").write_text("a person walks\nsomeone goes ahead\n")
    return folder


def test_a_folder_becomes_a_dataset_of_which_features_can_be_computed(
    raw: Path, tmp_path: Path
) -> None:
    seen = []
    result = import_folder(
        [raw], tmp_path / "data", workers=2, on_progress=lambda *n: seen.append(n)
    )
    assert result.written == ("sub_folder_Run_1", "walk_001")
    assert result.without_caption == ("sub_folder_Run_1",)
    assert result.skipped == ()
    assert seen[-1] == (4, 4)
    assert {path.name for path in result.rejected} == {"short.bvh", "broken.bvh"}
    assert "too short: 7 frames" in result.rejected[raw / "short.bvh"]
    assert all(reason.isprintable() for reason in result.rejected.values())
    data = tmp_path / "data"
    assert read_split(data, "train") == ("sub_folder_Run_1", "walk_001")
    positions = read_joints(data / "joints" / "walk_001.npy")
    assert np.allclose(positions, import_motion(raw / "walk_001.bvh"), atol=1e-6)
    assert [c.text for c in read_captions(data / "texts" / "walk_001.txt")] == [
        "a person walks",
        "someone goes ahead",
    ]
    lengths, skeleton = read_bone_lengths(data / "skeleton.json")
    assert lengths[4] == pytest.approx(0.42, abs=1e-4)
    assert skeleton.name == "humanml3d"
    assert not list(data.rglob("*.part"))
    features = clip_features(positions, lengths)
    assert features.shape == (39, 263)


def test_what_is_there_is_skipped_and_a_killed_import_goes_on(raw: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    import_folder([raw], data)
    before = (data / "joints" / "walk_001.npy").stat().st_mtime_ns
    (data / "train.txt").unlink()  # as if killed before the split was written
    write_source(raw, "mixamo", "new.bvh")
    result = import_folder([raw], data, split="val", caption_from_name=True)
    assert result.written == ("new",)
    assert result.skipped == ("sub_folder_Run_1", "walk_001")
    assert result.without_caption == ()
    assert (data / "joints" / "walk_001.npy").stat().st_mtime_ns == before
    assert read_split(data, "val") == ("new", "sub_folder_Run_1", "walk_001")
    assert (data / "texts" / "new.txt").read_text() == "new#new/OTHER#0.0#0.0\n"
    assert (data / "texts" / "walk_001.txt").read_text().startswith("a person walks#")


def test_captions_of_a_table_go_before_those_beside_the_file(raw: Path, tmp_path: Path) -> None:
    table = tmp_path / "captions.csv"
    table.write_text("id,caption\nwalk_001.bvh,of the table\nsub_folder_Run_1,by the id\n")
    import_folder([raw], tmp_path / "data", captions=table)
    texts = tmp_path / "data" / "texts"
    assert read_captions(texts / "walk_001.txt")[0].text == "of the table"
    assert read_captions(texts / "sub_folder_Run_1.txt")[0].text == "by the id"


def test_amass_clips_are_imported_with_the_users_body_model(tmp_path: Path) -> None:
    model = model_arrays()
    # Joints of the template are SMPL-like places, so that the size is a person's.
    rest = np.zeros((52, 3))
    rest[:22] = import_motion(write_source(tmp_path, "lafan1"))[0]
    model["v_template"], model["shapedirs"] = rest, np.zeros((52, 3, 16))
    model["J_regressor"] = np.eye(52)
    np.savez(tmp_path / "model.npz", **model)  # type: ignore[arg-type]
    clip = clip_arrays(120) | {"poses": np.zeros((120, 156)), "trans": np.zeros((120, 3))}
    clip["poses"][:, 0] = np.pi / 2  # the model is y up, AMASS z up
    (tmp_path / "amass").mkdir()
    np.savez(tmp_path / "amass" / "a_poses.npz", **clip)  # type: ignore[arg-type]
    np.savez(tmp_path / "amass" / "shape.npz", betas=np.zeros(16))
    result = import_folder(
        [tmp_path / "amass"], tmp_path / "data", body_model=tmp_path / "model.npz"
    )
    assert result.written == ("a_poses",)
    assert "no poses, trans" in result.rejected[tmp_path / "amass" / "shape.npz"]
    positions = read_joints(tmp_path / "data" / "joints" / "a_poses.npy")
    assert positions.shape == (20, 22, 3)
    # Turned by half a turn about the vertical, which HumanML3D's axes bring, left is still left.
    turned = (rest[:22] - rest[0]) * [-1, 1, -1]
    assert np.allclose(positions[0] - positions[0, 0], turned, atol=1e-5)


def test_ids_are_safe_file_names_and_never_shared(tmp_path: Path) -> None:
    names = ("a b/c.bvh", "a_b_c.bvh", "..d.bvh", "ü.bvh")
    for name in names:
        write_source(tmp_path, "lafan1", name)
    clips, rejected = find_clips([tmp_path])
    assert [clip_id for clip_id, _ in clips] == ["d", "a_b_c", "clip"]
    assert rejected == {
        tmp_path / "a_b_c.bvh": f"{tmp_path / 'a_b_c.bvh'}: has the id 'a_b_c' of "
        f"{tmp_path / 'a b' / 'c.bvh'}"
    }
    assert find_clips([tmp_path / "a_b_c.bvh"])[0] == [("a_b_c", tmp_path / "a_b_c.bvh")]


def test_wrong_options_are_refused_before_anything_is_written(raw: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    with pytest.raises(MotionError, match="none: no such file or folder"):
        import_folder([tmp_path / "none"], data)
    with pytest.raises(MotionError, match="split is '../x'; allowed: letters"):
        import_folder([raw], data, split="../x")
    with pytest.raises(MotionError, match="no readable .npz"):
        import_folder([raw], data, body_model=tmp_path / "none.npz")
    with pytest.raises(MotionError, match="unreadable captions"):
        import_folder([raw], data, captions=tmp_path / "none.csv")
    with pytest.raises(MotionError, match="no map 'kinect'; maps"):
        import_folder([raw], data, map="kinect")
    (tmp_path / "empty").mkdir()
    with pytest.raises(MotionError, match="no .bvh, .npz, .c3d file in .*empty"):
        import_folder([tmp_path / "empty"], data)
    assert not data.exists()
    data.write_text("a file")
    with pytest.raises(MotionError, match="data: cannot be made a folder"):
        import_folder([raw], data)


@pytest.mark.parametrize(
    ("error", "message"),
    [(MemoryError(), "a.bvh: not enough memory"), (OSError("disk\nfull\x1b"), "disk full?")],
)
def test_what_a_machine_lacks_rejects_the_clip_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, message: str
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(importer, "import_motion", fail)
    outcome = importer._import_clip(importer._Job(tmp_path), ("a", Path("a.bvh")))
    assert outcome.reason == message


def test_a_kept_skeleton_stays_as_it_is(raw: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "skeleton.json").write_text(json.dumps({"joints": []}))
    import_folder([raw / "walk_001.bvh"], data)
    assert (data / "skeleton.json").read_text() == '{"joints": []}'

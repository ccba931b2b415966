import pickle
from pathlib import Path

import numpy as np
import pytest
import torch

from motiongpt.errors import EvaluationError, ModelFileError
from motiongpt.evaluate.evaluators import GuoEvaluator
from motiongpt.evaluate.evaluators.word_vectors import TAGS, WordVectors
from motiongpt.motion.dataset import Caption
from motiongpt.motion.statistics import Statistics


def _gru(n_input: int, hidden: int) -> dict[str, tuple[int, ...]]:
    shapes: dict[str, tuple[int, ...]] = {
        "hidden": (2, 1, hidden),
        "input_emb.weight": (hidden, n_input),
        "input_emb.bias": (hidden,),
        "output_net.0.weight": (hidden, 2 * hidden),
        "output_net.0.bias": (hidden,),
        "output_net.1.weight": (hidden,),
        "output_net.1.bias": (hidden,),
        "output_net.3.weight": (512, hidden),
        "output_net.3.bias": (512,),
    }
    for end in ("l0", "l0_reverse"):
        for kind in ("ih", "hh"):
            shapes[f"gru.weight_{kind}_{end}"] = (3 * hidden, hidden)
            shapes[f"gru.bias_{kind}_{end}"] = (3 * hidden,)
    return shapes


PUBLISHED: dict[str, dict[str, tuple[int, ...]]] = {
    "movement_encoder": {
        "main.0.weight": (512, 259, 4),
        "main.0.bias": (512,),
        "main.3.weight": (512, 512, 4),
        "main.3.bias": (512,),
        "out_net.weight": (512, 512),
        "out_net.bias": (512,),
    },
    "motion_encoder": _gru(512, 1024),
    "text_encoder": _gru(300, 512) | {"pos_emb.weight": (300, 15), "pos_emb.bias": (300,)},
}
"""Names and shapes of the tensors of the published HumanML3D checkpoint."""

TOKENS = ("a/DET", "man/NOUN", "walk/VERB", "slowly/ADV")
CAPTION = Caption("a man walks slowly", tokens=TOKENS)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("guo")
    generator = torch.Generator().manual_seed(0)
    state: dict[str, object] = {"epoch": 3}
    for part, shapes in PUBLISHED.items():
        state[part] = {
            name: 0.05 * torch.randn(shape, generator=generator) for name, shape in shapes.items()
        }
    torch.save(state, folder / "finest.tar")
    words = ["unk", "sos", "eos", "a", "man", "walk", "slowly"]
    vectors = np.random.default_rng(0).standard_normal((len(words), 300))
    np.save(folder / "our_vab_data.npy", vectors)
    (folder / "our_vab_words.pkl").write_bytes(pickle.dumps(words))
    (folder / "our_vab_idx.pkl").write_bytes(pickle.dumps({w: i for i, w in enumerate(words)}))
    Statistics(np.zeros(263), np.ones(263)).write(folder)
    return folder


@pytest.fixture(scope="module")
def guo(files: Path) -> GuoEvaluator:
    return GuoEvaluator.load(files / "finest.tar", files, files)


def _clip(n: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((n, 263))


def test_tensors_with_the_published_names_and_shapes_load(guo: GuoEvaluator) -> None:
    for part, network in (
        ("movement_encoder", guo.movement),
        ("motion_encoder", guo.motion),
        ("text_encoder", guo.text),
    ):
        ours = {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}
        assert ours == PUBLISHED[part]


def test_embeddings_are_512_wide_and_the_same_alone_and_in_a_batch(guo: GuoEvaluator) -> None:
    clips = [_clip(40, 1), _clip(97, 2), _clip(196, 3)]
    together = guo.encode_clips(clips)
    assert together.shape == (3, 512)
    for clip, vector in zip(clips, together, strict=True):
        assert np.allclose(guo.encode_clips([clip])[0], vector, atol=1e-5)


def test_foot_contacts_and_frames_past_196_are_not_read(guo: GuoEvaluator) -> None:
    clip = _clip(230)
    other = clip.copy()
    other[:, -4:] = 9
    other[196:] = 9
    assert np.array_equal(guo.encode_clips([clip]), guo.encode_clips([other]))
    other[0, 0] = 9
    assert not np.allclose(guo.encode_clips([clip]), guo.encode_clips([other]))


def test_captions_are_read_by_their_tokens(guo: GuoEvaluator) -> None:
    other = Caption("something else", tokens=TOKENS)
    shorter = Caption("a man walks slowly", tokens=TOKENS[:2])
    vectors = guo.encode_captions([CAPTION, other, shorter])
    assert vectors.shape == (3, 512)
    assert np.allclose(vectors[0], vectors[1], atol=1e-6)
    assert not np.allclose(vectors[0], vectors[2])


def test_only_the_first_twenty_words_are_read(guo: GuoEvaluator) -> None:
    long = Caption("", tokens=("walk/VERB",) * 20)
    longer = Caption("", tokens=("walk/VERB",) * 30)
    words, tags, lengths = guo.words.encode([long, longer])
    assert words.shape == (2, 22, 300) and tags.shape == (2, 22, 15)
    assert lengths.tolist() == [22, 22]
    assert np.array_equal(words[0], words[1])


def test_important_words_have_tags_of_their_own_and_unknown_ones_none(guo: GuoEvaluator) -> None:
    assert [TAGS[guo.words.look_up(token)[1]] for token in TOKENS] == [
        "DET",
        "NOUN",
        "Act_VIP",
        "Desc_VIP",
    ]
    vector, tag = guo.words.look_up("zebra/NOUN")
    assert TAGS[tag] == "OTHER"
    assert np.array_equal(vector, guo.words.look_up("unk/OTHER")[0])


def test_captions_without_parts_of_speech_are_refused(guo: GuoEvaluator) -> None:
    with pytest.raises(EvaluationError, match="has no tokens"):
        guo.encode_captions([Caption("he walks")])
    with pytest.raises(EvaluationError, match="tagged OTHER"):
        guo.encode_captions([Caption("he walks", tokens=("he/OTHER", "walk/OTHER"))])


def test_a_motion_of_another_width_is_refused(guo: GuoEvaluator) -> None:
    with pytest.raises(EvaluationError, match=r"shape \(40, 251\); allowed: \(T, 263\)"):
        guo.encode_clips([np.zeros((40, 251))])


class _Harmful:
    def __reduce__(self) -> tuple:
        return (print, ("run",))


def test_a_pickle_that_would_run_code_is_refused(
    files: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("our_vab_data.npy", "our_vab_words.pkl"):
        (tmp_path / name).write_bytes((files / name).read_bytes())
    (tmp_path / "our_vab_idx.pkl").write_bytes(pickle.dumps(_Harmful()))
    with pytest.raises(ModelFileError, match="our_vab_idx.pkl: .*builtins.print"):
        WordVectors.read(tmp_path)
    assert "run" not in capsys.readouterr().out


def test_word_files_that_do_not_fit_are_refused(files: Path, tmp_path: Path) -> None:
    for name in ("our_vab_words.pkl", "our_vab_idx.pkl"):
        (tmp_path / name).write_bytes((files / name).read_bytes())
    with pytest.raises(ModelFileError, match="our_vab_data.npy: no readable"):
        WordVectors.read(tmp_path)
    np.save(tmp_path / "our_vab_data.npy", np.zeros((2, 300)))
    with pytest.raises(ModelFileError, match="do not fit each other: 7 words"):
        WordVectors.read(tmp_path)


def test_a_checkpoint_of_other_parts_or_shapes_is_refused(files: Path, tmp_path: Path) -> None:
    torch.save({"model": {}}, tmp_path / "a.tar")
    with pytest.raises(ModelFileError, match="no 'movement_encoder' in it; it has: model"):
        GuoEvaluator.load(tmp_path / "a.tar", files, files)
    state = dict(torch.load(files / "finest.tar", weights_only=True))
    state["movement_encoder"] = {"main.0.weight": torch.zeros(3)}
    torch.save(state, tmp_path / "b.tar")
    with pytest.raises(ModelFileError, match="'movement_encoder' has other tensors"):
        GuoEvaluator.load(tmp_path / "b.tar", files, files)

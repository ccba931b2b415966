import pickle
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn.functional import conv1d, interpolate, relu

from motiongpt.errors import ModelFileError
from motiongpt.motion.statistics import Statistics
from motiongpt.tokenizer.import_checkpoint import import_checkpoint
from motiongpt.tokenizer.motion_tokenizer import MotionTokenizer

WIDTH, CODES, DIM = 16, 24, 12
Tensors = dict[str, Tensor]


def _published(n_features: int) -> Tensors:
    """Random tensors named and shaped like those of a published checkpoint."""
    generator = torch.Generator().manual_seed(0)
    shapes: dict[str, tuple[int, ...]] = {"quantizer.codebook": (CODES, DIM)}
    convolutions = {
        "encoder.model.0": (WIDTH, n_features, 3),
        "encoder.model.4": (DIM, WIDTH, 3),
        "decoder.model.0": (WIDTH, DIM, 3),
        "decoder.model.4": (WIDTH, WIDTH, 3),
        "decoder.model.6": (n_features, WIDTH, 3),
    }
    for stage in (2, 3):
        convolutions[f"encoder.model.{stage}.0"] = (WIDTH, WIDTH, 4)
        convolutions[f"decoder.model.{stage}.2"] = (WIDTH, WIDTH, 3)
        for stack in (f"encoder.model.{stage}.1", f"decoder.model.{stage}.0"):
            for block in range(3):
                convolutions[f"{stack}.model.{block}.conv1"] = (WIDTH, WIDTH, 3)
                convolutions[f"{stack}.model.{block}.conv2"] = (WIDTH, WIDTH, 1)
    for name, shape in convolutions.items():
        shapes[f"{name}.weight"], shapes[f"{name}.bias"] = shape, shape[:1]
    tensors = {
        f"vqvae.{name}": torch.randn(shape, generator=generator)
        * (1.5 / np.prod(shape[1:]) ** 0.5 if len(shape) > 1 else 0.05)
        for name, shape in shapes.items()
    }
    tensors["vqvae.quantizer.codebook"] *= 0.3  # so that the direction decides
    return tensors


def _conv(x: Tensor, tensors: Tensors, name: str, **options: int) -> Tensor:
    name = f"vqvae.{name}"
    return conv1d(x, tensors[f"{name}.weight"], tensors[f"{name}.bias"], **options)


def _stack(x: Tensor, tensors: Tensors, name: str) -> Tensor:
    for block, dilation in enumerate((9, 3, 1)):
        part = f"{name}.model.{block}"
        inner = _conv(relu(x), tensors, f"{part}.conv1", padding=dilation, dilation=dilation)
        x = x + _conv(relu(inner), tensors, f"{part}.conv2")
    return x


def _encode(features: Tensor, tensors: Tensors) -> Tensor:
    x = relu(_conv(features.T[None], tensors, "encoder.model.0", padding=1))
    for stage in (2, 3):
        x = _conv(x, tensors, f"encoder.model.{stage}.0", stride=2, padding=1)
        x = _stack(x, tensors, f"encoder.model.{stage}.1")
    latents = _conv(x, tensors, "encoder.model.4", padding=1)[0].T
    return torch.cdist(latents, tensors["vqvae.quantizer.codebook"]).argmin(dim=1)


def _decode(indices: Tensor, tensors: Tensors) -> Tensor:
    x = tensors["vqvae.quantizer.codebook"][indices].T[None]
    x = relu(_conv(x, tensors, "decoder.model.0", padding=1))
    for stage in (2, 3):
        x = _stack(x, tensors, f"decoder.model.{stage}.0")
        x = interpolate(x, scale_factor=2.0, mode="nearest")
        x = _conv(x, tensors, f"decoder.model.{stage}.2", padding=1)
    x = relu(_conv(x, tensors, "decoder.model.4", padding=1))
    return _conv(x, tensors, "decoder.model.6", padding=1)[0].T


def _statistics(width: int) -> Statistics:
    rng = np.random.default_rng(0)
    return Statistics(rng.normal(size=width), rng.uniform(0.5, 2, width))


@pytest.mark.parametrize("width", [263, 251])
def test_an_imported_checkpoint_computes_what_the_published_model_does(
    tmp_path: Path, width: int
) -> None:
    tensors = _published(width)
    assert len(tensors) == 67
    torch.save({"net": tensors}, tmp_path / "t2m.pth")
    import_checkpoint(tmp_path / "t2m.pth", _statistics(width)).save(tmp_path / "ours")
    tokenizer = MotionTokenizer.load(tmp_path / "ours")
    features = _statistics(width).denormalize(np.random.default_rng(1).normal(size=(80, width)))
    normalized = torch.from_numpy(_statistics(width).normalize(features)).float()
    indices = _encode(normalized, tensors)
    assert len(indices.unique()) > 5
    assert tokenizer.encode_features(features) == tuple(indices.tolist())
    expected = _statistics(width).denormalize(_decode(indices, tensors).double().numpy())
    assert np.abs(tokenizer.decode_features(indices.tolist()) - expected).max() < 1e-5


def _save(path: Path, content: object) -> Path:
    torch.save(content, path)
    return path


def _without(name: str) -> Tensors:
    return {key: value for key, value in _published(263).items() if key != name}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"model": {}}, "no tensors under 'net'; found: model"),
        ([1, 2], "holds a list; allowed: tensors by name"),
        ({"net": {"encoder.model.0.weight": torch.zeros(1)}}, r"no tensor of a VQ-VAE"),
        ({"net": _without("vqvae.quantizer.codebook")}, "codebook"),
        ({"net": _without("vqvae.decoder.model.4.bias")}, "decoder.model.4.bias"),
        ({"net": _published(260)}, "encodes 260 features"),
        ({"net": {"vqvae.a": torch.tensor(float("nan"))}}, "'vqvae.a' has a value that is not"),
    ],
)
def test_a_file_of_another_architecture_is_refused_with_its_name(
    tmp_path: Path, content: object, message: str
) -> None:
    path = _save(tmp_path / "other.pth", content)
    with pytest.raises(ModelFileError, match=message) as caught:
        import_checkpoint(path, _statistics(263))
    assert "other.pth" in str(caught.value)


class _Harmful:
    """Unpickling this would make a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple:
        return (Path.touch, (self.path,))


def test_a_pickle_is_refused_and_not_run(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    path = _save(tmp_path / "bad.pth", {"net": _Harmful(mark)})
    with pytest.raises(ModelFileError, match="bad.pth: refused, since it holds Python objects"):
        import_checkpoint(path, _statistics(263))
    plain = tmp_path / "plain.pkl"
    plain.write_bytes(pickle.dumps(_Harmful(mark)))
    with pytest.raises(ModelFileError, match="plain.pkl"):
        import_checkpoint(plain, _statistics(263))
    assert not mark.exists()


def test_missing_and_truncated_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match="none.pth: missing"):
        import_checkpoint(tmp_path / "none.pth", _statistics(263))
    path = _save(tmp_path / "cut.pth", {"net": _published(263)})
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(ModelFileError, match="cut.pth"):
        import_checkpoint(path, _statistics(263))


def test_statistics_of_another_dataset_are_refused(tmp_path: Path) -> None:
    path = _save(tmp_path / "t2m.pth", {"net": _published(263)})
    with pytest.raises(ModelFileError, match="statistics are of 251 features, the VQ-VAE of 263"):
        import_checkpoint(path, _statistics(251))

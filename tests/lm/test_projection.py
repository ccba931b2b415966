import numpy as np
import pytest
import torch

from motiongpt.errors import LanguageModelError
from motiongpt.lm.projection import (
    FloatProjection,
    HalfProjection,
    Projection,
    Shared,
    choose_projection,
)

HAS_HALF = choose_projection(None)[0] == "float16"
NEEDS_HALF = pytest.mark.skipif(not HAS_HALF, reason="this machine has no FBGEMM")
KINDS = [FloatProjection, pytest.param(HalfProjection, marks=NEEDS_HALF)]


def _weights(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(0))


def _project(projection: Projection, x: torch.Tensor, n_out: int) -> np.ndarray:
    y = Shared.empty(len(x), n_out)
    projection(Shared(x.numpy(), x), y)
    assert np.array_equal(y.array, y.tensor.numpy())
    return y.array


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("n", [1, 2, 13])
@pytest.mark.parametrize("with_bias", [False, True])
def test_a_projection_is_a_linear_layer(kind, n: int, with_bias: bool) -> None:
    weight, x = _weights(37, 50), _weights(n, 50)
    bias = _weights(37) if with_bias else None
    found = _project(kind(weight, bias), x, 37)
    expected = torch.nn.functional.linear(x, weight, bias).numpy()
    assert np.abs(found - expected).max() < (1e-5 if kind is FloatProjection else 1e-2)


@NEEDS_HALF
def test_half_precision_rounds_weights_but_not_activations() -> None:
    weight, x = _weights(37, 50), _weights(3, 50)
    found = _project(HalfProjection(weight), x, 37)
    rounded = torch.nn.functional.linear(x, weight.half().float()).numpy()
    assert np.abs(found - rounded).max() < 1e-5


@NEEDS_HALF
def test_weights_too_large_for_half_precision_are_refused() -> None:
    with pytest.raises(LanguageModelError, match="a weight of 7e.04 is too large .* float32"):
        HalfProjection(torch.tensor([[1.0, -70000.0]]))


@NEEDS_HALF
def test_weights_that_are_no_numbers_are_refused() -> None:
    with pytest.raises(LanguageModelError, match="weights are not finite"):
        HalfProjection(torch.tensor([[1.0, torch.nan]]))


def test_precisions_are_named_when_another_is_asked_for() -> None:
    with pytest.raises(LanguageModelError, match="'int3'; allowed: float32, float16"):
        choose_projection("int3")  # type: ignore[arg-type]


def test_without_fbgemm_float32_is_taken_and_float16_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delattr(torch, "fbgemm_pack_gemm_matrix_fp16")
    assert choose_projection(None) == ("float32", FloatProjection)
    with pytest.raises(LanguageModelError, match="needs torch's FBGEMM .*; allowed: float32"):
        choose_projection("float16")


@NEEDS_HALF
def test_torch_warns_of_nothing(recwarn: pytest.WarningsRecorder) -> None:
    _, kind = choose_projection("float16")
    _project(kind(_weights(3, 4), None), torch.ones(1, 4), 3)
    assert not recwarn.list

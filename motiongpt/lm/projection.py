"""Matrix products on the CPU, which one token's time is made of: each reads all weights once.

Weights of half the size are read in half the time. FBGEMM, which comes with torch on x86, keeps
them in float16 and computes in float32.
"""

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import torch
from torch import Tensor

from motiongpt.errors import LanguageModelError

Precision = Literal["float32", "float16"]
"""How weights are kept; activations are float32."""


@dataclass(frozen=True)
class Shared:
    """The same float32 numbers as an array and as a tensor."""

    array: np.ndarray
    tensor: Tensor

    @classmethod
    def empty(cls, *shape: int) -> "Shared":
        """Make room for an array of a shape."""
        array = np.empty(shape, np.float32)
        return cls(array, torch.from_numpy(array))


Projection = Callable[[Shared, Shared], None]
"""From (n, width), written into (n, out)."""

_LARGEST_HALF = 65504.0


class FloatProjection:
    """Weights in float32, multiplied by NumPy."""

    def __init__(self, weight: Tensor, bias: Tensor | None = None) -> None:
        """Keep a copy of weight (out, width) and bias (out,)."""
        self._weight = weight.float().T.contiguous().numpy()
        self._bias = None if bias is None else bias.float().numpy()

    def __call__(self, x: Shared, y: Shared) -> None:
        """Project (n, width) into (n, out)."""
        np.matmul(x.array, self._weight, out=y.array)
        if self._bias is not None:
            np.add(y.array, self._bias, out=y.array)


class HalfProjection:
    """Weights in float16, multiplied by FBGEMM."""

    def __init__(self, weight: Tensor, bias: Tensor | None = None) -> None:
        """Keep a packed copy of weight (out, width) and bias (out,).

        Raises:
            LanguageModelError: if a weight is not finite or too large for float16.
        """
        largest = float(weight.abs().max())
        if np.isnan(largest):
            raise LanguageModelError("the model's weights are not finite")
        if largest > _LARGEST_HALF:
            raise LanguageModelError(
                f"a weight of {largest:.4g} is too large for float16; "
                f"allowed: up to {_LARGEST_HALF:.0f}, or precision float32"
            )
        with _quietly():
            self._packed = torch.fbgemm_pack_gemm_matrix_fp16(weight.float().contiguous())
        self._bias = None if bias is None else bias.float()

    def __call__(self, x: Shared, y: Shared) -> None:
        """Project (n, width) into (n, out)."""
        torch.fbgemm_linear_fp16_weight_fp32_activation(
            x.tensor, self._packed, self._bias, output=y.tensor
        )


def choose_projection(
    precision: Precision | None,
) -> tuple[Precision, Callable[[Tensor, Tensor | None], Projection]]:
    """The kind of projection for a precision.

    Args:
        precision: None takes float16 where this machine has FBGEMM, else float32.

    Raises:
        LanguageModelError: if there is no such precision, or this machine cannot do it.
    """
    if precision is not None and precision not in get_args(Precision):
        raise LanguageModelError(
            f"precision is '{precision}'; allowed: {', '.join(get_args(Precision))}"
        )
    problem = None if precision == "float32" else _problem_of_half()
    if precision == "float16" and problem:
        raise LanguageModelError(
            f"precision float16 needs torch's FBGEMM ({problem}); allowed: float32"
        )
    if precision == "float32" or problem:
        return "float32", FloatProjection
    return "float16", HalfProjection


def _problem_of_half() -> str | None:
    """Why FBGEMM cannot be used here; None if it can."""
    try:
        with _quietly():
            HalfProjection(torch.ones(1, 1))(Shared.empty(1, 1), Shared.empty(1, 1))
    except (AttributeError, RuntimeError, TypeError) as error:
        return str(error).splitlines()[0]
    return None


@contextmanager
def _quietly() -> Iterator[None]:
    """Silence torch's word, said once, that these functions may leave it some day.

    Then float32 is taken instead, see `choose_projection`.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "fbgemm_.* is deprecated")
        yield

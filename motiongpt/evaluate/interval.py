"""A mean over repeats, with its 95% interval."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

NORMAL_95 = 1.96
"""Standard errors on either side of a mean that hold it in 95 of 100 cases, as in the field."""


@dataclass(frozen=True)
class Estimate:
    """A mean over repeats.

    Attributes:
        mean: of the repeats that gave a number; NaN if none did.
        interval: half the width of the 95% interval; 0 for a single repeat.
    """

    mean: float
    interval: float = 0.0

    @classmethod
    def of(cls, values: Sequence[float]) -> "Estimate":
        """Summarize repeats; those that are NaN do not count."""
        known = np.array([v for v in values if np.isfinite(v)], dtype=np.float64)
        if len(known) == 0:
            return cls(float("nan"))
        error = float(known.std() / np.sqrt(len(known))) if len(known) > 1 else 0.0
        return cls(float(known.mean()), NORMAL_95 * error)

    def show(self, digits: int = 3) -> str:
        """As "0.512 ±0.004"; "-" where there is no number."""
        if not np.isfinite(self.mean):
            return "-"
        if self.interval == 0:
            return f"{self.mean:.{digits}f}"
        return f"{self.mean:.{digits}f} ±{self.interval:.{digits}f}"

import math

import numpy as np
import pytest

from motiongpt.evaluate.interval import Estimate


def test_the_interval_shrinks_with_the_root_of_the_repeats() -> None:
    values = [1.0, 3.0] * 10
    estimate = Estimate.of(values)
    assert estimate.mean == 2
    assert estimate.interval == pytest.approx(1.96 / np.sqrt(20))
    assert Estimate.of(values * 4).interval == pytest.approx(estimate.interval / 2)


def test_repeats_without_a_number_do_not_count() -> None:
    assert Estimate.of([math.nan, 2.0]).mean == 2
    assert Estimate.of([math.nan]).show() == "-"


def test_an_estimate_is_shown_with_its_interval() -> None:
    assert Estimate(0.5, 0.01234).show() == "0.500 ±0.012"
    assert Estimate.of([0.25]).show(2) == "0.25"

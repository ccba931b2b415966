from pathlib import Path

import cv2
import numpy as np
import pytest

from motiongpt.evaluate.curves import SHOWN, CurveOptions, Curves, measure_curves
from motiongpt.evaluate.plots import draw_plots
from motiongpt.evaluate.run import Evaluation


@pytest.fixture(scope="module")
def curves(evaluation: Evaluation) -> Curves:
    return measure_curves(evaluation, CurveOptions((0.0, 1.0), (1.0, 3.0), (1.0, 2.0)))


def test_every_point_of_every_curve_has_a_number(curves: Curves) -> None:
    assert [curve.values for curve in curves.curves] == [(0.0, 1.0), (1.0, 3.0), (1.0, 2.0)]
    for curve in curves.curves:
        assert set(curve.scores) == set(SHOWN)
        assert all(np.isfinite(values).all() for values in curve.scores.values())


def test_more_temperature_gives_no_fewer_different_motions(curves: Curves) -> None:
    greedy, warm = curves.curves[0].scores["unique"]
    assert greedy <= warm == 1.0


def test_shares_of_tokens_sum_to_one(curves: Curves) -> None:
    assert curves.real_use.shape == curves.model_use.shape == (16,)
    assert curves.real_use.sum() == pytest.approx(1) == curves.model_use.sum()


def test_each_curve_and_the_tokens_become_a_picture(curves: Curves, tmp_path: Path) -> None:
    files = draw_plots(curves, tmp_path)
    assert [file.name for file in files] == [
        "curve_temperature.png",
        "curve_guidance.png",
        "curve_wanted_length.png",
        "tokens.png",
    ]
    for file in files:
        assert np.ptp(cv2.imread(str(file))) > 100

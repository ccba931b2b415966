import numpy as np
import pytest

from motiongpt.view.chart import COLOURS, Panel, draw_grid, draw_panel, nice_range


def _where(picture: np.ndarray, colour: tuple[int, int, int]) -> np.ndarray:
    return np.argwhere((picture == colour).all(axis=-1))


def test_a_rising_line_rises() -> None:
    places = _where(draw_panel(Panel("t", "x", (0, 1, 2), {"y": (0, 1, 5)})), COLOURS[0])
    left, right = places[places[:, 1].argmin()], places[places[:, 1].argmax()]
    assert left[0] > right[0] + 100


def test_each_series_has_its_colour_and_gaps_stay_gaps() -> None:
    picture = draw_panel(Panel("t", "x", (0, 1, 2), {"a": (1, 2, 3), "b": (3, np.nan, 1)}))
    assert len(_where(picture, COLOURS[0])) > 50 and len(_where(picture, COLOURS[1])) > 50
    empty = draw_panel(Panel("t", "x", (0, 1), {"a": (np.nan, np.nan)}))
    assert len(_where(empty, COLOURS[0])) == 0


def test_bars_stand_on_the_axis() -> None:
    bars = draw_panel(Panel("t", "x", (0, 1, 2), {"y": (1, 2, 4)}, bars=True))
    places = _where(bars, COLOURS[0])
    assert len({int(places[places[:, 1] == x][:, 0].max()) for x in np.unique(places[:, 1])}) == 1


@pytest.mark.parametrize(("values", "low"), [((1.0, 5.0), 0.0), ((-3.0, 4.0), -3.42)])
def test_a_range_holds_its_values_and_zero_where_that_is_near(
    values: tuple[float, float], low: float
) -> None:
    found = nice_range(np.array(values))
    assert found[0] == pytest.approx(low) and found[1] > values[1]


def test_a_single_value_has_a_range() -> None:
    low, high = nice_range(np.array([2.0]))
    assert low < 2.0 < high


def test_panels_fill_rows_and_the_last_is_made_full() -> None:
    panels = [Panel(str(i), "x", (0, 1), {"y": (0, 1)}) for i in range(4)]
    assert draw_grid(panels, 3, (100, 80)).shape == (160, 300, 3)

"""Curves and the use of motion tokens as pictures."""

from pathlib import Path

import numpy as np

from motiongpt.evaluate.curves import Curve, Curves
from motiongpt.view.chart import Panel, draw_grid
from motiongpt.view.video import write_picture

TITLES = {
    "r1": "R@1",
    "r3": "R@3",
    "fid": "FID",
    "diversity": "Diversity",
    "unique": "share of unique motions",
    "skate": "foot skate [cm/s]",
}


def draw_plots(curves: Curves, folder: Path) -> list[Path]:
    """Write a picture for each thing that was varied, and one of the tokens' use.

    Returns:
        The files: `curve_<name>.png` and `tokens.png`.

    Raises:
        RenderError: if a file cannot be written.
    """
    files = []
    for curve in curves.curves:
        file = folder / f"curve_{curve.name.split(' [')[0].replace(' ', '_')}.png"
        write_picture(file, draw_grid(_panels(curve), 3))
        files.append(file)
    files.append(folder / "tokens.png")
    write_picture(files[-1], draw_grid(_token_panels(curves), 1, (1000, 280)))
    return files


def _panels(curve: Curve) -> list[Panel]:
    return [
        Panel(TITLES[metric], curve.name, curve.values, {"model": values})
        for metric, values in curve.scores.items()
    ]


def _token_panels(curves: Curves) -> list[Panel]:
    """Shares of both, tokens in the order of the real clips' use."""
    order = np.argsort(-curves.real_use, kind="stable")
    rank = list(range(len(order)))
    return [
        Panel(title, "motion tokens, most used in real clips first", rank, {title: use}, bars=True)
        for title, use in (
            (f"real clips: {_used(curves.real_use)}", curves.real_use[order].tolist()),
            (f"model: {_used(curves.model_use)}", curves.model_use[order].tolist()),
        )
    ]


def _used(use: np.ndarray) -> str:
    known = use[use > 0]
    perplexity = np.exp(-(known * np.log(known)).sum())
    return f"{len(known)} of {len(use)} used, perplexity {perplexity:.0f}"

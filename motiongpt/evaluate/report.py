"""What an evaluation found: for the terminal, as JSON and as Markdown."""

import json
import math
from dataclasses import dataclass
from pathlib import Path

from rich.table import Table

from motiongpt.evaluate.interval import Estimate


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes:
        metric: whose values it has.
        title: what stands above it, with its unit.
        digits: after the point.
    """

    metric: str
    title: str
    digits: int = 3


MATCHING = (
    Column("r1", "R@1"),
    Column("r2", "R@2"),
    Column("r3", "R@3"),
    Column("fid", "FID"),
    Column("mm_dist", "MM-Dist"),
    Column("diversity", "Diversity"),
    Column("multimodality", "MultiModality"),
)
"""Does it fit the text, and is it distributed as real motion is?"""

CONTROL = (
    Column("recon_initial", "Recon initial [mm]", 1),
    Column("vel_initial", "Vel initial [mm/s]", 0),
    Column("recon_last", "Recon last [mm]", 1),
    Column("vel_last", "Vel last [mm/s]", 0),
    Column("recon_keys", "Recon keys [mm]", 1),
    Column("vel_keys", "Vel keys [mm/s]", 0),
)
"""Does it pass through the poses of the real clip?"""

QUALITY = (
    Column("mpjpe", "MPJPE [mm]", 1),
    Column("skate", "skate [cm/s]", 1),
    Column("penetration", "penetration [mm]", 1),
    Column("jitter", "jitter [mm/frame³]", 2),
    Column("unique", "unique", 2),
    Column("length_error", "length error [s]", 2),
    Column("refused", "refused", 2),
)
"""Is it physically clean, varied and of the right length?"""

TABLES = {
    "Text and distribution": MATCHING,
    "Pose control": CONTROL,
    "Motion quality": QUALITY,
}

ORDER = ("ground truth", "VQ reconstruction")
LAST = ("shuffled text", "nearest caption", "constant pose")


@dataclass(frozen=True)
class Report:
    """Means of all rows.

    Attributes:
        rows: values by row and metric.
        settings: what they were measured with.
    """

    rows: dict[str, dict[str, Estimate]]
    settings: dict[str, str | int | float]

    @property
    def names(self) -> tuple[str, ...]:
        """Rows in the order of the tables: real, model and peers, baselines."""
        middle = sorted(name for name in self.rows if name not in (*ORDER, *LAST))
        middle.sort(key=lambda name: (not name.startswith("model"), len(name)))
        return tuple(name for name in (*ORDER, *middle, *LAST) if name in self.rows)

    def cells(self, columns: tuple[Column, ...]) -> list[list[str]]:
        """Rows of texts, without those that have no value in any column."""
        lines = []
        for name in self.names:
            shown = [
                self.rows[name].get(c.metric, Estimate(math.nan)).show(c.digits) for c in columns
            ]
            if set(shown) != {"-"}:
                lines.append([name, *shown])
        return lines

    def tables(self) -> list[Table]:
        """Tables for the terminal."""
        tables = []
        for title, columns in TABLES.items():
            table = Table("", *(column.title for column in columns), title=title)
            for line in self.cells(columns):
                table.add_row(*line)
            tables.append(table)
        return tables

    def markdown(self) -> str:
        """The same tables in Markdown, under what they were measured with."""
        parts = [", ".join(f"{name}: {value}" for name, value in self.settings.items()), ""]
        for title, columns in TABLES.items():
            parts += [f"## {title}", "", f"| | {' | '.join(c.title for c in columns)} |"]
            parts += ["|---" * (len(columns) + 1) + "|"]
            parts += [f"| {' | '.join(line)} |" for line in self.cells(columns)] + [""]
        return "\n".join(parts)

    def as_json(self) -> str:
        """All values with their intervals; null where there is no number."""
        rows = {
            name: {
                metric: {"mean": _number(value.mean), "interval_95": _number(value.interval)}
                for metric, value in metrics.items()
            }
            for name, metrics in self.rows.items()
        }
        return json.dumps({"settings": self.settings, "rows": rows}, indent=2) + "\n"

    def write(self, folder: Path) -> None:
        """Write `evaluation.json` and `evaluation.md`."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "evaluation.json").write_text(self.as_json(), encoding="utf-8")
        (folder / "evaluation.md").write_text(self.markdown() + "\n", encoding="utf-8")


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None

"""`motiongpt prepare`."""

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import tyro

from motiongpt.cli.console import console, progress
from motiongpt.motion.prepare import Preparation, prepare


@dataclass(frozen=True)
class Source:
    """A dataset and where its features go."""

    data: Path
    """Dataset in HumanML3D's or KIT-ML's layout."""

    prepared: Path = Path("runs/prepared")
    """Folder of the features, Mean.npy and Std.npy; what is there already is kept."""

    exclude: tuple[str, ...] = ()
    """Beginnings of the ids of clips to leave out, such as bn1_ bn2_."""

    workers: int = field(default_factory=lambda: os.cpu_count() or 1)
    """Processes that prepare clips."""

    published_turns: bool = False
    """Keep the originals' change of sign where the heading passes through 180 degrees."""

    def prepare(self) -> Preparation:
        """Prepare what is missing, and say of each rejected clip why."""
        with progress("preparing clips") as count:
            result = prepare(
                self.data,
                self.prepared,
                workers=self.workers,
                on_progress=count,
                exclude=self.exclude,
                published_turns=self.published_turns,
            )
        for clip_id, reason in result.rejected.items():
            console.print(
                f"rejected {clip_id}: {reason}", highlight=False, markup=False, soft_wrap=True
            )
        return result


@dataclass(frozen=True)
class Prepare:
    """Compute the features of a dataset, or check those it has."""

    data: Annotated[Path, tyro.conf.Positional]
    """Folder with texts/, train.txt, val.txt and either joints/ and skeleton.json (positions) or
    new_joint_vecs/ (features, as HumanML3D and KIT-ML are handed on)."""

    output: Path = Source.prepared
    """Folder to write features, Mean.npy and Std.npy to."""

    exclude: tuple[str, ...] = Source.exclude
    """Beginnings of the ids of clips to leave out, such as bn1_ bn2_."""

    workers: int = field(default_factory=lambda: os.cpu_count() or 1)
    """Processes."""

    published_turns: bool = Source.published_turns
    """Keep the originals' change of sign where the heading passes through 180 degrees."""

    def run(self) -> int:
        """Prepare, and say of each rejected clip why."""
        source = Source(self.data, self.output, self.exclude, self.workers, self.published_turns)
        result = source.prepare()
        for split, ids in result.ready.items():
            print(f"{split}: {len(ids)} clips ready in {self.output}")
        whose = "the dataset's own" if result.own_statistics else "computed from the first split"
        print(f"Mean.npy and Std.npy: {whose}")
        return 0

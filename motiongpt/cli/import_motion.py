"""`motiongpt import`."""

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import tyro

from motiongpt.cli.console import console, progress
from motiongpt.motion.sources import Imported, import_folder


@dataclass(frozen=True)
class Import:
    """Turn BVH, AMASS (.npz) and C3D files into a dataset in HumanML3D's raw layout.

    Clips that are in the dataset already are skipped, so a killed import goes on where it was.
    """

    paths: Annotated[tuple[Path, ...], tyro.conf.Positional]
    """Motion files, or folders that are searched to the bottom."""

    output: Path = Path("runs/data")
    """Dataset folder: joints/, texts/, <split>.txt and skeleton.json are written there."""

    map: str | None = None
    """Joint map: a shipped name (bandai_namco, cmu, cmu_3dsmax, cmu_daz, humanml3d, lafan1,
    mixamo, plug_in_gait) or a path of a .yaml; recognised by joint names if it is not given."""

    body_model: Path | None = None
    """For AMASS: your SMPL, SMPL-H or SMPL-X model as a pickle-free .npz, or a folder with one
    for each gender."""

    split: str = "train"
    """Split that the clips are added to."""

    captions: Path | None = None
    """Captions: .csv or .jsonl with id and caption (and start, end in seconds). A clip that is
    not in it takes those of the .txt beside its file."""

    caption_from_name: bool = False
    """Make a caption of the file name where there is none."""

    workers: int = field(default_factory=lambda: os.cpu_count() or 1)
    """Processes."""

    def run(self) -> int:
        """Import, and say of each rejected file why.

        Returns:
            Exit status: 1 if nothing is in the dataset of what was given, else 0.
        """
        with progress("importing clips") as count:
            result = import_folder(
                self.paths,
                self.output,
                map=self.map,
                body_model=self.body_model,
                split=self.split,
                captions=self.captions,
                caption_from_name=self.caption_from_name,
                workers=max(self.workers, 1),
                on_progress=count,
            )
        self._report(result)
        return 0 if result.written or result.skipped else 1

    def _report(self, result: Imported) -> None:
        for reason in result.rejected.values():
            console.print(f"rejected {reason}", highlight=False, markup=False, soft_wrap=True)
        print(
            f"{len(result.written)} clips written to {self.output}, "
            f"{len(result.skipped)} were there, {len(result.rejected)} rejected"
        )
        if result.without_caption:
            print(
                f"{len(result.without_caption)} clips have no caption, such as "
                f"{result.without_caption[0]}: give --captions, a .txt beside the file, or "
                f"--caption-from-name"
            )

"""Run all benchmarks on one core: `python -m benchmarks [--data DIR]`."""

import platform
import sys
from dataclasses import dataclass
from pathlib import Path

import torch
import tyro

from benchmarks import features, language_model, node, node_answers, retarget, tokenizer
from benchmarks.clips import generated_clips, real_clips
from benchmarks.timing import table


@dataclass(frozen=True)
class Bench:
    """Measure speed on one core and print tables."""

    data: Path | None = None
    """Dataset whose validation clips are used; without it, clips that the shipped model makes."""

    answers: bool = False
    """Instead, how soon the node answers beside a model that is as wide as one of 7B, and how it
    ends in 50 starts: 10 minutes and 4 GB of memory."""

    def run(self) -> int:
        """Measure and print."""
        torch.set_num_threads(1)
        print(f"Machine: {_processor()}, one core, torch {torch.__version__}\n")
        if self.answers:
            print(table("Node, whatever it does", node_answers.measure()))
            return 0
        clips = real_clips(self.data) if self.data else generated_clips()
        print(f"Clips: {len(clips)}, {sum(map(len, clips))} frames\n")
        print(table("Features", features.measure(clips)))
        print(table("Tokenizer (default model)", tokenizer.measure(clips)))
        print(table("Retargeting (Unitree G1, self-collision on)", retarget.measure(clips)))
        print(table("Language model (default model)", language_model.measure()))
        print(table("Node, from a command (default model)", node.measure()))
        return 0


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.is_file():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


if __name__ == "__main__":
    sys.exit(tyro.cli(Bench, description=__doc__).run())

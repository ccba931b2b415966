"""`motiongpt check`."""

from dataclasses import dataclass

from rich.console import Console

from motiongpt.check.commands import COMMANDS
from motiongpt.check.report import run_check
from motiongpt.cli.console import progress
from motiongpt.lm.decoding import Sampling
from motiongpt.motion.motion import Motion
from motiongpt.pipeline import MotionGPT


@dataclass(frozen=True)
class Check:
    """Give twelve commands to a model and check by geometry that it does them."""

    model: str = "default"
    """Name of a shipped model, or its folder."""

    seeds: int = 1
    """How often each command is given, with seeds 0, 1, ..."""

    temperature: float = Sampling.temperature
    """Sampling temperature."""

    least: int = 10
    """Exit with an error if fewer motions than this share of twelve are right."""

    def run(self) -> int:
        """Check and print the table."""
        model = MotionGPT.load(self.model)

        def generate(text: str, seed: int) -> Motion:
            sampling = Sampling(temperature=self.temperature, seed=seed)
            return model.generate(text, sampling=sampling).motion

        with progress("commands") as count:
            total, done = self.seeds * len(COMMANDS), iter(range(1, 10**6))
            report = run_check(
                generate, range(self.seeds), on_result=lambda _: count(next(done), total)
            )
        Console().print(report.table())
        return 0 if report.n_right * len(COMMANDS) >= self.least * report.n_total else 1

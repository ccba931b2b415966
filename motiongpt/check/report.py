"""Give commands to a model, judge what it does, and report."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rich.table import Table

from motiongpt.check.commands import COMMANDS, Command
from motiongpt.check.judge import Action, describe, judge
from motiongpt.check.kinematics import Kinematics, measure
from motiongpt.motion.motion import Motion


@dataclass(frozen=True)
class CheckResult:
    """One command, given once.

    Attributes:
        command: what was said and asked for.
        seed: of the sampling.
        seen: what was measured.
        action: what it was judged to be.
    """

    command: Command
    seed: int
    seen: Kinematics
    action: Action

    @property
    def right(self) -> bool:
        """Whether the motion is the one asked for."""
        return self.action is self.command.action


@dataclass(frozen=True)
class CheckReport:
    """All commands, each given once a seed.

    Attributes:
        results: in the order of commands, then of seeds.
    """

    results: tuple[CheckResult, ...]

    @property
    def n_right(self) -> int:
        """How many motions were the ones asked for."""
        return sum(result.right for result in self.results)

    @property
    def n_total(self) -> int:
        """How many motions were judged."""
        return len(self.results)

    def table(self) -> Table:
        """A table to print, one row a command; measured numbers of its first seed."""
        table = Table("command", "asked for", "seen (first seed)", "measured", "right")
        for command in dict.fromkeys(result.command for result in self.results):
            rows = [result for result in self.results if result.command is command]
            n_right = sum(row.right for row in rows)
            style = "green" if n_right == len(rows) else "yellow" if n_right else "red"
            table.add_row(
                command.text,
                command.action.value,
                rows[0].action.value,
                describe(rows[0].seen),
                f"{n_right}/{len(rows)}",
                style=style,
            )
        table.add_section()
        table.add_row("all", "", "", "", f"{self.n_right}/{self.n_total}")
        return table


def run_check(
    generate: Callable[[str, int], Motion],
    seeds: Sequence[int] = (0,),
    commands: Sequence[Command] = COMMANDS,
    on_result: Callable[[CheckResult], None] | None = None,
) -> CheckReport:
    """Give each command once a seed and judge the motions.

    Args:
        generate: makes the motion for a text and a seed.
        seeds: of the sampling.
        commands: what to say.
        on_result: called after each motion.
    """
    results = []
    for command in commands:
        for seed in seeds:
            seen = measure(generate(command.text, seed))
            results.append(CheckResult(command, seed, seen, judge(seen)))
            if on_result is not None:
                on_result(results[-1])
    return CheckReport(tuple(results))

"""Give commands to a model, judge what it does, and report."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rich.box import SIMPLE_HEAD
from rich.table import Table

from motiongpt.check.commands import COMMANDS, Command
from motiongpt.check.judge import Action, describe, judge, other_side
from motiongpt.motion.kinematics import Kinematics, measure
from motiongpt.motion.motion import Motion


@dataclass(frozen=True)
class CheckResult:
    """One command, given once.

    Attributes:
        command: what was said and asked for.
        seed: of the sampling.
        seen: what was measured; None if the command was refused.
        action: what it was judged to be.
    """

    command: Command
    seed: int
    seen: Kinematics | None
    action: Action

    @property
    def right(self) -> bool:
        """Whether the motion is the one asked for, done as asked."""
        if self.action is not self.command.action:
            return False
        return self.seen is None or self.command.bounds.hold(self.seen)

    @property
    def confused(self) -> bool:
        """Whether it is the asked one with left and right swapped."""
        return self.action is other_side(self.command.action)

    @property
    def description(self) -> str:
        """What was measured, in a line."""
        return "refused" if self.seen is None else describe(self.seen)


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

    @property
    def n_confused(self) -> int:
        """How many motions were the asked ones with left and right swapped."""
        return sum(result.confused for result in self.results)

    def confusion(self) -> Table:
        """A table of how often each action was seen for each that was asked for.

        Columns are numbered as the rows are, so that the table is narrow.
        """
        pairs = Counter((result.command.action, result.action) for result in self.results)
        shown = [a for a in Action if any(a in pair for pair in pairs)]
        numbers = {action: str(n) for n, action in enumerate(shown, start=1)}
        table = Table("seen as:", *numbers.values(), "as asked", box=SIMPLE_HEAD)
        for asked in shown:
            rows = [result for result in self.results if result.command.action is asked]
            counts = [str(pairs[asked, action] or "") for action in shown]
            right = f"{sum(row.right for row in rows)}/{len(rows)}" if rows else ""
            table.add_row(f"{numbers[asked]} {asked.value}", *counts, right)
        return table

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
                rows[0].description,
                f"{n_right}/{len(rows)}",
                style=style,
            )
        table.add_section()
        table.add_row("all", "", "", "", f"{self.n_right}/{self.n_total}")
        return table


def run_check(
    generate: Callable[[str, int], Motion | None],
    seeds: Sequence[int] = (0,),
    commands: Sequence[Command] = COMMANDS,
    on_result: Callable[[CheckResult], None] | None = None,
) -> CheckReport:
    """Give each command once a seed and judge the motions.

    Args:
        generate: makes the motion for a text and a seed; None if it refuses the text.
        seeds: of the sampling.
        commands: what to say.
        on_result: called after each motion.
    """
    results = []
    for command in commands:
        for seed in seeds:
            motion = generate(command.text, seed)
            seen = None if motion is None else measure(motion)
            action = Action.REFUSED if seen is None else judge(seen)
            results.append(CheckResult(command, seed, seen, action))
            if on_result is not None:
                on_result(results[-1])
    return CheckReport(tuple(results))

"""The command line: `motiongpt import | prepare | train | evaluate | check | ...`."""

import logging
from typing import Annotated

import tyro

from motiongpt.cli.check import Check
from motiongpt.cli.console import ConsoleHandler, console
from motiongpt.cli.data import Prepare
from motiongpt.cli.evaluate import Evaluate
from motiongpt.cli.import_motion import Import
from motiongpt.cli.published import ImportAdapter, ImportCheckpoint
from motiongpt.cli.retarget import Retarget
from motiongpt.cli.robots import Robots
from motiongpt.cli.simulate import Simulate
from motiongpt.cli.tokenizer import CompareQuantizers, EvaluateTokenizer
from motiongpt.cli.train import Train
from motiongpt.errors import MotionGPTError

Command = (
    Annotated[Import, tyro.conf.subcommand("import")]
    | Annotated[Prepare, tyro.conf.subcommand("prepare")]
    | Annotated[Train, tyro.conf.subcommand("train")]
    | Annotated[ImportCheckpoint, tyro.conf.subcommand("import-checkpoint")]
    | Annotated[ImportAdapter, tyro.conf.subcommand("import-adapter")]
    | Annotated[EvaluateTokenizer, tyro.conf.subcommand("evaluate-tokenizer")]
    | Annotated[Evaluate, tyro.conf.subcommand("evaluate")]
    | Annotated[CompareQuantizers, tyro.conf.subcommand("compare-quantizers")]
    | Annotated[Check, tyro.conf.subcommand("check")]
    | Annotated[Retarget, tyro.conf.subcommand("retarget")]
    | Annotated[Simulate, tyro.conf.subcommand("simulate")]
    | Annotated[Robots, tyro.conf.subcommand("robots")]
)


def main(arguments: list[str] | None = None) -> int:
    """Run the command line.

    Returns:
        Exit status: 0 for success, 1 for an error that was reported on standard error.
    """
    logging.basicConfig(level=logging.INFO, format="%(message)s", handlers=[ConsoleHandler()])
    command = tyro.cli(
        Command,  # type: ignore[arg-type]
        args=arguments,
        prog="motiongpt",
        description="Data, training and checks of MotionGPT for ROS 2.",
        config=(tyro.conf.OmitSubcommandPrefixes,),
    )
    try:
        return command.run()
    except MotionGPTError as error:
        message = f"error: {error}"
        console.print(message, style="red", highlight=False, markup=False, soft_wrap=True)
        return 1

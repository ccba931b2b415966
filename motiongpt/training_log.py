"""What a training run writes down: JSON lines, TensorBoard's scalars, and the log."""

import json
import logging
from pathlib import Path

logger = logging.getLogger(__name__)
Record = dict[str, float]


class TrainingLog:
    """Scores of one training run."""

    def __init__(self, folder: Path, name: str, message: str) -> None:
        """Write to `folder/<name>.jsonl` and `folder/tensorboard`.

        Args:
            folder: where.
            name: of what is trained; before the scalars' names.
            message: for the log, with the record's names to fill in.
        """
        from torch.utils.tensorboard import SummaryWriter  # takes seconds to import

        self._path, self._name, self._message = folder / f"{name}.jsonl", name, message
        self._board = SummaryWriter(str(folder / "tensorboard"))

    def write(self, record: Record) -> None:
        """Write one record; its step stands in it."""
        logger.info(self._message, record)
        with self._path.open("a") as file:
            file.write(json.dumps(record) + "\n")
        for name, value in record.items():
            if name != "step":
                self._board.add_scalar(f"{self._name}/{name}", value, int(record["step"]))
        self._board.flush()

    def close(self) -> None:
        """Close TensorBoard's file."""
        self._board.close()

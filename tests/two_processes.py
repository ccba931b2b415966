"""Starting a test's own file in two processes, as torchrun does."""

import os
import subprocess
import sys
from pathlib import Path


def run_in_two(module: str, folder: Path) -> Path:
    """Run a module in two processes on the CPU, which get a folder, and wait for them."""
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    command += ["--nproc-per-node", "2", "-m", module, str(folder)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "ACCELERATE_USE_CPU": "true"}
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    return folder

"""Packages of interfaces that tests build from wheels, beside those of `make test`."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
INTERFACES = Path(os.environ.get("INTERFACES", ROOT / ".interfaces"))
LACKING = [tool for tool in ("cmake", "g++") if shutil.which(tool) is None]

needs_compiler = pytest.mark.skipif(
    bool(LACKING), reason=f"building interfaces needs {' and '.join(LACKING)}"
)


def environment_with(package: Path | None = None) -> dict[str, str]:
    """Variables of a process that finds a package, built now if need be.

    Args:
        package: its folder; None is motiongpt_interfaces.
    """
    given = {**os.environ, "INTERFACES": str(INTERFACES), "PYTHON": sys.executable}
    place = INTERFACES
    if package is not None:
        given["PACKAGE"] = str(package.relative_to(ROOT))
        place = INTERFACES / package.name
    built = subprocess.run(
        [ROOT / "scripts" / "build-interfaces"], env=given, capture_output=True, text=True
    )
    assert built.returncode == 0, built.stdout + built.stderr
    [site] = (place / "install" / "lib").glob("python3*/site-packages")
    paths = [site, ROOT, ROOT / "ros2_ws" / "src" / "motiongpt_ros"]
    libraries = [str(place / "install" / "lib"), os.environ.get("LD_LIBRARY_PATH", "")]
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(map(str, paths)),
        "LD_LIBRARY_PATH": os.pathsep.join(filter(None, libraries)),
    }

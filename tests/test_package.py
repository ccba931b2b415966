import ast
import importlib
import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import motiongpt

ROOT = Path(__file__).parents[1]


def _entry_points() -> dict[str, str]:
    text = (ROOT / "setup.py").read_text()
    return dict(re.findall(r'"(\w+) = ([\w.]+:\w+)"', text))


def test_every_file_gives_the_same_version_and_licence() -> None:
    package = ElementTree.parse(ROOT / "package.xml").getroot()
    interfaces = ROOT / "ros2_ws" / "src" / "motiongpt_interfaces" / "package.xml"
    assert ElementTree.parse(interfaces).findtext("version") == motiongpt.__version__
    assert package.findtext("version") == motiongpt.__version__
    assert package.findtext("license") == "Apache-2.0"
    assert 'license="Apache-2.0"' in (ROOT / "setup.py").read_text()
    assert "Apache License" in (ROOT / "LICENSE").read_text()


def test_every_entry_point_can_be_called() -> None:
    points = _entry_points()
    assert {"motiongpt", "motiongpt_node", "motiongpt_sim", "motiongpt_say"} <= set(points)
    for target in points.values():
        module, function = target.split(":")
        assert callable(getattr(importlib.import_module(module), function))


def test_the_library_never_imports_ros() -> None:
    for path in (ROOT / "motiongpt").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Import | ast.ImportFrom):
                continue
            names = [alias.name for alias in node.names]
            names.append(getattr(node, "module", None) or "")
            assert not any(n.split(".")[0] in {"rclpy", "motiongpt_ros"} for n in names), path

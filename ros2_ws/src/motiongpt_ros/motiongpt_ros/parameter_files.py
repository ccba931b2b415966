"""Write the nodes' parameters into README's tables and the parameter file.

python -m motiongpt_ros.parameter_files README.md config/motiongpt.yaml
"""

import re
import sys
from pathlib import Path

from motiongpt_ros.parameters import (
    Declared,
    FollowSettings,
    G1Settings,
    MotionSettings,
    RecorderSettings,
    SimSettings,
    declared,
)

NODES = {
    "motiongpt": MotionSettings,
    "motiongpt_sim": SimSettings,
    "motiongpt_recorder": RecorderSettings,
    "motiongpt_g1": G1Settings,
    "motiongpt_follow": FollowSettings,
}


def readme_table(kind: type) -> str:
    """Markdown table of a settings class."""
    lines = ["| parameter | type | default | allowed | while it runs | what |"]
    lines.append("|---|---|---|---|---|---|")
    for p in declared(kind):
        changes = "no" if p.option.read_only else "yes"
        kind_name = {"str": "string", "float": "double"}.get(
            type(p.default).__name__, type(p.default).__name__
        )
        default = str(p.default).lower() if isinstance(p.default, bool) else p.default
        default = '""' if default == "" else default
        lines.append(
            f"| `{p.name}` | {kind_name} | `{default}` | {_allowed(p)} | {changes} "
            f"| {p.option.description} |"
        )
    return "\n".join(lines)


def _allowed(parameter: Declared) -> str:
    option = parameter.option
    if option.choices:
        return ", ".join(option.choices)
    if option.lowest is None:
        return ""
    return f"{option.lowest} to {option.highest}"


def fill_readme(text: str) -> str:
    """README with its tables replaced by current ones."""
    for node, kind in NODES.items():
        begin, end = f"<!-- parameters of {node} -->", "<!-- end -->"
        pattern = re.compile(f"({re.escape(begin)}\n).*?(\n{re.escape(end)})", re.DOTALL)
        text = pattern.sub(lambda found, kind=kind: _between(found, kind), text)
    return text


def _between(found: re.Match[str], kind: type) -> str:
    return found.group(1) + readme_table(kind) + found.group(2)


def parameter_file() -> str:
    """Text of the parameter file: every parameter with its default."""
    lines = ["# Parameters of the nodes, written by motiongpt_ros.parameter_files."]
    for node, kind in NODES.items():
        lines += [f"/**/{node}:", "  ros__parameters:"]
        for p in declared(kind):
            value = str(p.default).lower() if isinstance(p.default, bool) else p.default
            value = '""' if value == "" else value
            lines.append(f"    # {p.option.description}")
            if _allowed(p):
                lines.append(f"    # Allowed: {_allowed(p)}.")
            lines.append(f"    {p.name}: {value}")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Rewrite the two files that are named on the command line."""
    readme, parameters = (Path(name) for name in sys.argv[1:])
    readme.write_text(fill_readme(readme.read_text()))
    parameters.write_text(parameter_file())


if __name__ == "__main__":
    main()

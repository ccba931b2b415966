from pathlib import Path

import yaml

from motiongpt_ros.parameter_files import NODES, fill_readme, parameter_file, readme_table
from motiongpt_ros.parameters import declared

ROOT = Path(__file__).parents[2]
WRITE = "run python -m motiongpt_ros.parameter_files README.md config/motiongpt.yaml"


def test_readme_and_parameter_file_agree_with_the_declaration() -> None:
    readme = (ROOT / "README.md").read_text()
    assert all(readme_table(kind) in readme for kind in NODES.values()), WRITE
    assert fill_readme(readme) == readme, WRITE
    assert (ROOT / "config" / "motiongpt.yaml").read_text() == parameter_file(), WRITE


def test_the_parameter_file_is_yaml_of_all_parameters_with_their_types() -> None:
    read = yaml.safe_load(parameter_file())
    assert read.keys() == {f"/**/{node}" for node in NODES}
    for node, kind in NODES.items():
        values = read[f"/**/{node}"]["ros__parameters"]
        wanted = {p.name: p.default for p in declared(kind)}
        assert values == wanted
        assert {k: type(v) for k, v in values.items()} == {k: type(v) for k, v in wanted.items()}

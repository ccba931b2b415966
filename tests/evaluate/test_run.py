import json
from dataclasses import replace
from pathlib import Path

import pytest

from motiongpt.errors import EvaluationError
from motiongpt.evaluate.report import TABLES, Report
from motiongpt.evaluate.run import Evaluation, EvaluationOptions

ROWS = (
    "ground truth",
    "VQ reconstruction",
    "model, text",
    "model, text + key poses",
    "model, text + last pose",
    "model, text + initial pose",
    "shuffled text",
    "nearest caption",
    "constant pose",
)


@pytest.fixture(scope="module")
def report(evaluation: Evaluation) -> Report:
    return evaluation.run()


def test_every_table_has_the_honest_rows(report: Report) -> None:
    assert report.names == ROWS


def test_ground_truth_is_its_own_measure(report: Report) -> None:
    real = report.rows["ground truth"]
    assert real["fid"].mean == pytest.approx(0, abs=1e-9)
    assert real["recon_initial"].mean == real["recon_last"].mean == real["vel_keys"].mean == 0
    assert real["length_error"].mean == 0


def test_the_nearest_caption_of_a_known_clip_is_a_real_clip(report: Report) -> None:
    assert report.rows["nearest caption"]["fid"].mean < report.rows["model, text"]["fid"].mean


def test_a_constant_pose_neither_skates_nor_jitters(report: Report) -> None:
    constant = report.rows["constant pose"]
    assert constant["skate"].mean == pytest.approx(0, abs=1e-9)
    assert constant["jitter"].mean == pytest.approx(0, abs=1e-9)


def test_shuffled_texts_leave_the_distribution_as_it_is(report: Report) -> None:
    shuffled, model = report.rows["shuffled text"], report.rows["model, text"]
    assert shuffled["fid"].mean == pytest.approx(model["fid"].mean)


def test_the_same_seed_gives_the_same_report(evaluation: Evaluation) -> None:
    small = replace(evaluation, options=replace(evaluation.options, max_clips=4, repeats=1))
    assert small.run().as_json() == small.run().as_json()


def test_progress_ends_when_everything_is_made(evaluation: Evaluation) -> None:
    calls: list[tuple[int, int]] = []
    small = replace(evaluation, options=replace(evaluation.options, max_clips=4, repeats=1))
    small.run(lambda *call: calls.append(call))
    assert calls[-1] == (4 * 4 + 2 * 3, 4 * 4 + 2 * 3)


def test_a_report_is_written_as_json_and_markdown(report: Report, tmp_path: Path) -> None:
    report.write(tmp_path)
    content = json.loads((tmp_path / "evaluation.json").read_text())
    assert set(content["rows"]) == set(ROWS)
    assert content["rows"]["model, text"]["fid"].keys() == {"mean", "interval_95"}
    assert content["settings"]["repeats"] == 2
    markdown = (tmp_path / "evaluation.md").read_text()
    for title in TABLES:
        lines = markdown.split(f"## {title}\n\n")[1].split("\n\n")[0].splitlines()
        assert len({line.count("|") for line in lines}) == 1
        assert len(lines) >= 2 + 8


def test_numbers_that_are_not_there_are_dashes_and_null(report: Report) -> None:
    content = json.loads(report.as_json())
    assert content["rows"]["ground truth"]["unique"]["mean"] is None
    assert "| ground truth |" in report.markdown()


@pytest.mark.parametrize(
    ("change", "message"),
    [({"repeats": 0}, "repeats is 0"), ({"mm_motions": 1}, "mm_motions is 1")],
)
def test_options_that_make_no_sense_are_refused(change: dict, message: str) -> None:
    with pytest.raises(EvaluationError, match=message):
        EvaluationOptions(**change)


def test_the_quick_mode_is_smaller(evaluation: Evaluation) -> None:
    quick = EvaluationOptions().quick()
    assert quick.repeats == 2 and quick.mm_texts < 100 and quick.max_clips == 40

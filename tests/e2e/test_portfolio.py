"""A simulated portfolio: every planted fault is found under its id at its row, and nothing else is."""

from __future__ import annotations

from collections import Counter

import polars as pl
import pytest
from rooms import StudyRun, run_through_the_rooms

from pipelines.settings import EXPECTATIONS_DIR, Home
from pipelines.simulate import simulate_portfolio
from pipelines.validate import load_checks

KEY = ["study", "site", "subject", "check_id", "dataset", "source_file", "source_row"]


def _as_text(frame: pl.DataFrame) -> Counter[tuple[str, ...]]:
    """Count what is said at each place: one row of a file may break a check in several of its values."""
    return Counter(frame.select(pl.col(KEY).cast(pl.String).fill_null("")).rows())


def _answer_key(home: Home) -> pl.DataFrame:
    return pl.read_csv(home.root / "answer_key.csv", infer_schema=False)


def _assert_exactly_the_planted(runs: dict[str, StudyRun]) -> None:
    home = next(iter(runs.values())).home
    planted = _as_text(_answer_key(home))
    found = _as_text(pl.concat([run.findings for run in runs.values()]))
    assert sorted((planted - found).elements()) == [], "planted, not found"
    assert sorted((found - planted).elements()) == [], "found, not planted: two faults met, or one says too little"


def test_exactly_the_planted_faults_are_found(planted_runs):
    _assert_exactly_the_planted(planted_runs)


def test_every_check_has_been_planted(planted_runs):
    home = next(iter(planted_runs.values())).home
    assert set(_answer_key(home)["check_id"]) == {check.id for check in load_checks(EXPECTATIONS_DIR)}


def test_clean_data_give_no_finding(clean_run):
    assert clean_run.findings.height == 0
    assert set(clean_run.verdicts["status"]) <= {"pass", "not_applicable"}


def assert_verdict_law(run: StudyRun) -> None:
    """Verdicts = checks x sites; `failed` is the number of findings, at each check and site."""
    checks = load_checks(EXPECTATIONS_DIR)
    sites = run.verdicts["site"].unique()
    assert run.verdicts.height == len(checks) * len(sites)
    assert run.verdicts.select("check_id", "site").is_unique().all()
    counted = {(c, s): n for c, s, n in run.findings.group_by("check_id", "site").len().iter_rows()}
    failed = {
        (c, s): n
        for c, s, n in run.verdicts.filter(pl.col("failed") > 0).select("check_id", "site", "failed").iter_rows()
    }
    assert counted == failed
    assert run.verdicts.filter((pl.col("status") == "fail") != (pl.col("failed") > 0)).height == 0
    assert run.verdicts.filter(pl.col("status").is_in(["not_run", "error"]) & (pl.col("reason") == "")).height == 0


def test_verdict_law_holds_on_simulated_studies(planted_runs, clean_run):
    for run in [*planted_runs.values(), clean_run]:
        assert_verdict_law(run)


def _run_all(home: Home) -> dict[str, StudyRun]:
    return {path.name: run_through_the_rooms(home, path.name) for path in sorted(home.studies.iterdir())}


@pytest.mark.scale
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_planted_faults_of_four_studies_at_twenty_sites_with_30_subjects_each(tmp_path, seed):
    home = Home(tmp_path)
    simulate_portfolio(home, studies=4, sites=20, subjects=30, seed=seed)
    sites = Counter(check_id for check_id, *_ in _answer_key(home).select("check_id", "study", "site").unique().rows())
    assert {check.id for check in load_checks(EXPECTATIONS_DIR) if sites[check.id] < 3} == set()
    _assert_exactly_the_planted(_run_all(home))


@pytest.mark.scale
@pytest.mark.parametrize("seed", [1, 2, 3, 4, 5])
def test_clean_data_of_four_studies_at_twenty_sites_give_no_finding(tmp_path, seed):
    home = Home(tmp_path)
    simulate_portfolio(home, studies=4, sites=20, subjects=30, seed=seed, clean=True)
    findings = {study: run.findings.height for study, run in _run_all(home).items()}
    assert findings == dict.fromkeys(("SIM-001", "SIM-002", "SIM-003", "SIM-004"), 0)

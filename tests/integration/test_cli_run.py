"""`siteproof run` on a small simulated study: what it prints, what it publishes, and what Dagster remembers of it."""

from __future__ import annotations

import csv
import io
import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest

from pipelines import cli
from pipelines.orchestration.instance import open_instance
from pipelines.orchestration.partitions import site_partition
from pipelines.orchestration.study_lock import hold_study
from pipelines.settings import Home
from pipelines.simulate import simulate_portfolio

STUDY = "SIM-001"
pytestmark = pytest.mark.slow


def siteproof(home: Home, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("siteproof")), "--home", str(home.root), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = Home(tmp_path_factory.mktemp("run") / "home")
    simulate_portfolio(home, studies=1, sites=2, subjects=4)
    [first, _] = sorted((home.landing / STUDY).iterdir())
    (first / "edc" / "ragged \x1b[31m.csv").write_text("a,b\n1\n", encoding="utf-8")
    return home


@pytest.fixture(scope="module")
def run(home: Home) -> subprocess.CompletedProcess[str]:
    return siteproof(home, "run", STUDY)


@pytest.fixture(scope="module")
def instance(home: Home, run: subprocess.CompletedProcess[str]) -> dg.DagsterInstance:
    assert run.returncode == 0, run.stderr
    with open_instance(home) as opened:
        yield opened


def rows_of(home: Home, what: str) -> list[dict[str, str]]:
    result = siteproof(home, what, STUDY, "--format", "csv")
    assert result.returncode == 0, result.stderr
    return list(csv.DictReader(io.StringIO(result.stdout)))


COLUMNS = {
    "deliveries": "study,site,system,file,sha256,received_at,status,reason,rows",
    "verdicts": "study,site,check_id,status,evaluated,failed,waived,reason",
    "findings": "finding_id,study,site,subject,check_id,category,severity,dataset,record,message,source_file,"
    "source_row,state,first_seen,last_seen",
    "readiness": "study,site,dataset,record_kind,who,status,status_date,source_file,source_row",
    "cleanliness": "study,site,subject,clean,critical,major,minor,open_queries,not_judged,blocked_by",
}


def test_it_shows_each_step_once_and_the_summary(home: Home, run: subprocess.CompletedProcess[str]) -> None:
    assert run.returncode == 0, run.stderr
    lines = run.stdout.splitlines()
    assert lines[0] == f"run of {STUDY}"
    assert [line.split()[0] for line in lines[1:5]] == ["deliveries", "standardize", "verdicts", "report"]
    assert lines[1].endswith(" duplicate, 1 refused")
    assert any(line.startswith("files ") and "accepted" in line and "1 refused" in line for line in lines)
    assert any("edc/ragged" in line and line.startswith("  refused ") for line in lines)
    page = home.reports / STUDY / "index.html"
    assert lines[-1] == f"page      {page}"
    assert page.is_file()
    assert "\x1b" not in run.stdout
    assert run.stderr == ""


@pytest.mark.usefixtures("run")
def test_the_listings_have_their_columns_and_agree_with_each_other(home: Home) -> None:
    for what, columns in COLUMNS.items():
        assert siteproof(home, what, STUDY, "--format", "csv").stdout.startswith(f"{columns}\n")
    verdicts = rows_of(home, "verdicts")
    findings = rows_of(home, "findings")
    failed = {(row["site"], row["check_id"]): int(row["failed"]) for row in verdicts if int(row["failed"])}
    counted: dict[tuple[str, str], int] = {}
    for row in findings:
        key = (row["site"], row["check_id"])
        counted[key] = counted.get(key, 0) + 1
    assert counted == failed != {}
    blocked = {(row["site"], row["subject"]) for row in rows_of(home, "cleanliness") if row["clean"] == "N"}
    assert {(row["site"], row["subject"]) for row in findings if row["subject"]} <= blocked
    missing = {row["site"] for row in rows_of(home, "readiness") if row["status"] == "missing"}
    assert missing == {row["site"] for row in findings if row["check_id"] == "ESD-01"}


def test_dagster_remembers_the_run_under_its_job_and_study(instance: dg.DagsterInstance) -> None:
    [run] = instance.get_runs()
    assert (run.job_name, run.status) == ("study_run", dg.DagsterRunStatus.SUCCESS)
    assert run.tags["dagster/partition"] == STUDY


def test_each_site_that_brought_something_is_materialized_in_its_own_partition(
    home: Home, instance: dg.DagsterInstance
) -> None:
    sites = sorted(path.name for path in (home.landing / STUDY).iterdir())
    partitions = instance.get_materialized_partitions(dg.AssetKey(["landing", "site_export"]))
    assert partitions == {site_partition(STUDY, site) for site in sites}
    assert instance.get_materialized_partitions(dg.AssetKey(["marts", "dm"])) == {STUDY}


def test_each_suite_left_one_check_with_counts_that_add_up(home: Home, instance: dg.DagsterInstance) -> None:
    [run] = instance.get_runs()
    events = instance.all_logs(run.run_id, of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION)
    evaluations = [event.dagster_event.asset_check_evaluation_data for event in events if event.dagster_event]
    failed = sum(int(str(evaluation.metadata["failed"].value)) for evaluation in evaluations)
    assert failed == len(rows_of(home, "findings")) > 0
    assert {evaluation.severity for evaluation in evaluations} == {dg.AssetCheckSeverity.WARN}
    assert all(
        evaluation.passed == (evaluation.metadata["failed"].value == 0 == evaluation.metadata["errors"].value)
        for evaluation in evaluations
    )


def test_what_dagster_keeps_holds_no_value_of_a_patient(home: Home, instance: dg.DagsterInstance) -> None:
    [run] = instance.get_runs()
    told = "".join(
        str(value.value)
        for event in instance.all_logs(run.run_id, of_type=dg.DagsterEventType.ASSET_MATERIALIZATION)
        if event.dagster_event
        for value in event.dagster_event.step_materialization_data.materialization.metadata.values()
    )
    subjects = {row["subject"] for row in rows_of(home, "findings") if row["subject"]}
    assert subjects
    assert not [subject for subject in subjects if subject in told]


def test_an_unknown_site_is_answered_with_the_nearest(home: Home) -> None:
    site = min(path.name for path in (home.landing / STUDY).iterdir())
    result = siteproof(home, "run", STUDY, "--site", f"{site}9")
    assert result.returncode == 2
    assert f'Did you mean "{site}"?' in result.stderr


def test_a_study_in_use_is_left_alone(home: Home) -> None:
    with hold_study(home, STUDY, wait=False):
        result = siteproof(home, "run", STUDY)
    assert result.returncode == 1
    assert f"study {STUDY} is held by process " in result.stderr


def test_a_killed_command_leaves_no_run_that_seems_to_go_on(instance: dg.DagsterInstance) -> None:
    from pipelines.orchestration.study_run import PROCESS_TAG, close_dead_runs

    tags = {"dagster/partition": STUDY, PROCESS_TAG: "1"}
    run = dg.DagsterRun(job_name="study_run", status=dg.DagsterRunStatus.STARTED, tags=tags)
    instance.add_run(run)
    close_dead_runs(instance, STUDY)
    ended = instance.get_run_by_id(run.run_id)
    assert ended is not None
    assert ended.status == dg.DagsterRunStatus.FAILURE
    instance.delete_run(run.run_id)


@pytest.mark.usefixtures("run")
def test_a_failing_step_is_named_with_its_true_cause(
    home: Home, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    warehouse = home.warehouse_file(STUDY)
    warehouse.unlink()
    warehouse.mkdir()
    # In this process: Dagster is loaded already.
    monkeypatch.setattr(sys, "argv", ["siteproof", "run", STUDY, "--home", str(home.root)])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    warehouse.rmdir()
    assert ended.value.code == 1
    said = capfd.readouterr()
    assert f"the run of {STUDY} failed in step standardize: " in said.err
    assert str(warehouse) in said.err
    assert "Traceback" not in said.err
    assert [line.split()[0] for line in said.out.splitlines()] == ["run", "deliveries", "standardize"]

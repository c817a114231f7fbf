"""Runs are published whole or not at all, the same bytes for the same inputs, and findings live from run to run."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from runs_case import STUDY, STUDY_YML, Runs, failing_row, outcome_of

from pipelines.errors import UserError
from pipelines.findings import (
    publish_run,
    read_findings,
    read_resolved,
    read_run,
    read_site_readiness,
    read_subject_cleanliness,
    read_verdicts,
)
from pipelines.findings.runs import KEPT_COLUMNS, VERDICT_COLUMNS, run_folder
from pipelines.settings import Home
from pipelines.validate.failing_rows import SCHEMA
from pipelines.validate.quality_tables import READINESS_SCHEMA, Quality

SETS = ("findings", "resolved", "sites", "unjudged", "verdicts", "site_readiness", "subject_cleanliness")


@pytest.fixture
def runs(home: Home) -> Runs:
    return Runs(home)


def states(runs: Runs) -> dict[str, tuple[str, str, str]]:
    """record -> state, first seen (day), last seen (day); open findings and resolved ones."""
    both = pl.concat([read_findings(runs.home, STUDY), read_resolved(runs.home, STUDY)])
    rows = both.select("record", "state", "first_seen", "last_seen").iter_rows()
    return {record: (state, first[8:10], last[8:10]) for record, state, first, last in rows}


def test_findings_are_new_then_persisting_then_resolved(runs: Runs) -> None:
    first = runs.publish("a", "b")
    assert first.as_of.startswith("2026-01-02")
    assert first.previous_run is None
    assert states(runs) == {"a": ("new", "02", "02"), "b": ("new", "02", "02")}

    runs.deliver()
    second = runs.publish("b", "c")
    assert second.previous_run == first.run_id
    assert states(runs) == {
        "a": ("resolved", "02", "02"), "b": ("persisting", "02", "03"), "c": ("new", "03", "03"),
    }  # fmt: skip

    runs.deliver()
    third = runs.publish("a", "b")
    assert third.previous_run == second.run_id
    assert states(runs) == {
        "a": ("new", "04", "04"), "b": ("persisting", "02", "04"), "c": ("resolved", "03", "03"),
    }  # fmt: skip
    assert len({run.run_id for run in runs.published}) == 3


def test_what_a_run_could_not_judge_is_not_resolved_and_keeps_its_first_day(runs: Runs) -> None:
    runs.publish("a", "b")
    for status in ("not_run", "error"):
        runs.deliver()
        runs.publish(status=status)
        assert states(runs) == {}
    runs.deliver()
    runs.publish("a")
    assert states(runs) == {"a": ("persisting", "02", "05"), "b": ("resolved", "02", "02")}


def test_a_finding_keeps_its_id_while_it_persists(runs: Runs) -> None:
    runs.publish("a")
    before = read_findings(runs.home, STUDY)["finding_id"].to_list()
    runs.deliver()
    runs.publish(failing_row("a", source_row=7, message="Please verify again."))
    after = read_findings(runs.home, STUDY)
    assert after["finding_id"].to_list() == before
    assert after["source_row"].to_list() == [7]
    assert after["message"].to_list() == ["Please verify again."]


def test_what_is_read_has_the_agreed_columns(runs: Runs) -> None:
    runs.publish("a")
    assert read_verdicts(runs.home, STUDY).columns == VERDICT_COLUMNS
    assert read_findings(runs.home, STUDY).columns == KEPT_COLUMNS
    assert read_resolved(runs.home, STUDY).columns == KEPT_COLUMNS
    assert set(read_verdicts(runs.home, STUDY)["study"]) == {STUDY}
    assert read_verdicts(runs.home, STUDY).select("site", "status", "failed").rows() == [
        ("101", "fail", 1),
        ("102", "pass", 0),
    ]


def test_a_run_without_findings_is_a_run(runs: Runs) -> None:
    runs.publish()
    assert read_findings(runs.home, STUDY).height == 0
    assert read_resolved(runs.home, STUDY).height == 0


def test_before_the_first_run_the_user_is_told_what_to_do(runs: Runs) -> None:
    for read in (read_run, read_verdicts, read_findings, read_resolved):
        with pytest.raises(UserError, match=r"`siteproof run ST-1` does it"):
            read(runs.home, STUDY)


def test_the_same_inputs_give_the_same_run_and_touch_nothing(runs: Runs) -> None:
    first = runs.publish("a")
    runs.deliver()
    second = runs.publish("a", "b")
    before = runs.files()
    again = runs.publish("a", "b")
    assert again == second == read_run(runs.home, STUDY)
    assert again.previous_run == first.run_id
    assert runs.files() == before


def test_two_homes_give_the_same_bytes_whatever_the_order_of_rows(tmp_path: Path) -> None:
    files = []
    for name, order in (("one", 1), ("two", -1)):
        runs = Runs(Home(tmp_path / name))
        for records in ("abcd", "bcde"):
            publish_run(runs.home, runs.study, outcome_of(*records[::order]))
            runs.deliver()
        files.append(runs.files())
    assert files[0] == files[1]
    assert sorted(Path(name).name for name in files[0]) == sorted(
        ["CURRENT", *2 * ["run.json", *(f"{name}.parquet" for name in SETS)]]
    )


def test_another_configuration_is_another_run(runs: Runs) -> None:
    first = runs.publish("a")
    runs.home.study_file(STUDY).write_text(STUDY_YML + "parameters: {}\n", encoding="utf-8")
    second = runs.publish("a")
    assert second.run_id != first.run_id
    assert {name for name in first.inputs if first.inputs[name] != second.inputs[name]} == {"study"}


def test_another_delivery_is_another_run(runs: Runs) -> None:
    first = runs.publish("a")
    runs.deliver()
    second = runs.publish("a")
    assert {name for name in first.inputs if first.inputs[name] != second.inputs[name]} == {"deliveries"}


def test_another_calendar_of_holidays_is_another_run(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    first = runs.publish("a")
    monkeypatch.setattr("pipelines.findings.publish.version", {"holidays": "0.0", "siteproof": "0.0"}.__getitem__)
    second = runs.publish("a")
    assert {name for name in first.inputs if first.inputs[name] != second.inputs[name]} == {"code"}


def test_going_back_to_a_former_configuration_names_the_former_run(runs: Runs) -> None:
    first = runs.publish("a")
    path = runs.home.study_file(STUDY)
    path.write_text(STUDY_YML + "parameters: {}\n", encoding="utf-8")
    runs.publish("a", "b")
    path.write_text(STUDY_YML, encoding="utf-8")
    back = runs.publish("a")
    assert back == first == read_run(runs.home, STUDY)
    assert runs.publish("a") == first


def test_killed_before_current_is_named_the_former_run_stands_and_a_rerun_ends_right(
    runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = runs.publish("a")
    runs.deliver()

    def killed(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", killed)
        with pytest.raises(KeyboardInterrupt):
            runs.publish("b")
    assert read_run(runs.home, STUDY) == first
    assert states(runs) == {"a": ("new", "02", "02")}

    second = runs.publish("b")
    assert second.previous_run == first.run_id
    assert states(runs) == {"a": ("resolved", "02", "02"), "b": ("new", "03", "03")}
    assert not [name for name in runs.files() if "unfinished" in name]


@pytest.mark.parametrize("parts", [0, 1, 2])
def test_killed_while_it_writes_a_rerun_ends_as_if_nothing_had_been(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, parts: int
) -> None:
    sound, torn = Runs(Home(tmp_path / "sound")), Runs(Home(tmp_path / "torn"))
    write = pl.DataFrame.write_parquet
    written = 0

    def write_some(frame: pl.DataFrame, path: Path, **options: Any) -> None:
        nonlocal written
        if written == parts:
            path.write_bytes(b"PAR1 torn")
            raise KeyboardInterrupt
        written += 1
        write(frame, path, **options)

    with monkeypatch.context() as patch:
        patch.setattr(pl.DataFrame, "write_parquet", write_some)
        with pytest.raises(KeyboardInterrupt):
            torn.publish("a")
    with pytest.raises(UserError, match=r"has not been run yet"):
        read_run(torn.home, STUDY)
    torn.publish("a")
    sound.publish("a")
    assert torn.files() == sound.files()


def test_findings_that_share_an_identity_are_not_published(runs: Runs) -> None:
    first = runs.publish("a")
    runs.deliver()
    with pytest.raises(UserError, match=r"share an identity"):
        runs.publish("b", "b")
    assert read_run(runs.home, STUDY) == first


def test_types_stay_when_there_is_nothing(runs: Runs) -> None:
    runs.publish()
    runs.deliver()
    runs.publish("a")
    schema = read_findings(runs.home, STUDY).schema
    assert {name: schema[name] for name in SCHEMA} == SCHEMA
    assert read_resolved(runs.home, STUDY).schema == schema


def test_a_run_says_whether_subjects_are_clean_and_sites_ready(runs: Runs) -> None:
    subjects = pl.DataFrame({"site": ["101", "101"], "subject": ["001", "002"], "open_queries": [0, 0]})
    lacking = dict.fromkeys(READINESS_SCHEMA) | {"study": STUDY, "site": "101", "status": "missing"}
    quality = Quality(subjects, pl.DataFrame([lacking], schema=READINESS_SCHEMA))
    publish_run(runs.home, runs.study, replace(outcome_of("a"), quality=quality))
    clean = read_subject_cleanliness(runs.home, STUDY).select("subject", "clean", "blocked_by").rows()
    assert clean == [("001", "N", "AE-01"), ("002", "Y", "")]
    assert read_site_readiness(runs.home, STUDY)["status"].to_list() == ["missing"]


def test_a_run_of_an_earlier_version_is_asked_to_be_made_again(runs: Runs) -> None:
    run = runs.publish("a")
    shutil.rmtree(run_folder(runs.home, STUDY, run.run_id) / "quality")
    with pytest.raises(UserError, match=r"`siteproof run ST-1` does"):
        read_subject_cleanliness(runs.home, STUDY)


def test_findings_of_an_earlier_version_have_no_person_and_stay(runs: Runs) -> None:
    run = runs.publish("a")
    path = run_folder(runs.home, STUDY, run.run_id) / "findings.parquet"
    pl.read_parquet(path).drop("person").write_parquet(path)
    runs.deliver()
    runs.publish("a")
    assert read_findings(runs.home, STUDY)["state"].to_list() == ["persisting"]

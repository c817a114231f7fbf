"""Suites run by Great Expectations on a DuckDB file: right counts, and a check that breaks costs no other its verdict.

The import takes seconds, so that all its tests are in this one module.
"""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest
from check_rows import CHECKS, row_of
from check_tables import create_tables, insert_rows, open_with_functions
from validated_study import STUDY, Rows, copy_suite_with, lay_study, told

from pipelines.errors import UserError
from pipelines.settings import EXPECTATIONS_DIR, Home
from pipelines.study import Study
from pipelines.validate import Outcome, load_suites, validate_study
from pipelines.validate.check_models import load_check_models
from pipelines.validate.parameters import render_predicate
from pipelines.validate.rule_counts import Rule
from pipelines.validate.run_suites import open_session

VISITS = EXPECTATIONS_DIR / "data_entry" / "visits.yml"


# The whole catalogue on its own examples: 101 has the failing ones, 102 the passing ones, 103 nothing.
@pytest.fixture(scope="module")
def catalogue_study(tmp_path_factory: pytest.TempPathFactory) -> tuple[Home, Study]:
    home = Home(tmp_path_factory.mktemp("catalogue"))
    rows: Rows = {model: [] for model in load_check_models()}
    for check in CHECKS.values():
        for site, example in (("101", check.example_fail), ("102", check.example_pass)):
            rows[check.model].append({**row_of(check, example), "site": site, "record": f"{check.id} {site}"})
    parameters = {check.id: check.example_with for check in CHECKS.values() if check.example_with}
    return home, lay_study(home, rows, ["101", "102", "103"], parameters=parameters)


@pytest.fixture(scope="module")
def catalogue_outcome(catalogue_study: tuple[Home, Study]) -> Outcome:
    return validate_study(*catalogue_study)


def test_counts_of_every_check_and_site_are_those_of_plain_sql(
    catalogue_study: tuple[Home, Study], catalogue_outcome: Outcome
) -> None:
    home, _ = catalogue_study
    expected = {}
    with duckdb.connect(home.warehouse_file(STUDY), read_only=True) as connection:
        for check in CHECKS.values():
            applies, fails = (
                render_predicate(text, check.example_parameters) for text in (check.applies_when, check.fails_when)
            )
            query = f"SELECT site, ({applies}\n), ({applies}\n) AND ({fails}\n) FROM checks.{check.model}"
            found = connection.execute(query).fetchall()
            for site in ("101", "102", "103"):
                evaluated = sum(1 for at, is_in, _ in found if at == site and is_in)
                failed = sum(1 for at, _, is_failing in found if at == site and is_failing)
                status = ("fail" if failed else "pass") if evaluated else "not_applicable"
                expected[check.id, site] = (status, evaluated, failed)
    assert told(catalogue_outcome) == expected
    assert all(expected[check_id, "101"][2] for check_id in CHECKS)
    assert all(expected[check_id, "102"][1] for check_id in CHECKS)


def test_failing_rows_are_as_many_as_counted_and_each_is_named(catalogue_outcome: Outcome) -> None:
    rows = catalogue_outcome.failing_rows
    counted = {key: failed for key, (_, _, failed) in told(catalogue_outcome).items() if failed}
    assert {(check, site): n for check, site, n in rows.group_by("check_id", "site").len().iter_rows()} == counted
    for check_id in CHECKS:
        assert f"{check_id} 101" in rows.filter(check_id=check_id)["record"].to_list()
    assert not [message for message in rows["message"] if "{" in message]
    assert rows["message"].null_count() == 0


def test_the_sums_of_a_suite_are_those_of_its_verdicts(catalogue_outcome: Outcome) -> None:
    counts = told(catalogue_outcome)
    for suite in catalogue_outcome.suites:
        own = [counts[check.id, site] for check in CHECKS.values() for site in ("101", "102", "103")
               if check.suite == suite.suite]  # fmt: skip
        assert suite[1:] == (sum(one[1] for one in own), sum(one[2] for one in own), 0)


def test_a_threshold_of_study_yml_moves_the_limit(home: Home) -> None:
    dates = {"record": "r", "visit_date": "2024-01-01", "entry_date": "2024-01-15"}
    study = lay_study(home, {model: [] for model in load_check_models()} | {"check_page": [{"site": "101", **dates}]},
                      ["101"], parameters={"E-01": {"max_lag_days": 14}})  # fmt: skip
    assert told(validate_study(home, study))["E-01", "101"] == ("pass", 1, 0)


def test_without_a_warehouse_the_user_is_told_what_to_do(home: Home) -> None:
    study = lay_study(home, {}, ["101"])
    home.warehouse_file(STUDY).unlink()
    with pytest.raises(UserError, match=r"`siteproof run ST-1` builds it"):
        validate_study(home, study)


# F59: SV-02 broken in a dozen ways. Two sites, so that the other checks have counts to lose.
VISIT_ROWS = [
    {"site": "101", "record": "a", "SVSTDTC": "2024-01-09", "visit_record_number": 1},
    {"site": "101", "record": "b", "SVSTDTC": "2024-01-20", "visit_record_number": 2},
    {"site": "102", "record": "c", "SVSTDTC": "2024-03-01", "visit_record_number": 1, "death_date": "2024-02-01"},
]
VISIT_FACTS = {
    "is_scheduled": True, "is_planned": True, "VISITNUM": 3, "VISIT": "Week 4", "activation_date": "2024-01-10",
    "previous_visit_date": "2024-02-01", "dataset": "SV",
}  # fmt: skip
SOUND = {
    ("SV-02", "101"): ("fail", 2, 2), ("SV-02", "102"): ("pass", 1, 0),
    ("SV-04", "101"): ("fail", 2, 1), ("SV-04", "102"): ("pass", 1, 0),
    ("SV-08", "101"): ("fail", 2, 1), ("SV-08", "102"): ("pass", 1, 0),
    ("SV-09", "101"): ("not_applicable", 0, 0), ("SV-09", "102"): ("fail", 1, 1),
}  # fmt: skip

VISIT_CHECKS = {check_id for check_id, _ in SOUND}


@pytest.fixture
def visits(home: Home) -> Study:
    return lay_study(home, {"check_visit": [{**VISIT_FACTS, **row} for row in VISIT_ROWS]}, ["101", "102"])


def assert_only_sv_02_is_lost(outcome: Outcome, reason: str) -> None:
    lost = {("SV-02", site): ("error", 0, 0) for site in ("101", "102")}
    assert told(outcome) == SOUND | lost
    assert all(reason in text for text in outcome.verdicts.filter(check_id="SV-02")["reason"])
    assert sorted(set(outcome.failing_rows["check_id"])) == ["SV-04", "SV-08", "SV-09"]
    assert [suite.errors for suite in outcome.suites] == [1]


def test_the_visits_of_these_tests_when_nothing_is_broken(home: Home, visits: Study, tmp_path: Path) -> None:
    suites = copy_suite_with(VISITS, tmp_path / "suites", "SV-02", VISIT_CHECKS)
    assert told(validate_study(home, visits, suites_dir=suites)) == SOUND


SAW_IT_TWICE = "current_setting('enable_external_access')"  # true where it is counted, false where rows are fetched


@pytest.mark.parametrize(
    ("predicates", "reason"),
    [
        ({"fails_when": "cast(VISIT as integer) > 1"}, "Could not convert string 'Week 4'"),
        ({"fails_when": "SVENDTC > SVSTDTC"}, "the predicate is NULL on 3 rows"),
        ({"applies_when": "SVENDTC > SVSTDTC"}, "the predicate is NULL on 3 rows"),
        ({"applies_when": "case when source_row is null and record = 'c' then null else true end"}, "NULL on 1 rows"),
        ({"fails_when": "visit_record_number // 0 > 1"}, "the predicate is NULL on 3 rows"),
        ({"fails_when": "regexp_matches(VISIT, '(')"}, "missing )"),
        ({"fails_when": "9223372036854775807 * (visit_record_number + 1) % 7 > 0"}, "Overflow"),
        ({"fails_when": "VISITNUM > 'high'"}, "Could not convert string 'high'"),
        ({"fails_when": "no_such_function(VISIT)"}, "no_such_function does not exist"),
        ({"fails_when": "max(VISITNUM) > 1"}, "must appear in the GROUP BY clause"),
        ({"fails_when": SAW_IT_TWICE}, "Great Expectations counts 3 failing rows, DuckDB gives 0"),
        ({"fails_when": f"case when {SAW_IT_TWICE} then false else error('gone') end"}, "gone"),
    ],
)
def test_a_broken_check_is_an_error_and_the_others_run(
    home: Home, visits: Study, tmp_path: Path, predicates: dict[str, str], reason: str
) -> None:
    suites = copy_suite_with(VISITS, tmp_path / "suites", "SV-02", VISIT_CHECKS, **predicates)
    assert_only_sv_02_is_lost(validate_study(home, visits, suites_dir=suites), reason)


def test_a_column_that_is_gone_breaks_its_checks_only(home: Home, visits: Study, tmp_path: Path) -> None:
    with duckdb.connect(home.warehouse_file(STUDY)) as connection:
        connection.execute("ALTER TABLE checks.check_visit DROP COLUMN previous_visit_date")
    suites = copy_suite_with(VISITS, tmp_path / "suites", "SV-02", VISIT_CHECKS)
    assert_only_sv_02_is_lost(validate_study(home, visits, suites_dir=suites), "previous_visit_date")


def test_failing_rows_of_a_site_that_nobody_knows_are_no_pass(home: Home, visits: Study, tmp_path: Path) -> None:
    with duckdb.connect(home.warehouse_file(STUDY)) as connection:
        connection.execute("UPDATE checks.check_visit SET site = '109' WHERE record = 'b'")
    outcome = validate_study(
        home, visits, suites_dir=copy_suite_with(VISITS, tmp_path / "suites", "SV-02", VISIT_CHECKS)
    )
    statuses = told(outcome)
    assert {statuses[check_id, "101"][0] for check_id in ("SV-02", "SV-04")} == {"error"}
    assert statuses["SV-08", "101"] == ("fail", 1, 1)
    assert "belong to no known site: 109" in outcome.verdicts.filter(check_id="SV-04")["reason"][0]


def test_a_check_beyond_the_time_limit_is_an_error_and_the_others_run(tmp_path: Path) -> None:
    warehouse = tmp_path / "w.duckdb"
    connection = open_with_functions(warehouse)
    create_tables(connection, "check_visit")
    insert_rows(connection, "check_visit", [{"site": "101", "record": "a", "visit_record_number": 2, "source_row": 1}])
    # Interrupts take effect between chunks of 2,048 rows: a slow check is one of many rows.
    connection.execute("INSERT INTO checks.check_visit BY NAME SELECT site, record, 1 AS visit_record_number,"
                       " range AS source_row FROM checks.check_visit, range(200000)")  # fmt: skip
    connection.close()
    (suite,) = [suite for suite in load_suites(EXPECTATIONS_DIR) if suite.path == VISITS]
    slow = "list_sum(list_transform(range(500), lambda x: sqrt(x + source_row))) < 0"
    rules = [Rule("SV-02", "true", slow), Rule("SV-04", "true", "visit_record_number > 1")]
    began = time.monotonic()
    with open_session(warehouse) as session:
        counts = replace(session, timeout=0.2).run(suite.model, suite.checks, rules)
    assert counts["SV-02"].error == "not finished within 0.2 seconds"
    assert counts["SV-04"].error is None
    assert counts["SV-04"].by_site["101"][:2] == (200001, 1)
    assert time.monotonic() - began < 10

"""Failing rows carry a message in plain words, whatever the row holds, and the place where the row was delivered."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb
import pytest
from check_tables import create_tables, insert_rows, open_with_functions
from suite_case import write_suite

from pipelines.settings import EXPECTATIONS_DIR
from pipelines.validate import Suite, load_checks, load_suites
from pipelines.validate.failing_rows import SCHEMA, fetch_failing_rows


@dataclass(frozen=True)
class SqlRule:
    """The three fields of a rule, without the import of Great Expectations that its own class costs."""

    check_id: str
    applies: str
    fails: str


DOSE, ROUTE = SqlRule("EX-91", "EXDOSE is not null", "EXDOSE > 100"), SqlRule("EX-92", "true", "EXROUTE is null")


@pytest.fixture
def suite(tmp_path: Path) -> Suite:
    write_suite(tmp_path)
    return load_suites(tmp_path)[0]


@pytest.fixture
def table() -> Iterator[duckdb.DuckDBPyConnection]:
    connection = open_with_functions()
    create_tables(connection, "check_exposure")
    yield connection
    connection.close()


def fetch(table: duckdb.DuckDBPyConnection, suite: Suite, *rules: SqlRule) -> list[dict[str, Any]]:
    rows, errors = fetch_failing_rows(table, suite.model, suite.checks, rules)
    assert errors == {}
    assert dict(rows.schema) == SCHEMA
    return rows.sort("check_id", "record").to_dicts()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"EXDOSE": 150.0, "subject": "001"}, "Please verify dose 150 of 001."),
        ({"EXDOSE": 150.5, "subject": "001"}, "Please verify dose 150.5 of 001."),
        ({"EXDOSE": 1050.05, "subject": "001"}, "Please verify dose 1050.05 of 001."),
        ({"EXDOSE": 150.0}, "Please verify dose 150 of (blank)."),
        ({"EXDOSE": 150.0, "subject": 'O\'Neil "x" {value} %s'}, 'Please verify dose 150 of O\'Neil "x" {value} %s.'),
        ({"EXDOSE": 150.0, "subject": "1.0"}, "Please verify dose 150 of 1.0."),
        ({"EXDOSE": 150.0, "subject": "<b>\n--"}, "Please verify dose 150 of <b>\n--."),
    ],
)
def test_the_query_text_is_filled_from_the_row(
    table: duckdb.DuckDBPyConnection, suite: Suite, given: dict[str, Any], message: str
) -> None:
    insert_rows(table, "check_exposure", [{"site": "101", "record": "r", **given}])
    (row,) = fetch(table, suite, DOSE)
    assert row["message"] == message


def test_the_words_of_a_query_text_are_text(table: duckdb.DuckDBPyConnection, suite: Suite) -> None:
    own = replace(suite.checks[0], query_text="Isn't '{value}' --{subject}' || 1; drop table x?")
    insert_rows(table, "check_exposure", [{"site": "101", "record": "r", "EXDOSE": 150, "subject": "1"}])
    (row,) = fetch(table, replace(suite, checks=(own, suite.checks[1])), DOSE)
    assert row["message"] == "Isn't '150' --1' || 1; drop table x?"


def test_a_row_is_given_once_for_each_check_that_it_fails(table: duckdb.DuckDBPyConnection, suite: Suite) -> None:
    where = {"dataset": "EX", "source_file": "ST-1/101/edc/EX.csv"}
    insert_rows(
        table,
        "check_exposure",
        [
            {"site": "101", "subject": "1", "record": "a", "EXDOSE": 150, "source_row": 1, **where},
            {"site": "102", "subject": "2", "record": "b", "EXDOSE": 150, "EXROUTE": "ORAL", "source_row": 2, **where},
            {"site": "102", "subject": "3", "record": "c", "EXDOSE": 100, "EXROUTE": "ORAL", "source_row": 3, **where},
            {"site": "102", "subject": "4", "record": "d", "EXROUTE": "ORAL", "source_row": 4, **where},
        ],
    )
    found = fetch(table, suite, DOSE, ROUTE)
    assert [(row["check_id"], row["site"], row["record"], row["source_row"]) for row in found] == [
        ("EX-91", "101", "a", 1), ("EX-91", "102", "b", 2), ("EX-92", "101", "a", 1),
    ]  # fmt: skip
    assert found[0] == {
        "site": "101", "subject": "1", "person": None, "check_id": "EX-91", "category": "data_entry",
        "severity": "critical", "dataset": "EX", "record": "a", "message": "Please verify dose 150 of 1.",
        "source_file": "ST-1/101/edc/EX.csv", "source_row": 1,
    }  # fmt: skip
    assert found[2]["severity"] == "major"


def test_no_rules_and_no_rows_give_an_empty_frame(table: duckdb.DuckDBPyConnection, suite: Suite) -> None:
    assert fetch(table, suite) == []
    assert fetch(table, suite, DOSE, ROUTE) == []


def test_a_row_s_own_severity_wins_where_it_has_one(table: duckdb.DuckDBPyConnection, suite: Suite) -> None:
    own = replace(suite.checks[0], severity_column="EXDOSFRQ")
    insert_rows(
        table,
        "check_exposure",
        [{"site": "1", "record": "a", "EXDOSE": 150, "EXDOSFRQ": "minor"}, {"site": "1", "record": "b", "EXDOSE": 150}],
    )
    found = fetch(table, replace(suite, checks=(own, suite.checks[1])), DOSE)
    assert [row["severity"] for row in found] == ["minor", "critical"]


def test_a_rule_whose_rows_cannot_be_fetched_costs_no_other_its_rows(
    table: duckdb.DuckDBPyConnection, suite: Suite
) -> None:
    insert_rows(table, "check_exposure", [{"site": "101", "record": "r", "EXDOSE": 150, "EXTRT": "A"}])
    rows, errors = fetch_failing_rows(
        table, suite.model, suite.checks, [replace(DOSE, fails="cast(EXTRT as integer) > 1"), ROUTE]
    )
    assert rows["check_id"].to_list() == ["EX-92"]
    assert errors.keys() == {"EX-91"}
    assert "Could not convert string 'A'" in errors["EX-91"]


def test_a_finding_on_one_of_the_staff_carries_the_person(table: duckdb.DuckDBPyConnection) -> None:
    check = next(check for check in load_checks(EXPECTATIONS_DIR) if check.id == "DOA-02")
    create_tables(table, check.model)
    lineage = {"site": "101", "dataset": "DELEGATION", "source_file": "ST-1/101/isf/DELEGATION.csv", "source_row": 1}
    insert_rows(table, check.model, [{**lineage, "record": "a", "person": "P1"}])
    rows, errors = fetch_failing_rows(table, check.model, [check], [SqlRule("DOA-02", "true", "true")])
    assert errors == {}
    assert rows.select("subject", "person").rows() == [(None, "P1")]

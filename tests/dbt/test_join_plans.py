"""No model compares all rows with all rows: such a join is quick on a small study and has no end on a large one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import duckdb
import pytest
from built_study import MODELS, STUDY, BuiltStudy

MODEL_NAMES = sorted(path.stem for path in MODELS.rglob("*.sql") if path.parent.name != "staging")
EVERY_ROW_WITH_EVERY_ROW = {"BLOCKWISE_NL_JOIN", "NESTED_LOOP_JOIN"}
# An inner join with keys becomes a hash join as soon as there are rows enough.
HARMLESS = {"INNER"}
# Outer joins with a handful of rows from study.yml, whatever the size of the study.
WITH_SETTINGS = {
    "int_expected_record": "the version of a list",
    "int_exposure": "one tolerance (EX-05)",
    "int_visit_coincidence": "the pairs of visits that may coincide (SV-03)",
    "check_disposition": "one marker of a form (DS-05)",
    "check_vanished_records": "one share (X-02)",
}
CURE = (
    "a LEFT JOIN has equal keys only: put a flag of the left side into a key (case when flag then id end = other.id),"
    " and a comparison of both sides, such as a span of dates, into the WHERE of an INNER JOIN; join that by its key"
)


def endless_joins(plan: dict[str, Any]) -> Iterator[str]:
    details = plan["extra_info"]
    if plan["name"].strip() in EVERY_ROW_WITH_EVERY_ROW and details["Join Type"] not in HARMLESS:
        yield f"{details['Join Type']} JOIN ON {details.get('Condition') or details.get('Conditions')}"
    for child in plan["children"]:
        yield from endless_joins(child)


def endless_joins_of(connection: duckdb.DuckDBPyConnection, sql: str) -> list[str]:
    ((_, text),) = connection.execute(f"EXPLAIN (FORMAT json) {sql}").fetchall()
    return [join for plan in json.loads(text) for join in endless_joins(plan)]


@pytest.fixture(scope="module")
def joins(built: BuiltStudy) -> dict[str, list[str]]:
    with duckdb.connect(built.home.warehouse_file(STUDY), read_only=True) as connection:
        return {name: endless_joins_of(connection, built.compiled(name)) for name in MODEL_NAMES}


def test_a_model_joins_by_keys(joins: dict[str, list[str]]) -> None:
    found = {name: conditions for name, conditions in joins.items() if conditions and name not in WITH_SETTINGS}
    assert found == {}, CURE


def test_what_is_allowed_is_still_needed(joins: dict[str, list[str]]) -> None:
    assert {name for name in WITH_SETTINGS if not joins[name]} == set()


def test_such_a_join_would_be_told(built: BuiltStudy) -> None:
    with duckdb.connect(built.home.warehouse_file(STUDY), read_only=True) as connection:
        joined = "marts.ae AS a LEFT JOIN marts.sv AS b ON a.USUBJID = b.USUBJID AND a.AESER = 'Y'"
        assert endless_joins_of(connection, f"SELECT * FROM {joined}")

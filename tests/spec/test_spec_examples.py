"""Generated from each check: its examples, blank rows and an empty table mean what the catalogue says."""

from __future__ import annotations

import duckdb
import pytest
from check_rows import CHECKS, never_blank, row_of, verdict_on

from pipelines.validate import Check
from pipelines.validate.check_models import CHECKS_SCHEMA
from pipelines.validate.parameters import render_predicate

each_check = pytest.mark.parametrize("check", CHECKS.values(), ids=CHECKS)


@each_check
def test_its_failing_example_fails(check: Check, tables: duckdb.DuckDBPyConnection) -> None:
    assert verdict_on(tables, check, row_of(check, check.example_fail), check.example_with) == "fail"


@each_check
def test_its_passing_example_is_evaluated_and_passes(check: Check, tables: duckdb.DuckDBPyConnection) -> None:
    assert verdict_on(tables, check, row_of(check, check.example_pass), check.example_with) == "pass"


@each_check
def test_an_empty_table_has_nothing_to_evaluate(check: Check, tables: duckdb.DuckDBPyConnection) -> None:
    applies, fails = (render_predicate(text, check.parameters) for text in (check.applies_when, check.fails_when))
    tables.execute(f"TRUNCATE {CHECKS_SCHEMA}.{check.model}")
    counts = tables.execute(
        f"""SELECT count(*) FILTER (WHERE ({applies}\n)), count(*) FILTER (WHERE ({applies}\n) AND ({fails}\n)),
            count(*) FILTER (WHERE ({applies}\n) IS NULL OR (({applies}\n) AND ({fails}\n) IS NULL))
            FROM {CHECKS_SCHEMA}.{check.model}"""
    ).fetchone()
    assert counts == (0, 0, 0)


@each_check
def test_a_blank_row_is_decided(check: Check, tables: duckdb.DuckDBPyConnection) -> None:
    assert verdict_on(tables, check, row_of(check, {})) != "undecided"


@each_check
def test_each_value_of_an_example_may_be_blank(check: Check, tables: duckdb.DuckDBPyConnection) -> None:
    filled = never_blank(check.model)
    for example in (check.example_fail, check.example_pass):
        for name in example.keys() - filled.keys():
            row = row_of(check, {**example, name: None})
            assert verdict_on(tables, check, row, check.example_with) != "undecided", f"{name} is blank"

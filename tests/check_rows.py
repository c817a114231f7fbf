"""Rows of check-ready models for one check, and what its predicates say of them."""

from __future__ import annotations

from typing import Any

import duckdb
from check_tables import insert_rows

from pipelines.settings import EXPECTATIONS_DIR
from pipelines.validate import Check, load_checks
from pipelines.validate.check_models import CHECKS_SCHEMA, load_check_models
from pipelines.validate.parameters import ParameterValue, render_predicate

CHECKS = {check.id: check for check in load_checks(EXPECTATIONS_DIR)}


def never_blank(model: str) -> dict[str, Any]:
    """The columns that a model fills in every row, with the value of a row of which nothing else is known."""
    declared = load_check_models()[model]
    filled = {name: KNOWN_NOTHING[declared.columns[name]] for name in declared.never_blank}
    return {"site": "101", "dataset": "VS", "record": "r", **filled}


KNOWN_NOTHING: dict[str, Any] = {"boolean": False, "bigint": 1, "double": 1.0, "varchar": ""}


def row_of(check: Check, given: dict[str, Any]) -> dict[str, Any]:
    """A row in which only what is given and what is never blank is filled."""
    return {**never_blank(check.model), **given}


def verdict_on(
    connection: duckdb.DuckDBPyConnection,
    check: Check,
    row: dict[str, Any],
    parameters: dict[str, ParameterValue] | None = None,
) -> str:
    """fail, pass, none (not in the population) or undecided (a predicate is NULL), for the one row of the table."""
    values = {**check.parameters, **(parameters or {})}
    applies, fails = (render_predicate(text, values) for text in (check.applies_when, check.fails_when))
    connection.execute(f"TRUNCATE {CHECKS_SCHEMA}.{check.model}")
    insert_rows(connection, check.model, [row])
    found = connection.execute(f"SELECT ({applies}\n), ({fails}\n) FROM {CHECKS_SCHEMA}.{check.model}").fetchall()
    ((is_in_population, is_failing),) = found
    if is_in_population is None or (is_in_population and is_failing is None):
        return "undecided"
    if not is_in_population:
        return "none"
    return "fail" if is_failing else "pass"

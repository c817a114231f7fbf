"""Rows of check-ready models for one check, and what its predicates say of them."""

from __future__ import annotations

from typing import Any

import duckdb
from check_tables import insert_rows

from pipelines.settings import EXPECTATIONS_DIR
from pipelines.validate import Check, load_checks
from pipelines.validate.check_models import CHECKS_SCHEMA
from pipelines.validate.parameters import ParameterValue, render_predicate

CHECKS = {check.id: check for check in load_checks(EXPECTATIONS_DIR)}

# Columns that a model computes so that they are never blank, with the value of a row of which nothing else is known.
ALWAYS_FILLED: dict[str, dict[str, Any]] = {
    "check_consent": {"is_main": False, "is_signed": False},
    "check_criterion": {"is_enrolled": False},
    "check_delivery": {"dataset": "VS", "row_count": 1},
    "check_demographics": {"dm_record_number": 1, "is_site_known": False, "is_treated": False},
    "check_disposition": {"is_randomization": False, "is_study_end": False, "randomization_number": 1},
    "check_first_procedure": {"is_consented": False},
    "check_lab_range": {"result_count": 1, "without_range_count": 0},
    "check_query": {"is_open": False},
    "check_screening_log": {
        f"{side}_{listed}": 0 for side in ("log", "edc") for listed in ("screened", "screen_failed", "enrolled")
    },
    "check_subject_record": {"dataset": "VS", "is_subject_known": False, "has_subject": True},
    "check_visit": {"is_scheduled": False, "is_planned": False, "visit_record_number": 1},
}


def row_of(check: Check, given: dict[str, Any]) -> dict[str, Any]:
    """A row in which only what is given and what is never blank is filled."""
    return {"site": "101", "record": "r", **ALWAYS_FILLED.get(check.model, {}), **given}


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

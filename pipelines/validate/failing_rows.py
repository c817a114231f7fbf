"""Fetches every failing row of a model's checks, with the same predicates that Great Expectations counted."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import duckdb
import polars as pl

from pipelines.sql_text import quote_name, quote_text
from pipelines.validate.check_models import CHECKS_SCHEMA, load_check_models
from pipelines.validate.suites import COMMON_PLACEHOLDERS, Check

if TYPE_CHECKING:
    from pipelines.validate.rule_counts import Rule

BLANK = "(blank)"
# The fact of a check-ready model that says which person of the staff a row is about.
PERSON = "person"
# What makes a failing row a finding of its own, within a study.
IDENTITY = ("site", "subject", "dataset", "record", "check_id")
SCHEMA = {
    "site": pl.String,
    "subject": pl.String,
    "person": pl.String,
    "check_id": pl.String,
    "category": pl.String,
    "severity": pl.String,
    "dataset": pl.String,
    "record": pl.String,
    "message": pl.String,
    "source_file": pl.String,
    "source_row": pl.Int64,
}


class FailingRows(NamedTuple):
    """The failing rows of some checks, and check id -> why its rows cannot be fetched."""

    rows: pl.DataFrame
    errors: dict[str, str]


def fetch_failing_rows(
    connection: duckdb.DuckDBPyConnection, model: str, checks: Sequence[Check], rules: Sequence[Rule]
) -> FailingRows:
    """Return one row per failing row of a model and check, in one scan.

    When the scan breaks, each rule has one of its own, so that only the one that is broken is lost.

    Columns: site, subject, person (null where the model has no such fact), check_id, category, severity, dataset,
    record, message, source_file (text), source_row (int, null where a finding is about a whole file or site). No rules
    give no rows.
    """
    frames: list[pl.DataFrame] = [pl.DataFrame(schema=SCHEMA)]
    errors: dict[str, str] = {}
    try:
        if rules:
            frames.append(_fetch(connection, model, checks, rules))
    except duckdb.Error:
        for rule in rules:
            try:
                frames.append(_fetch(connection, model, checks, [rule]))
            except duckdb.Error as error:
                errors[rule.check_id] = str(error).splitlines()[0]
    return FailingRows(pl.concat(frames), errors)


def _fetch(
    connection: duckdb.DuckDBPyConnection, model: str, checks: Sequence[Check], rules: Sequence[Rule]
) -> pl.DataFrame:
    by_id = {check.id: check for check in checks}
    own = [(quote_text(rule.check_id), by_id[rule.check_id], rule) for rule in rules]
    failed = [f"({rule.applies}\n) AND ({rule.fails}\n)" for rule in rules]
    failed_checks = ", ".join(
        f"CASE WHEN {condition} THEN {name} END" for condition, (name, _, _) in zip(failed, own, strict=True)
    )
    categories = " ".join(f"WHEN {name} THEN {quote_text(check.category)}" for name, check, _ in own)
    severities = " ".join(f"WHEN {name} THEN {_severity_sql(check)}" for name, check, _ in own)
    messages = " ".join(f"WHEN {name} THEN {_message_sql(check)}" for name, check, _ in own)
    person = PERSON if PERSON in load_check_models()[model].columns else "CAST(NULL AS VARCHAR)"
    query = f"""
        SELECT site, subject, {person} AS person, check_id, CASE check_id {categories} END AS category,
            CASE check_id {severities} END AS severity,
            dataset, record, CASE check_id {messages} END AS message,
            source_file, CAST(source_row AS BIGINT) AS source_row
        FROM (
            SELECT *, unnest([{failed_checks}]) AS check_id
            FROM {CHECKS_SCHEMA}.{quote_name(model)}
            WHERE {" OR ".join(f"({condition})" for condition in failed)}
        )
        WHERE check_id IS NOT NULL
    """
    return connection.sql(query).pl()


def _severity_sql(check: Check) -> str:
    own = quote_text(check.severity)
    return f"coalesce({quote_name(check.severity_column)}, {own})" if check.severity_column else own


def _message_sql(check: Check) -> str:
    """Return the query text as SQL: its placeholders filled from the row, numbers without an idle `.0`."""
    types = load_check_models()[check.model].columns
    columns = {**COMMON_PLACEHOLDERS, **check.shows}
    parts = []
    for index, piece in enumerate(re.split(r"{(\w+)}", check.query_text)):
        if index % 2 == 0:
            parts.append(quote_text(piece))
            continue
        column = columns[piece]
        text = f"CAST({quote_name(column)} AS VARCHAR)"
        if types[column].casefold() == "double":
            text = f"regexp_replace({text}, '[.]0$', '')"
        parts.append(f"coalesce({text}, {quote_text(BLANK)})")
    return " || ".join(parts)

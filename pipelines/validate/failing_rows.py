"""Fetches every failing row of a suite from DuckDB, with the same predicates that Great Expectations counted."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import duckdb
import polars as pl

from pipelines.sql_text import quote_name, quote_text
from pipelines.validate.check_models import CHECKS_SCHEMA, load_check_models
from pipelines.validate.suites import COMMON_PLACEHOLDERS, Check, Suite

if TYPE_CHECKING:
    from pipelines.validate.rule_counts import Rule

BLANK = "(blank)"
# What makes a failing row a finding of its own, within a study.
IDENTITY = ("site", "subject", "dataset", "record", "check_id")
SCHEMA = {
    "site": pl.String,
    "subject": pl.String,
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
    """The failing rows of a suite, and check id -> why its rows cannot be fetched."""

    rows: pl.DataFrame
    errors: dict[str, str]


def fetch_failing_rows(connection: duckdb.DuckDBPyConnection, suite: Suite, rules: Sequence[Rule]) -> FailingRows:
    """Return one row per failing row and check, in one scan; when it breaks, in one a rule, so that only one is lost.

    Columns: site, subject, check_id, category, severity, dataset, record, message, source_file (text), source_row (int,
    null where a finding is about a whole file or site). No rules give no rows.
    """
    frames: list[pl.DataFrame] = [pl.DataFrame(schema=SCHEMA)]
    errors: dict[str, str] = {}
    try:
        if rules:
            frames.append(_fetch(connection, suite, rules))
    except duckdb.Error:
        for rule in rules:
            try:
                frames.append(_fetch(connection, suite, [rule]))
            except duckdb.Error as error:
                errors[rule.check_id] = str(error).splitlines()[0]
    return FailingRows(pl.concat(frames), errors)


def _fetch(connection: duckdb.DuckDBPyConnection, suite: Suite, rules: Sequence[Rule]) -> pl.DataFrame:
    checks = {check.id: check for check in suite.checks}
    failed = ", ".join(
        f"CASE WHEN ({rule.applies}\n) AND ({rule.fails}\n) THEN {quote_text(rule.check_id)} END" for rule in rules
    )
    messages = " ".join(
        f"WHEN {quote_text(rule.check_id)} THEN {_message_sql(checks[rule.check_id])}" for rule in rules
    )
    severities = " ".join(
        f"WHEN {quote_text(rule.check_id)} THEN {_severity_sql(checks[rule.check_id])}" for rule in rules
    )
    query = f"""
        SELECT site, subject, check_id, {quote_text(suite.category)} AS category,
            CASE check_id {severities} END AS severity,
            dataset, record, CASE check_id {messages} END AS message,
            source_file, CAST(source_row AS BIGINT) AS source_row
        FROM (
            SELECT *, unnest(failed_checks) AS check_id
            FROM (
                SELECT *, list_filter([{failed}], lambda id: id IS NOT NULL) AS failed_checks
                FROM {CHECKS_SCHEMA}.{quote_name(suite.model)}
            )
            WHERE len(failed_checks) > 0
        )
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

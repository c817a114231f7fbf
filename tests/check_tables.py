"""A DuckDB with the warehouse's functions and empty check-ready tables: predicates are tested without a dbt build."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb

from pipelines.date_functions import date_functions_sql
from pipelines.sql_text import quote_name
from pipelines.validate.check_models import CHECKS_SCHEMA, load_check_models


def open_with_functions(path: Path | str = ":memory:") -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(path)
    connection.execute(date_functions_sql())
    return connection


def call(connection: duckdb.DuckDBPyConnection, function: str, *arguments: object) -> object:
    """Return what a function of the warehouse gives for arguments that are texts."""
    marks = ", ".join("?::VARCHAR" for _ in arguments)
    row = connection.execute(f"SELECT {function}({marks})", list(arguments)).fetchone()
    assert row is not None
    return row[0]


def create_tables(connection: duckdb.DuckDBPyConnection, *models: str) -> None:
    """Create the named check-ready models as empty tables, with the columns and types of _checks.yml."""
    connection.execute(f"CREATE SCHEMA IF NOT EXISTS {CHECKS_SCHEMA}")
    for model in models:
        columns = load_check_models()[model].columns
        typed = ", ".join(f"{quote_name(name)} {data_type}" for name, data_type in columns.items())
        connection.execute(f"CREATE TABLE {CHECKS_SCHEMA}.{quote_name(model)} ({typed})")


def insert_rows(connection: duckdb.DuckDBPyConnection, model: str, rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows; columns that a row does not give are NULL."""
    for row in rows:
        names = ", ".join(map(quote_name, row))
        marks = ", ".join("?" for _ in row)
        connection.execute(f"INSERT INTO {CHECKS_SCHEMA}.{model} ({names}) VALUES ({marks})", list(row.values()))

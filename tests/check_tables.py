"""A DuckDB with the warehouse's functions and empty check-ready tables: predicates are tested without a dbt build."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
from jinja2 import Environment

from pipelines.settings import DBT_PROJECT_DIR
from pipelines.sql_text import quote_name
from pipelines.validate.check_models import CHECKS_SCHEMA, load_check_models


@cache
def macros() -> Any:
    """The Jinja macros of functions.sql; the file needs nothing of dbt."""
    text = (DBT_PROJECT_DIR / "macros" / "functions.sql").read_text(encoding="utf-8")
    return Environment(autoescape=False).from_string(text).module  # noqa: S701 - SQL, not HTML


def functions_sql() -> str:
    """The functions as dbt would create them."""
    return str(macros().create_functions())


def read_date_sql(raw: str, formats: str) -> str:
    """The SQL by which staging reads an expression as a date in declared formats (joined by |)."""
    return str(macros().read_date(raw, formats.split("|")))


def open_with_functions(path: Path | str = ":memory:") -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(path)
    connection.execute(functions_sql())
    return connection


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

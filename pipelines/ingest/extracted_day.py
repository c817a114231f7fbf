"""The day on which a file was extracted, as its own rows state it; asked only where a delivery is there already."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import polars as pl
import pyarrow as pa

from pipelines.date_functions import date_functions_sql, read_date_sql
from pipelines.foreign_text import normal_form_sql
from pipelines.ingest.refusal import Refusal
from pipelines.sql_text import quote_name
from pipelines.study_columns import expression_columns
from pipelines.study_source import Source
from pipelines.value_sql import code_sql, date_formats, trimmed_sql, value_sql

if TYPE_CHECKING:
    import duckdb

_OF_THREAD = threading.local()


def stated_day(table: pa.Table, source: Source) -> str | None:
    """Return the latest day that `extract_date` gives over a table's rows (ISO 8601), read as standardize reads it.

    None where the source has none, or no row a date that is readable to the day.

    Raises:
        Refusal: the SQL of `extract_date` fails on the rows.
    """
    expression = source.extract_date
    if expression is None or not table.num_rows:
        return None
    present = {name.casefold(): name for name in table.column_names}
    used = sorted(expression_columns(expression))
    delivered = [name for column in used if (name := present.get(column.casefold()))]
    columns = ", ".join(_cleaned(source, column, present.get(column.casefold())) for column in used)
    read = read_date_sql("value", date_formats(source, "extract_date", expression))
    values = f"SELECT {value_sql(expression)} AS value FROM (SELECT {columns or '1'} FROM given)"
    query = f"SELECT max(substr(day, 1, 10)) FROM (SELECT {read} AS day FROM ({values})) WHERE length(day) >= 10"
    # A file repeats its day in every row, so each is read once. DuckDB asked for that reads first and looks after.
    given = pl.DataFrame(table.select(delivered or [0])).unique()
    import duckdb

    connection = _connection()
    connection.register("given", given.to_arrow())
    try:
        row = connection.execute(query).fetchone()
    except duckdb.Error as error:  # its text may hold a cell's content
        raise Refusal("extract_date_unreadable", "the sql of extract_date fails on its rows") from error
    finally:
        connection.unregister("given")
    return row[0] if row else None


def _connection() -> duckdb.DuckDBPyConnection:
    """Return this thread's own DuckDB with the functions that read dates, made once: they take longer than a file."""
    import duckdb

    if not hasattr(_OF_THREAD, "connection"):
        _OF_THREAD.connection = duckdb.connect(config={"enable_external_access": "false", "threads": 1})
        _OF_THREAD.connection.execute(date_functions_sql())
    connection: duckdb.DuckDBPyConnection = _OF_THREAD.connection
    return connection


def _cleaned(source: Source, column: str, delivered: str | None) -> str:
    if delivered is None:
        return f"NULL::VARCHAR AS {quote_name(column)}"
    text = trimmed_sql(normal_form_sql(quote_name(delivered)))
    for code in source.missing:
        text = f"nullif({text}, {code_sql(code)})"
    return f"{text} AS {quote_name(column)}"

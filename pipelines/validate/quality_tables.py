"""What the warehouse's schema `quality` says of sites and subjects, for those who publish it with the findings."""

from __future__ import annotations

from dataclasses import dataclass, field

import duckdb
import polars as pl

SUBJECT_SCHEMA = {"site": pl.String, "subject": pl.String, "open_queries": pl.Int64}
READINESS_SCHEMA = {
    "study": pl.String,
    "site": pl.String,
    "dataset": pl.String,
    "record_kind": pl.String,
    "who": pl.String,
    "status": pl.String,
    "status_date": pl.String,
    "source_file": pl.String,
    "source_row": pl.Int64,
}


@dataclass(frozen=True)
class Quality:
    """What is said of sites and subjects beside the checks.

    `subjects`: one row a subject and site (site, subject, open_queries).
    `readiness`: one row per site and record of its documentation that is missing, has expired or soon will, columns as
    READINESS_SCHEMA.
    """

    subjects: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=SUBJECT_SCHEMA))
    readiness: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=READINESS_SCHEMA))


def read_quality(connection: duckdb.DuckDBPyConnection) -> Quality:
    """Return what dbt built into schema `quality`."""
    return Quality(
        _read(connection, "subject_status", SUBJECT_SCHEMA), _read(connection, "site_readiness", READINESS_SCHEMA)
    )


def _read(connection: duckdb.DuckDBPyConnection, table: str, schema: dict[str, type[pl.DataType]]) -> pl.DataFrame:
    columns = ", ".join(schema)
    return connection.sql(f"SELECT {columns} FROM quality.{table} ORDER BY ALL").pl().cast(schema)  # type: ignore[arg-type]

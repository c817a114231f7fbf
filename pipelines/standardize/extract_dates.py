"""The day on which each current file was extracted: as it says itself, else as study.yml says, else when it came."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import duckdb

from pipelines.date_functions import date_functions_sql, read_date_sql
from pipelines.ingest import CurrentDelivery
from pipelines.standardize.mapping import source_value_sql
from pipelines.standardize.source_files import SourceFiles
from pipelines.study import Study
from pipelines.study_source import Expression, Source
from pipelines.value_sql import date_formats

ExtractDates = dict[tuple[str, str], str]


def find_extract_dates(
    connection: duckdb.DuckDBPyConnection,
    study: Study,
    deliveries: Sequence[CurrentDelivery],
    files: dict[str, SourceFiles],
) -> ExtractDates:
    """Return (site, source) -> day (ISO 8601) for every current file of the study's sources.

    Of the dates that the source's `extract_date` gives over the rows of a file, the latest that is readable to the day
    counts. Files of a source that declares nothing are not read.
    """
    days = {
        (delivery.site, delivery.source): day_without_word(study, delivery.received_at)
        for delivery in deliveries
        if delivery.source in study.sources
    }
    return days | read_stated_days(connection, study, files)


def read_stated_days(
    connection: duckdb.DuckDBPyConnection, study: Study, files: dict[str, SourceFiles]
) -> ExtractDates:
    """Return (site, source) -> day for every one of these files whose rows state when it was extracted."""
    return {
        (site, name): day
        for name, source in study.sources.items()
        if source.extract_date is not None and name in files
        for site, day in _read_days(connection, source, source.extract_date, files[name])
    }


def day_without_word(study: Study, received_at: str) -> str:
    """Return the extract date of a file that names none: the study's, else the day on which the file was received."""
    return study.extract_date or received_at[:10]


def _read_days(
    connection: duckdb.DuckDBPyConnection, source: Source, expression: Expression, files: SourceFiles
) -> Iterator[tuple[str, str]]:
    connection.execute(date_functions_sql())
    read = read_date_sql("value", date_formats(source, "extract_date", expression))
    # A file repeats its day in every row, so each text is read once.
    given = f"SELECT DISTINCT site, value FROM ({source_value_sql(source, files, expression)})"
    query = f"SELECT site, max(substr(day, 1, 10)) FROM (SELECT site, {read} AS day FROM ({given}))"
    yield from connection.execute(f"{query} WHERE length(day) >= 10 GROUP BY site ORDER BY site").fetchall()

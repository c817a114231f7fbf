"""The days on which the countries of a study's sites do not work, as rows for dbt; a model cannot ask a calendar."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import duckdb

from pipelines.study import Study
from pipelines.working_days import has_calendar, is_working_day

# No study takes longer. It bounds what a slip in one year, 1924 for 2024, would lay.
_LONGEST_STUDY_YEARS = 30


def list_non_working_days(
    connection: duckdb.DuckDBPyConnection, study: Study, extract_days: list[str]
) -> list[tuple[str, str]]:
    """Return (country, day): weekends and holidays, less the working days that make up for a holiday.

    Of each country of the site list that has a calendar, whole years: from the earliest that the dates of visits name
    to the year of the latest extract. A study whose dates were shifted has none.

    Args:
        connection: the study's warehouse, with the views of schema `raw`.
        study: its configuration.
        extract_days: when its files were extracted, YYYY-MM-DD.
    """
    if study.date_shifted or not extract_days:
        return []
    last = int(max(extract_days)[:4])
    first = _earliest_year(connection, last)
    countries = connection.execute("SELECT DISTINCT country FROM raw.site WHERE country IS NOT NULL ORDER BY 1")
    named = [country for (country,) in countries.fetchall()]
    if first is None:
        return []
    return [
        (country, day.isoformat())
        for country in named
        if has_calendar(country)
        for day in _days_of_years(first, last)
        if not is_working_day(country, day)
    ]


def _earliest_year(connection: duckdb.DuckDBPyConnection, last: int) -> int | None:
    """Return the earliest year that a visit's date names, in whichever format it is written."""
    found = connection.execute(
        "SELECT min(year) FROM (SELECT unnest(regexp_extract_all(SVSTDTC, '(19|20)[0-9]{2}'))::INTEGER AS year"
        " FROM (SELECT DISTINCT SVSTDTC FROM raw.sv)) WHERE year BETWEEN ? AND ?",
        [last - _LONGEST_STUDY_YEARS, last],
    ).fetchone()
    return None if found is None else found[0]


def _days_of_years(first: int, last: int) -> Iterator[date]:
    day = date(first, 1, 1)
    while day.year <= last:
        yield day
        day += timedelta(days=1)

"""The functions of functions.sql in DuckDB: dates by declared format, numbers, what is certain of partial dates."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import date, timedelta

import duckdb
import pytest
from check_tables import open_with_functions
from hypothesis import given
from hypothesis import strategies as st

from pipelines.standardize.date_functions import read_date_sql


@pytest.fixture(scope="module")
def functions() -> Iterator[duckdb.DuckDBPyConnection]:
    connection = open_with_functions()
    yield connection
    connection.close()


def call(connection: duckdb.DuckDBPyConnection, function: str, *arguments: object) -> object:
    marks = ", ".join("?::VARCHAR" for _ in arguments)
    row = connection.execute(f"SELECT {function}({marks})", list(arguments)).fetchone()
    assert row is not None
    return row[0]


def read(connection: duckdb.DuckDBPyConnection, raw: str | None, formats: str) -> object:
    row = connection.execute(
        f"SELECT {read_date_sql('raw', formats.split('|'))} FROM (SELECT ?::VARCHAR AS raw)", [raw]
    ).fetchone()
    assert row is not None
    return row[0]


@pytest.mark.parametrize(
    ("raw", "formats", "iso"),
    [
        # Strict ISO 8601, partial forms kept.
        ("2024-02-29", "ISO8601", "2024-02-29"),
        ("2024-02", "ISO8601", "2024-02"),
        ("2024", "ISO8601", "2024"),
        ("2024-03-05T10:07", "ISO8601", "2024-03-05T10:07"),
        ("2024-03-05T10:07:59", "ISO8601", "2024-03-05T10:07"),
        ("2024-03-05T10:07:59.123", "ISO8601", "2024-03-05T10:07"),
        ("2024-03-05T00:00", "ISO8601", "2024-03-05T00:00"),
        ("2024-03-05T23:59", "ISO8601", "2024-03-05T23:59"),
        ("2024-03-05T24:00", "ISO8601", None),
        ("2024-03-05T10:60", "ISO8601", None),
        ("2024-03-05T10", "ISO8601", None),
        ("2024-03-05 10:07", "ISO8601", None),
        # No time zone is taken, so none is lost.
        ("2024-03-05T10:07Z", "ISO8601", None),
        ("2024-03-05T10:07+02:00", "ISO8601", None),
        # Days, months and years that are not.
        ("2023-02-29", "ISO8601", None),
        ("2024-02-30", "ISO8601", None),
        ("2024-04-31T10:00", "ISO8601", None),
        ("2024-00", "ISO8601", None),
        ("2024-13", "ISO8601", None),
        ("2024-01-00", "ISO8601", None),
        ("2024-1-5", "ISO8601", None),
        ("24", "ISO8601", None),
        ("2024-UN-UN", "ISO8601", None),
        ("2024--05", "ISO8601", None),
        ("--02-05", "ISO8601", None),
        # Nothing before or behind the date.
        (" 2024-01-01", "ISO8601", None),
        ("2024-01-01 ", "ISO8601", None),
        ("2024-01-01\n", "ISO8601", None),
        ("2024-01-01 (estimated)", "ISO8601", None),
        # Digits of other scripts are not ISO digits.
        ("٢٠٢٤-01-01", "ISO8601", None),
        # One declared form takes no other.
        ("2024-01-01", "YYYY-MM-DD", "2024-01-01"),
        ("2024-01", "YYYY-MM-DD", None),
        ("2024-01-01T10:00", "YYYY-MM-DD", None),
        ("2024-01", "YYYY-MM", "2024-01"),
        ("2024", "YYYY-MM", None),
        ("2024", "YYYY", "2024"),
        ("2024-01", "YYYY", None),
        # The day and the month are where the format says.
        ("02/03/2024", "DD/MM/YYYY", "2024-03-02"),
        ("02/03/2024", "MM/DD/YYYY", "2024-02-03"),
        ("2/3/2024", "DD/MM/YYYY", "2024-03-02"),
        ("13/02/2024", "MM/DD/YYYY", None),
        ("02/13/2024", "DD/MM/YYYY", None),
        ("31/02/2024", "DD/MM/YYYY", None),
        ("29/02/2024", "DD/MM/YYYY", "2024-02-29"),
        ("29/02/2023", "DD/MM/YYYY", None),
        ("00/01/2024", "DD/MM/YYYY", None),
        ("01/00/2024", "DD/MM/YYYY", None),
        ("01/02/24", "DD/MM/YYYY", None),
        ("01/02/20245", "DD/MM/YYYY", None),
        ("01-02-2024", "DD/MM/YYYY", None),
        ("01-02-2024", "DD-MM-YYYY", "2024-02-01"),
        ("01-02-2024", "MM-DD-YYYY", "2024-01-02"),
        ("01.02.2024", "DD.MM.YYYY", "2024-02-01"),
        ("01x02x2024", "DD.MM.YYYY", None),
        ("2024/2/1", "YYYY/MM/DD", "2024-02-01"),
        ("20240201", "YYYYMMDD", "2024-02-01"),
        ("20230229", "YYYYMMDD", None),
        ("45323", "YYYYMMDD", None),
        # Month names, in whatever case; only the three letters.
        ("01-Feb-2024", "DD-MMM-YYYY", "2024-02-01"),
        ("01-FEB-2024", "DD-MMM-YYYY", "2024-02-01"),
        ("1-feb-2024", "DD-MMM-YYYY", "2024-02-01"),
        ("01-February-2024", "DD-MMM-YYYY", None),
        ("01-FEV-2024", "DD-MMM-YYYY", None),
        ("UN-FEB-2024", "DD-MMM-YYYY", None),
        ("01 Feb 2024", "DD MMM YYYY", "2024-02-01"),
        ("01FEB2024", "DDMMMYYYY", "2024-02-01"),
        ("1FEB2024", "DDMMMYYYY", None),
        # Partial forms.
        ("02/2024", "MM/YYYY", "2024-02"),
        ("13/2024", "MM/YYYY", None),
        ("00/2024", "MM/YYYY", None),
        ("Feb-2024", "MMM-YYYY", "2024-02"),
        ("FEB 2024", "MMM YYYY", "2024-02"),
        # The first of several formats that fits.
        ("2024-02", "YYYY-MM-DD|YYYY-MM|YYYY", "2024-02"),
        ("2024", "YYYY-MM-DD|YYYY-MM|YYYY", "2024"),
        ("02/03/2024", "DD/MM/YYYY|MM/DD/YYYY", "2024-03-02"),
        ("02/13/2024", "DD/MM/YYYY|MM/DD/YYYY", "2024-02-13"),
        ("UNK", "YYYY-MM-DD|YYYY-MM|YYYY", None),
        # Nothing, and nothing declared.
        ("", "ISO8601", None),
        (None, "ISO8601", None),
        # A year that nobody means.
        ("0024-01-01", "ISO8601", None),
        ("1799", "ISO8601", None),
        ("1800", "ISO8601", "1800"),
        ("2199-12-31", "YYYY-MM-DD", "2199-12-31"),
        ("01/01/2200", "DD/MM/YYYY", None),
    ],
)
def test_a_date_is_read_by_its_format_or_not_at_all(
    raw: str | None, formats: str, iso: str | None, functions: duckdb.DuckDBPyConnection
) -> None:
    assert read(functions, raw, formats) == iso


@pytest.mark.parametrize(
    ("raw", "number"),
    [
        ("5", 5.0), ("007", 7.0), ("+3", 3.0), ("-3", -3.0), ("-0", 0.0), ("0.10", 0.1), (".5", 0.5), ("-.5", -0.5),
        ("5.", 5.0), ("1" * 40, float("1" * 40)),
        ("1,5", None), ("1.234,5", None), ("1,234.5", None), ("<5", None), (">5", None), ("5+", None), ("~5", None),
        ("1e400", None), ("1e5", None), ("NaN", None), ("inf", None), ("-Infinity", None), ("0x10", None),
        ("1_000", None), ("1 000", None), (" 5", None), ("5 ", None), ("5\n", None), ("٣", None), ("½", None),
        ("--5", None), ("1.2.3", None), (".", None), ("-", None), ("", None), (None, None), ("1" * 41, None),
        ("5 mg", None), ("5%", None),
    ],
)  # fmt: skip
def test_a_number_is_exact_or_none(raw: str | None, number: float | None, functions: duckdb.DuckDBPyConnection) -> None:
    assert call(functions, "to_number", raw) == number


YEAR, MONTH, DAY, MINUTE = "2024", "2024-05", "2024-05-10", "2024-05-10T12:30"


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("2025", YEAR), ("2025-01", YEAR), ("2025-01-01", YEAR), ("2025-01-01T00:00", YEAR),
        ("2025", MONTH), ("2024-06", MONTH), ("2024-06-01", MONTH), ("2024-06-01T00:00", MONTH),
        ("2025", DAY), ("2024-06", DAY), ("2024-05-11", DAY), ("2024-05-11T00:00", DAY),
        ("2025", MINUTE), ("2024-06", MINUTE), ("2024-05-11", MINUTE), ("2024-05-10T12:31", MINUTE),
    ],
)  # fmt: skip
def test_it_is_after_for_certain(a: str, b: str, functions: duckdb.DuckDBPyConnection) -> None:
    assert call(functions, "certainly_after", a, b) is True
    assert call(functions, "certainly_after", b, a) is False


@pytest.mark.parametrize("b", [YEAR, MONTH, DAY, MINUTE])
@pytest.mark.parametrize("a", [YEAR, MONTH, DAY, MINUTE])
def test_equal_as_far_as_both_go_is_not_after(a: str, b: str, functions: duckdb.DuckDBPyConnection) -> None:
    assert call(functions, "certainly_after", a, b) is False


@pytest.mark.parametrize(
    ("a", "b"), [("2024-12-31", "2024"), ("2024-05-31", MONTH), ("2024-05-10T23:59", DAY), ("2024-12", "2024")]
)
def test_the_end_of_a_period_is_not_after_the_period(a: str, b: str, functions: duckdb.DuckDBPyConnection) -> None:
    assert call(functions, "certainly_after", a, b) is False


@pytest.mark.parametrize(("a", "b"), [(None, DAY), (DAY, None), (None, None)])
def test_a_blank_date_is_not_after_anything(a: str | None, b: str | None, functions: duckdb.DuckDBPyConnection) -> None:
    assert call(functions, "certainly_after", a, b) is False


def test_seconds_do_not_count(functions: duckdb.DuckDBPyConnection) -> None:
    assert call(functions, "certainly_after", "2024-05-10T12:30:59", "2024-05-10T12:30:01") is False


@pytest.mark.parametrize(
    ("iso", "first", "final"),
    [
        ("2024", date(2024, 1, 1), date(2024, 12, 31)),
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        ("2023-02", date(2023, 2, 1), date(2023, 2, 28)),
        ("1900-02", date(1900, 2, 1), date(1900, 2, 28)),
        ("2000-02", date(2000, 2, 1), date(2000, 2, 29)),
        ("2024-12", date(2024, 12, 1), date(2024, 12, 31)),
        ("2024-02-29", date(2024, 2, 29), date(2024, 2, 29)),
        ("2024-02-29T23:59", date(2024, 2, 29), date(2024, 2, 29)),
        ("2023-02-29", None, None),
        (None, None, None),
    ],
)
def test_the_first_and_final_day_of_a_partial_date(
    iso: str | None, first: date | None, final: date | None, functions: duckdb.DuckDBPyConnection
) -> None:
    assert call(functions, "first_day", iso) == first
    assert call(functions, "final_day", iso) == final


@pytest.mark.parametrize(
    ("a", "b", "days"),
    [
        ("2024-01-01", "2024-01-31", 30), ("2024-01-31", "2024-01-01", -30), ("2024-01-01", "2024-01-01", 0),
        ("2024-02-28", "2024-03-01", 2), ("2023-02-28", "2023-03-01", 1), ("2024-01", "2024-03-01", 30),
        ("2024-01-01", "2024-03", 60), ("2024-01", "2024-01", -30), ("2023", "2024", 1),
        ("2024-01-01T23:59", "2024-01-02T00:00", 1), (None, "2024-01-01", None), ("2024-01-01", None, None),
    ],
)  # fmt: skip
def test_the_fewest_days_between(
    a: str | None, b: str | None, days: int | None, functions: duckdb.DuckDBPyConnection
) -> None:
    assert call(functions, "least_days_between", a, b) == days


@pytest.mark.parametrize(
    ("a", "b", "differ"),
    [
        ("2024-01-02", "2024-01-03", True),
        ("2024-01-03", "2024-01-02", True),
        ("2024-01-02", "2024-01", False),
        ("2024-01-02T10:00", "2024-01-02", False),
        (None, "2024", False),
        ("2024", None, False),
    ],
)
def test_dates_differ_when_one_is_certainly_after_the_other(
    a: str | None, b: str | None, differ: bool, functions: duckdb.DuckDBPyConnection
) -> None:
    assert call(functions, "certainly_differ", a, b) is differ


@pytest.mark.parametrize(
    ("birth", "day", "lowest", "highest"),
    [
        ("1990-01-02", "2024-01-01", 33, 33),
        ("1990-01-02", "2024-01-02", 34, 34),
        ("1990-01-02", "2024-01-02T08:00", 34, 34),
        ("1990", "2024-06-15", 33, 34),
        ("1990", "2024-12-31", 34, 34),
        ("1990-06", "2024-06-15", 33, 34),
        ("1990-06-15", "2024", 33, 34),
        # Born on a leap day: a year older on the first of March.
        ("2000-02-29", "2001-02-28", 0, 0),
        ("2000-02-29", "2001-03-01", 1, 1),
        ("2024-05-02", "2024-05-01", -1, -1),
        (None, "2024", None, None),
        ("1990", None, None, None),
    ],
)
def test_the_ages_that_are_possible(
    birth: str | None, day: str | None, lowest: int | None, highest: int | None, functions: duckdb.DuckDBPyConnection
) -> None:
    assert call(functions, "lowest_age", birth, day) == lowest
    assert call(functions, "highest_age", birth, day) == highest


# Hypothesis: few days apart, so that equal years, months and days are common.
days = st.integers(min_value=0, max_value=800).map(lambda offset: date(2023, 1, 1) + timedelta(days=offset))
precisions = st.sampled_from([4, 7, 10])
partial_dates = st.builds(lambda day, length: day.isoformat()[:length], days, precisions)
times = st.builds("T{:02d}:{:02d}".format, st.integers(0, 23), st.integers(0, 59))
moments = st.one_of(partial_dates, st.builds(lambda day, time: day.isoformat() + time, days, times))


def days_of(partial: str) -> tuple[date, date]:
    """The first and last day that a partial date can be, by Python's calendar."""
    if len(partial) == 4:
        return date(int(partial), 1, 1), date(int(partial), 12, 31)
    if len(partial) == 7:
        year, month = map(int, partial.split("-"))
        following = date(year + month // 12, month % 12 + 1, 1)
        return date(year, month, 1), following - timedelta(days=1)
    return date.fromisoformat(partial), date.fromisoformat(partial)


@given(a=moments)
def test_nothing_is_after_itself(a: str, functions: duckdb.DuckDBPyConnection) -> None:
    assert call(functions, "certainly_after", a, a) is False


@given(a=moments, b=moments)
def test_two_dates_are_not_after_each_other(a: str, b: str, functions: duckdb.DuckDBPyConnection) -> None:
    assert not (call(functions, "certainly_after", a, b) and call(functions, "certainly_after", b, a))


@given(a=days, b=days)
def test_complete_dates_compare_as_dates(a: date, b: date, functions: duckdb.DuckDBPyConnection) -> None:
    assert call(functions, "certainly_after", a.isoformat(), b.isoformat()) is (a > b)
    assert call(functions, "least_days_between", a.isoformat(), b.isoformat()) == (b - a).days


@given(a=partial_dates, b=partial_dates)
def test_it_is_certain_exactly_when_the_periods_do_not_overlap(
    a: str, b: str, functions: duckdb.DuckDBPyConnection
) -> None:
    (first_of_a, final_of_a), (first_of_b, final_of_b) = days_of(a), days_of(b)
    assert call(functions, "certainly_after", a, b) is (first_of_a > final_of_b)
    assert call(functions, "first_day", a) == first_of_a
    assert call(functions, "final_day", a) == final_of_a
    assert call(functions, "least_days_between", a, b) == (first_of_b - final_of_a).days


@given(raw=st.text(max_size=12))
def test_no_text_breaks_a_function_or_gives_more_than_it_says(raw: str, functions: duckdb.DuckDBPyConnection) -> None:
    iso = read(functions, raw, "ISO8601|DD/MM/YYYY|DD-MMM-YYYY")
    assert iso is None or call(functions, "first_day", iso) is not None
    number = call(functions, "to_number", raw)
    assert number is None or (isinstance(number, float) and math.isfinite(number))

"""The functions of functions.sql in DuckDB: dates by declared format, and numbers."""

from __future__ import annotations

import math

import duckdb
import pytest
from check_tables import call
from hypothesis import given
from hypothesis import strategies as st

from pipelines.date_functions import read_date_sql


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
        ("2024-03-05T24:00", "ISO8601", "2024-03-06T00:00"),
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
        ("UN-FEB-2024", "DD-MMM-YYYY", "2024-02"),
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
        ("5.", 5.0), ("9" * 15, 1e15 - 1), ("0" * 9 + "9" * 15 + ".5", 1e15 - 0.5),
        ("9007199254740993", None), ("1" * 40, None),
        ("1,5", None), ("1.234,5", None), ("1,234.5", None), ("<5", None), (">5", None), ("5+", None), ("~5", None),
        ("1e400", None), ("1e5", None), ("NaN", None), ("inf", None), ("-Infinity", None), ("0x10", None),
        ("1_000", None), ("1 000", None), (" 5", None), ("5 ", None), ("5\n", None), ("٣", None), ("½", None),
        ("--5", None), ("1.2.3", None), (".", None), ("-", None), ("", None), (None, None), ("1" * 41, None),
        ("5 mg", None), ("5%", None),
    ],
)  # fmt: skip
def test_a_number_is_exact_or_none(raw: str | None, number: float | None, functions: duckdb.DuckDBPyConnection) -> None:
    assert call(functions, "to_number", raw) == number


@given(raw=st.text(max_size=12))
def test_no_text_breaks_a_function_or_gives_more_than_it_says(raw: str, functions: duckdb.DuckDBPyConnection) -> None:
    iso = read(functions, raw, "ISO8601|DD/MM/YYYY|DD-MMM-YYYY")
    assert iso is None or call(functions, "first_day", iso) is not None
    number = call(functions, "to_number", raw)
    assert number is None or (isinstance(number, float) and math.isfinite(number))

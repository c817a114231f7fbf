"""The functions of functions.sql in DuckDB that read results, infusion times and dates without a month."""

from __future__ import annotations

import duckdb
import pytest
from check_tables import call


@pytest.mark.parametrize(
    ("raw", "number"),
    [
        ("5", 5.0), ("5.0", 5.0), ("-5", -5.0), (" 5 ", 5.0), ("<5", 5.0), (">5", 5.0), ("<=5", 5.0), (">=5", 5.0),
        ("< 5.1", 5.1), (">=  10", 10.0), ("<-3", -3.0), ("５．１", 5.1), ("＜５", 5.0), ("＞＝５", 5.0),
        ("－５", -5.0), ("=5", None), ("<<5", None), ("<", None), ("5<", None), ("5,1", None), ("~5", None),
        ("<5 mg", None), ("hemolyzed", None), ("", None), (None, None),
    ],
)  # fmt: skip
def test_a_result_states_a_number_alone_or_behind_a_comparator(
    raw: str | None, number: float | None, functions: duckdb.DuckDBPyConnection
) -> None:
    assert call(functions, "stated_number", raw) == number


def test_every_digit_of_full_width_is_read(functions: duckdb.DuckDBPyConnection) -> None:
    assert call(functions, "plain_digits", "０１２３４５６７８９．＋－＜＞＝") == "0123456789.+-<>="
    assert call(functions, "plain_digits", "ｍg ５") == "ｍg 5"


@pytest.mark.parametrize(
    "raw",
    [
        "2010---01", "2010--01", "2010---1", "2010---01T10:00", "2010-UNK-01", "2010-XX-01", "01-UNK-2010", "1/UN/2010",
        "01UNK2010", "01 unk 2010", "1.NK.2010", "01-XXX-2010", "01--2010", "01---2010",
    ],
)  # fmt: skip
def test_a_year_and_a_day_lack_only_the_month(raw: str, functions: duckdb.DuckDBPyConnection) -> None:
    assert call(functions, "lacks_only_month", raw) is True


@pytest.mark.parametrize(
    "raw",
    [
        "2010", "2010-01", "2010-01-01", "2010---", "2010----", "---01", "01-JAN-2010", "01-01-2010", "20100101",
        "012010", "UN-UNK-2010", "UNK-2010", "UN-JAN-2010", "UN/05/2010", "UNK", "", None,
    ],
)  # fmt: skip
def test_another_date_lacks_more_or_nothing(raw: str | None, functions: duckdb.DuckDBPyConnection) -> None:
    assert call(functions, "lacks_only_month", raw) is False


@pytest.mark.parametrize(
    ("a", "b", "hours"),
    [
        ("2024-01-01T10:00", "2024-01-02T10:00", 24.0), ("2024-01-01T10:00", "2024-01-01T11:30", 1.5),
        ("2024-01-01T11:00", "2024-01-01T10:00", -1.0), ("2024-01-01", "2024-01-02", 0.0),
        ("2024-01-01", "2024-01-03", 24.0), ("2024-01-01T10:00", "2024-01-02", 14.0),
        ("2024-01-01", "2024-01-02T10:00", 10.0), ("2024-01", "2024-02", 0.0), ("2024-01-01", "2024-01-01", -24.0),
        (None, "2024-01-01", None), ("2024-01-01", None, None),
    ],
)  # fmt: skip
def test_the_fewest_hours_between_two_dates(
    a: str | None, b: str | None, hours: float | None, functions: duckdb.DuckDBPyConnection
) -> None:
    assert call(functions, "least_hours_between", a, b) == hours

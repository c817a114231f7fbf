"""Dates some months apart: a validity counts forward from a date, an age backward, and only what is certain is said."""

from __future__ import annotations

import duckdb
import pytest
from check_tables import call


@pytest.mark.parametrize(
    ("start", "months", "iso", "beyond"),
    [
        ("2021-01-10", 36, "2024-01-10", False), ("2021-01-10", 36, "2024-01-11", True),
        ("2024-01-31", 1, "2024-02-29", False), ("2024-01-31", 1, "2024-03-01", True),
        ("2024-01", 1, "2024-02-29", False), ("2024-01", 1, "2024-03", True), ("2024-01-10", 1, "2024-02", False),
        ("2024-01-10T14:00", 1, "2024-02-10T15:00", False), (None, 1, "2024-02", False), ("2024-01", 1, None, False),
    ],
)  # fmt: skip
def test_a_date_lies_beyond_some_months_for_certain(
    start: str | None, months: int, iso: str | None, beyond: bool, functions: duckdb.DuckDBPyConnection
) -> None:
    assert call(functions, "certainly_beyond_months", start, months, iso) is beyond


@pytest.mark.parametrize(
    ("iso", "b", "months", "expected"),
    [
        ("2021-01-10", "2024-01-10", 36, False), ("2021-01-09", "2024-01-10", 36, True),
        ("2021-02-28", "2024-02-29", 36, False), ("2021-02-27", "2024-02-29", 36, True),
        ("2021-01", "2024-01-10", 36, False), ("2020-12", "2024-01-10", 36, True),
        ("2021-01-10", "2024-01", 36, False), ("2020-12-31", "2024-01", 36, True),
        ("2021", "2024-12-31", 36, False), ("2024-01-10T23:59", "2024-01-10", 0, False),
    ],
)  # fmt: skip
def test_a_date_is_older_than_some_months(
    iso: str, b: str, months: int, expected: bool, functions: duckdb.DuckDBPyConnection
) -> None:
    row = functions.execute(f"SELECT certainly_older(?::VARCHAR, ?::VARCHAR, {months})", [iso, b]).fetchone()
    assert row == (expected,)


@pytest.mark.parametrize(("iso", "b"), [(None, "2024-05-10"), ("2024-05-10", None)])
def test_a_blank_date_is_not_older(iso: str | None, b: str | None, functions: duckdb.DuckDBPyConnection) -> None:
    assert functions.execute("SELECT certainly_older(?::VARCHAR, ?::VARCHAR, 0)", [iso, b]).fetchone() == (False,)

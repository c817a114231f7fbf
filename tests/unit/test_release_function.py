"""The function of functions.sql that reads a date from the version of a dictionary."""

from __future__ import annotations

import duckdb
import pytest
from check_tables import call


@pytest.mark.parametrize(
    ("version", "release"),
    [
        ("WHODrug Global B3 2024-03", "2024-03"), ("WHODrug 202403", "2024-03"), ("WHODRUG B3 2024/09/01", "2024-09"),
        ("WHODrug Global March 1, 2024", "2024-03"), ("WHODD 2023SEP", "2023-09"), ("WHODrug 01-Dec-2023", "2023-12"),
        ("WHODrug 2024", "2024"), ("WHODrug 2024-13", "2024"), ("WHODrug 20240", "2024"), ("Samaria 2024", "2024"),
        ("WHODrug 20240301", "2024-03"), ("WHODrug 20240332", "2024"), ("WHODrug 20241301", "2024"),
        ("WHODrug Mar 24", None), ("WHODrug B3 MAR", None), ("WHODrug B3", None), ("", None), (None, None),
    ],
)  # fmt: skip
def test_a_release_is_the_month_that_names_a_version(
    version: str | None, release: str | None, functions: duckdb.DuckDBPyConnection
) -> None:
    assert call(functions, "release_of", version) == release

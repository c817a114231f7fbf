"""The functions of the warehouse, for the tests that ask them directly."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest
from check_tables import open_with_functions


@pytest.fixture(scope="module")
def functions() -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection to an empty database that has them."""
    connection = open_with_functions()
    yield connection
    connection.close()

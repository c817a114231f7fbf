"""One in-memory DuckDB with every check-ready model, for all specs."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest
from check_tables import create_tables, open_with_functions

from pipelines.validate.check_models import load_check_models


@pytest.fixture(scope="session")
def tables() -> Iterator[duckdb.DuckDBPyConnection]:
    connection = open_with_functions()
    create_tables(connection, *load_check_models())
    yield connection
    connection.close()

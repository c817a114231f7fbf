"""A SQLAlchemy dialect that lets Great Expectations read DuckDB."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import duckdb_sqlalchemy
from sqlalchemy import Engine
from sqlalchemy.dialects import registry
from sqlalchemy.engine.cursor import FullyBufferedCursorFetchStrategy


class BufferedExecutionContext(duckdb_sqlalchemy.DuckDBExecutionContext):
    """Fetches a result when it is there.

    Great Expectations 1.24 gives the connection back to the pool before it fetches the rows; DuckDB has dropped them by
    then, and each expectation fails with an IndexError while the run reports only success=False. Drop this once it
    fetches first.
    """

    def post_exec(self) -> None:
        """Buffer the rows of a statement that returns some."""
        super().post_exec()
        if self.cursor.description is not None:
            self.cursor_fetch_strategy = FullyBufferedCursorFetchStrategy(
                self.cursor, alternate_description=None, initial_buffer=self.cursor.fetchall()
            )


class BufferedDuckDBDialect(duckdb_sqlalchemy.Dialect):
    """DuckDB with buffered results; its name in a URL is `duckdb+gx`."""

    driver = "gx"
    execution_ctx_cls = BufferedExecutionContext
    supports_statement_cache = False


def register_dialect() -> None:
    """Make `duckdb+gx://` known to SQLAlchemy."""
    registry.register("duckdb.gx", __name__, BufferedDuckDBDialect.__name__)


@contextmanager
def interrupted_after(engine: Engine, seconds: float) -> Iterator[None]:
    """Interrupt whatever the engine's connections are executing once `seconds` have passed."""
    connections: list[Any] = []

    def remember(dbapi_connection: Any, *_: Any) -> None:
        connections.append(dbapi_connection)

    from sqlalchemy import event

    def interrupt() -> None:
        for connection in connections:
            connection.interrupt()

    timer = threading.Timer(seconds, interrupt)
    timer.daemon = True
    event.listen(engine, "checkout", remember)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        event.remove(engine, "checkout", remember)

"""A SQLAlchemy dialect that lets Great Expectations read DuckDB."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import duckdb
import duckdb_sqlalchemy
from sqlalchemy import Engine, event
from sqlalchemy.dialects import registry
from sqlalchemy.engine.cursor import FullyBufferedCursorFetchStrategy

from pipelines.validate.check_models import CHECKS_SCHEMA

INTERRUPT_EVERY_SECONDS = 0.05


class BufferedExecutionContext(duckdb_sqlalchemy.DuckDBExecutionContext):
    """Fetches a result when it is there.

    Great Expectations 1.24 gives the connection back to the pool before it fetches the rows; DuckDB has dropped them by
    then, and each expectation fails with an IndexError while the run reports only success=False. Drop this once it
    fetches first.
    """

    def post_exec(self) -> None:
        """Buffer the rows of a statement that returns some."""
        super().post_exec()  # type: ignore[no-untyped-call]  # SQLAlchemy gives it no types
        if self.cursor.description is not None:
            self.cursor_fetch_strategy = FullyBufferedCursorFetchStrategy(
                self.cursor, alternate_description=None, initial_buffer=self.cursor.fetchall()
            )


class BufferedDuckDBDialect(duckdb_sqlalchemy.Dialect):
    """DuckDB with buffered results; its name in a URL is `duckdb+gx`."""

    driver = "gx"
    execution_ctx_cls = BufferedExecutionContext
    supports_statement_cache = False

    def connect(self, *arguments: Any, **options: Any) -> Any:
        """Open a connection that looks for tables among the check-ready models; Great Expectations names no schema."""
        connection = super().connect(*arguments, **options)
        connection.execute(f"SET search_path = '{CHECKS_SCHEMA},main'")
        return connection


def register_dialect() -> None:
    """Make `duckdb+gx://` known to SQLAlchemy."""
    registry.register("duckdb.gx", __name__, BufferedDuckDBDialect.__name__)


@contextmanager
def interrupted_after(engine: Engine, seconds: float) -> Iterator[None]:
    """Interrupt whatever the engine's connections execute once `seconds` have passed, and go on until the end.

    Once would not do: Great Expectations 1.24 tries a failed metric twice more, and those tries would have no limit.
    """
    connections: list[Any] = []
    finished = threading.Event()

    def remember(dbapi_connection: Any, *_: Any) -> None:
        connections.append(dbapi_connection)

    def forget(dbapi_connection: Any, *_: Any) -> None:
        connections.remove(dbapi_connection)

    def interrupt() -> None:
        wait = seconds
        while not finished.wait(wait):
            for connection in list(connections):
                with suppress(duckdb.ConnectionException):  # closed meanwhile
                    connection.interrupt()
            wait = INTERRUPT_EVERY_SECONDS

    thread = threading.Thread(target=interrupt, daemon=True)
    event.listen(engine, "checkout", remember)
    event.listen(engine, "checkin", forget)
    thread.start()
    try:
        yield
    finally:
        finished.set()
        thread.join()
        event.remove(engine, "checkin", forget)
        event.remove(engine, "checkout", remember)

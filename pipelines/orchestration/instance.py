"""The Dagster instance of a home: one history for the command line and the UI, in SQLite below home/dagster."""

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import dagster as dg

from pipelines.settings import HOME_VARIABLE, PROJECT_ROOT, Home, offline_environment

CONFIGURATION = PROJECT_ROOT / "dagster.yaml"
WORKSPACE = PROJECT_ROOT / "workspace.yaml"


def prepare_instance(home: Home) -> Path:
    """Make home/dagster ready as DAGSTER_HOME: it holds a copy of the root dagster.yaml, renewed when that changes."""
    home.dagster.mkdir(parents=True, exist_ok=True)
    wanted = CONFIGURATION.read_text(encoding="utf-8")
    copy = home.dagster / CONFIGURATION.name
    if not copy.is_file() or copy.read_text(encoding="utf-8") != wanted:
        fresh = copy.with_suffix(".new")
        fresh.write_text(wanted, encoding="utf-8")
        fresh.replace(copy)
    return home.dagster


def open_instance(home: Home) -> dg.DagsterInstance:
    """Open the home's instance; its runs stay and are seen in the UI."""
    return dg.DagsterInstance.from_config(str(prepare_instance(home)))


@contextlib.contextmanager
def history_held_open(home: Home, run_id: str) -> Iterator[None]:
    """Hold the files of the home's history that a run writes into open for so long.

    Dagster opens a connection for each event, several times, and SQLite folds its log into a file whenever the last
    connection to it closes. With one more connection open it does so once, at the end: half the time of an event.
    """
    history = home.dagster / "history"
    files = (history / "runs.db", history / "runs" / "index.db", history / "runs" / f"{run_id}.db")
    with contextlib.ExitStack() as held:
        for path in files:
            connection = held.enter_context(contextlib.closing(sqlite3.connect(path)))
            # A connection counts only when it has read something.
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        yield


def dagster_environment(home: Home) -> dict[str, str]:
    """Return the environment for a Dagster process that serves this home."""
    return offline_environment(**{HOME_VARIABLE: str(home.root), "DAGSTER_HOME": str(prepare_instance(home))})

"""Who takes part in a study, by pseudonymous keys, so that another study can tell that it has the same person.

Only keys and days pass between studies: no subject, no site and no name of a study. What a study learns are the days on
which people of its own take part elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import polars as pl

from pipelines.settings import Home
from pipelines.standardize.date_functions import date_functions_sql, read_date_sql

Participation = tuple[str, str | None, str | None]
_COLUMNS = ["identity_key", "first_date", "last_date"]
_SCHEMA = dict.fromkeys(_COLUMNS, pl.String)
# Of these dates of demographics the first that is known begins or ends a participation.
_FIRST, _LAST = ("RFICDTC", "RFSTDTC", "DMDTC"), ("RFPENDTC", "DTHDTC")


def publish_participations(connection: duckdb.DuckDBPyConnection, home: Home, study_id: str) -> None:
    """Write participations/<STUDY>.parquet from the study's raw view of DM, whole or not at all.

    Columns: identity_key, first_date, last_date (ISO 8601, maybe partial; null where not known). One row per key and
    pair of dates. A study without keys has no file.
    """
    path = _file_of(home, study_id)
    connection.execute(date_functions_sql())
    rows = connection.execute(_query(connection)).fetchall()
    if not rows:
        path.unlink(missing_ok=True)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    pl.DataFrame(rows, schema=_SCHEMA, orient="row").write_parquet(part)
    part.replace(path)


def list_participations_elsewhere(home: Home, study_id: str) -> list[Participation]:
    """Return (key, first date, last date) of the study's own people in other studies, as these have published them."""
    own, others = _file_of(home, study_id), sorted(_folder(home).glob("*.parquet"))
    if own not in others:
        return []
    keys = pl.read_parquet(own).select("identity_key").unique()
    elsewhere = [pl.read_parquet(path).join(keys, on="identity_key", how="semi") for path in others if path != own]
    return pl.concat([pl.DataFrame(schema=_SCHEMA), *elsewhere]).unique().sort(_COLUMNS, nulls_last=True).rows()


def _query(connection: duckdb.DuckDBPyConnection) -> str:
    first, last = (f"coalesce({', '.join(_read(connection, name) for name in names)})" for names in (_FIRST, _LAST))
    return (
        f"SELECT DISTINCT identity_key, {first} AS first_date, {last} AS last_date FROM raw.dm "
        "WHERE identity_key IS NOT NULL ORDER BY ALL"
    )


def _read(connection: duckdb.DuckDBPyConnection, variable: str) -> str:
    """Return the SQL that reads a date of the view in whatever formats its rows declare."""
    cases = " ".join(
        f"WHEN '{formats}' THEN {read_date_sql(variable, formats.split('|'))}"
        for formats in _declared(connection, variable)
        if formats
    )
    return f"CASE {variable}__format {cases} END" if cases else "NULL"


def _declared(connection: duckdb.DuckDBPyConnection, variable: str) -> Iterator[str]:
    found = connection.execute(
        f"SELECT DISTINCT {variable}__format FROM raw.dm WHERE {variable} IS NOT NULL ORDER BY 1"
    )
    yield from (formats for (formats,) in found.fetchall() if formats is not None)


def _folder(home: Home) -> Path:
    return home.root / "participations"


def _file_of(home: Home, study_id: str) -> Path:
    return _folder(home) / f"{study_id}.parquet"

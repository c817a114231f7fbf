"""Who takes part in a study, by pseudonymous keys, so that another study can tell that it has the same person.

Only keys and days pass between studies: no subject, no site and no name of a study. What a study learns are the days on
which people of its own take part elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import polars as pl

from pipelines.date_functions import date_functions_sql, read_date_sql
from pipelines.settings import Home

Participation = tuple[str, str | None, str | None]
_COLUMNS = ["identity_key", "first_date", "last_date"]
_SCHEMA = dict.fromkeys(_COLUMNS, pl.String)
# Of these dates of demographics the first that is known begins a participation.
_FIRST = ("RFICDTC", "RFSTDTC", "DMDTC")
# Without a known end a participation is known to last until the last of these.
_SEEN = {"sv": ("SVSTDTC", "true"), "ex": ("EXSTDTC", "coalesce(upper(EXOCCUR) <> 'N', true)")}


def publish_participations(connection: duckdb.DuckDBPyConnection, home: Home, study_id: str) -> None:
    """Write participations/<STUDY>.parquet from the study's raw views of DM, SV and EX, whole or not at all.

    Columns: identity_key (small letters), first_date, last_date (ISO 8601, maybe partial; null where not known). The
    last is the end of participation, else the last day on which it is known to go on: of a dated visit or dose. One
    row per key and pair of dates. A study without keys has no file.
    """
    path = _file_of(home, study_id)
    connection.execute(date_functions_sql())
    keys = connection.execute("SELECT 1 FROM raw.dm WHERE identity_key IS NOT NULL LIMIT 1").fetchone()
    rows = connection.execute(_query(connection)).fetchall() if keys else []
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
    keys = _read_keys(own).select("identity_key").unique()
    elsewhere = [_read_keys(path).join(keys, on="identity_key", how="semi") for path in others if path != own]
    return pl.concat([pl.DataFrame(schema=_SCHEMA), *elsewhere]).unique().sort(_COLUMNS, nulls_last=True).rows()


def _read_keys(path: Path) -> pl.DataFrame:
    return pl.read_parquet(path).with_columns(pl.col("identity_key").str.to_lowercase())


def _query(connection: duckdb.DuckDBPyConnection) -> str:
    first = f"coalesce({', '.join(_read(connection, 'dm', name) for name in _FIRST)})"
    days = " UNION ALL ".join(
        f"SELECT USUBJID, {_read(connection, view, name)} AS day FROM raw.{view} WHERE {counts}"
        for view, (name, counts) in _SEEN.items()
    )
    return (
        f"WITH seen AS (SELECT USUBJID, max(day) AS last_day FROM ({days}) GROUP BY USUBJID) "
        f"SELECT DISTINCT lower(identity_key) AS identity_key, {first} AS first_date, "
        f"coalesce({_read(connection, 'dm', 'RFPENDTC')}, seen.last_day) AS last_date "
        "FROM raw.dm AS dm LEFT JOIN seen ON dm.USUBJID = seen.USUBJID "
        "WHERE identity_key IS NOT NULL ORDER BY ALL"
    )


def _read(connection: duckdb.DuckDBPyConnection, view: str, variable: str) -> str:
    """Return the SQL that reads a date of the view in whatever formats its rows declare."""
    cases = " ".join(
        f"WHEN '{formats}' THEN {read_date_sql(variable, formats.split('|'))}"
        for formats in _declared(connection, view, variable)
        if formats
    )
    return f"CASE {variable}__format {cases} END" if cases else "NULL"


def _declared(connection: duckdb.DuckDBPyConnection, view: str, variable: str) -> Iterator[str]:
    found = connection.execute(
        f"SELECT DISTINCT {variable}__format FROM raw.{view} WHERE {variable} IS NOT NULL ORDER BY 1"
    )
    yield from (formats for (formats,) in found.fetchall() if formats is not None)


def _folder(home: Home) -> Path:
    return home.root / "participations"


def _file_of(home: Home, study_id: str) -> Path:
    return _folder(home) / f"{study_id}.parquet"

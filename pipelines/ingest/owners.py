"""Whose data a file holds: a row that names another site or another study refuses it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.foreign_text import normal_form
from pipelines.ingest.refusal import Refusal
from pipelines.study_source import Expression, Source

STUDY_MISMATCH = "study_mismatch"


def hold_to_site(table: pa.Table, source: Source, site: str, is_site: Callable[[str], bool]) -> None:
    """Refuse a table of which a row names another site than the one that delivered it; blank names none.

    Raises:
        Refusal: it names the row, and the other site if it is a known one (else the value may be anything).
    """
    foreign = _first_foreign(table, source.site, "site", [site, *source.missing])
    if foreign is None:
        return
    row, named = foreign
    whose = f"site {named}" if is_site(named) else "another site"
    raise Refusal("site_mismatch", f"row {row} names {whose} {_where(source.site, 'site')}, but {site} delivered it")


def hold_to_study(table: pa.Table, source: Source, names: Collection[str]) -> None:
    """Refuse a table of which a row names another study than `names` do; blank names none.

    Raises:
        Refusal: it names the row and no value, which may be a patient's where the columns are not the agreed ones.
    """
    foreign = _first_foreign(table, source.study, "study", [*names, *source.missing])
    if foreign is not None:
        raise Refusal(STUDY_MISMATCH, f"row {foreign[0]} names another study {_where(source.study, 'study')}")


def _first_foreign(table: pa.Table, owner: Expression | None, what: str, own: Sequence[str]) -> tuple[int, str] | None:
    """Return the first row (from 1) that names an owner who is not one of ours, and the name."""
    if owner is None:
        return None
    values = _named_owners(table, owner, what)
    ours = {"", *map(normal_form, own)}
    foreign = {value for value in pc.unique(values).to_pylist() if normal_form(value).strip() not in ours}
    if not foreign:
        return None
    row, value = next((row, value) for row, value in enumerate(values.to_pylist(), start=1) if value in foreign)
    return row, normal_form(value).strip()


def _where(owner: Expression | None, what: str) -> str:
    return f"in column {owner.item}" if owner and owner.item else f"by the sql of {what} in study.yml"


def _named_owners(table: pa.Table, owner: Expression, what: str) -> pa.ChunkedArray:
    """Return what each row names, blank where it names nothing."""
    if owner.item is not None:
        column = table.column([name.casefold() for name in table.column_names].index(owner.item.casefold()))
        return pc.fill_null(column, "") if column.null_count else column
    import duckdb

    with duckdb.connect(config={"enable_external_access": "false"}) as connection:
        connection.register("delivered", table)
        query = f"SELECT coalesce(CAST(({owner.sql}\n) AS VARCHAR), '') AS owner FROM delivered"
        try:
            return connection.sql(query).to_arrow_table().column("owner")
        except duckdb.Error as error:  # its text may hold a cell's content
            raise Refusal(f"{what}_unreadable", f"the sql of {what} in study.yml fails on its rows") from error

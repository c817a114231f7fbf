"""Lays an increment over the rows before it: rows of the same key are replaced, new ones added, removed ones go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce
from typing import Any

import polars as pl
import pyarrow as pa

from pipelines.foreign_text import normal_form
from pipelines.ingest.layout import LINEAGE_COLUMNS, REMOVE, TRANSACTION

# The kind of transaction that changes nothing, in any case.
CONTEXT = "context"
SOURCE_FILE, SOURCE_ROW = LINEAGE_COLUMNS[:2]
_KEY = "__key"
_ORDER = "__order"


def lay_increments(increments: Sequence[pa.Table], key: Sequence[str], base: pa.Table | None = None) -> pa.Table:
    """Return the rows that increments give together, in their order; each has text columns with lineage before them.

    `base` are rows that others gave before.

    A row keeps the lineage of the file that it came in last. With a column TransactionType, the rows of a file are
    taken one after the other: Remove drops the rows with its key (a key column that is NULL stands for any value),
    Context changes nothing, Insert replaces, and any other keeps the old value where its own is NULL. Without it, all
    rows of a key take the place of those before. What is NULL in the end is blank.
    """
    frames = [pl.DataFrame(table) for table in increments]
    before = frames[0].clear() if base is None else pl.DataFrame(base)
    laid = reduce(lambda rows, new: _lay(rows, new, key), frames, before)
    blank = [pl.col(name).fill_null("") for name in laid.columns if name not in LINEAGE_COLUMNS]
    return laid.with_columns(blank).to_arrow().cast(pa.schema(_field(laid, name) for name in laid.columns))


def with_source_files(table: pa.Table, renamed: Mapping[str, str]) -> pa.Table:
    """Return rows whose file is told under another name, where another file has taken the name that it came under."""
    if not renamed:
        return table
    frame = pl.DataFrame(table)
    return frame.with_columns(pl.col(SOURCE_FILE).replace(dict(renamed))).to_arrow()


def _field(frame: pl.DataFrame, name: str) -> pa.Field:
    return pa.field(name, pa.int64() if frame.schema[name].is_integer() else pa.string())


def _lay(base: pl.DataFrame, new: pl.DataFrame, key: Sequence[str]) -> pl.DataFrame:
    base, new = _with_columns_of(base, new)
    base, new = _keyed(base, key), _keyed(new, key)
    transaction = next((name for name in new.columns if name.casefold() == TRANSACTION.casefold()), None)
    if transaction is not None:
        base, new = _by_transaction(base, new, key, transaction)
    kept = base.join(new.select(_KEY).unique(), on=_KEY, how="anti", maintain_order="left")
    return pl.concat([kept, new]).drop(_KEY)


def _with_columns_of(base: pl.DataFrame, new: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Give both frames the columns of both, a name in any case being one; lineage first."""
    known = {name.casefold(): name for name in base.columns}
    new = new.rename({name: known[name.casefold()] for name in new.columns if name.casefold() in known})
    names = list(dict.fromkeys([*base.columns, *new.columns]))
    names.sort(key=lambda name: LINEAGE_COLUMNS.index(name) if name in LINEAGE_COLUMNS else len(LINEAGE_COLUMNS))
    schema = {name: pl.Int64 if name == SOURCE_ROW else pl.String for name in names}
    return tuple(  # type: ignore[return-value]
        frame.with_columns(pl.lit(None, pl.String).alias(name) for name in names if name not in frame.columns)
        .select(names)
        .cast(schema)  # type: ignore[arg-type]
        for frame in (base, new)
    )


def key_expression(frame: pl.DataFrame, key: Sequence[str]) -> pl.Expr:
    """Return what tells rows apart: the key's columns, as text is compared, found in any case; NULL is blank."""
    present = {name.casefold(): name for name in frame.columns}
    parts = []
    for column in key:
        name = present[column.casefold()]
        text = pl.col(name).fill_null("").str.strip_chars(" \t\r\n")
        if not frame[name].is_null().all() and frame[name].str.contains("[^ -~]").any():
            forms = {value: normal_form(value) for value in frame[name].drop_nulls().unique()}
            text = pl.col(name).replace(forms).fill_null("").str.strip_chars(" \t\r\n")
        parts.append(text)
    return pl.struct(part.alias(str(place)) for place, part in enumerate(parts))


def _keyed(frame: pl.DataFrame, key: Sequence[str]) -> pl.DataFrame:
    return frame.with_columns(key_expression(frame, key).alias(_KEY))


def _by_transaction(
    base: pl.DataFrame, new: pl.DataFrame, key: Sequence[str], transaction: str
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Play the transactions of a file over the rows of its keys; return the rows that they leave be, and the played."""
    own = {name.casefold(): name for name in new.columns}
    columns = [own[column.casefold()] for column in key]
    removes_many = new.filter(pl.any_horizontal(pl.col(columns).is_null())).height > 0
    plain = new.clear()
    if not removes_many:
        # The most are new and said once, above all in a first full file: they need not be played one by one.
        kind = pl.col(transaction).fill_null("").str.strip_chars().str.to_lowercase()
        is_plain = ~pl.col(_KEY).is_duplicated() & ~kind.is_in([REMOVE.casefold(), CONTEXT])
        plain = new.filter(is_plain).join(base.select(_KEY), on=_KEY, how="anti", maintain_order="left")
        new = new.join(plain.select(_KEY), on=_KEY, how="anti", maintain_order="left")
    touched = base if removes_many else base.join(new.select(_KEY).unique(), on=_KEY, how="semi")
    state: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for row in touched.iter_rows(named=True):
        state.setdefault(tuple(row[_KEY].values()), []).append(row)
    for row in new.iter_rows(named=True):
        _play(state, row, columns, (row[transaction] or "").strip().casefold())
    played = [row for rows in state.values() for row in rows]
    left = base.clear() if removes_many else base.join(touched.select(_KEY).unique(), on=_KEY, how="anti")
    return left, pl.concat([plain, pl.DataFrame(played, schema=new.schema)]) if played else plain


def _play(
    state: dict[tuple[str, ...], list[dict[str, Any]]], row: dict[str, Any], columns: Sequence[str], kind: str
) -> None:
    at = tuple(row[_KEY].values())
    if kind == REMOVE.casefold():
        named = [place for place, column in enumerate(columns) if row[column] is not None]
        for other in [other for other in state if all(other[place] == at[place] for place in named)]:
            del state[other]
    elif kind != CONTEXT:
        before = state.get(at)
        if before is None or kind == "insert":
            # A key that comes back after it was removed is told at the end, as any new row.
            state[at] = [row]
        else:
            state[at] = [{name: old[name] if row[name] is None else row[name] for name in row} for old in before]

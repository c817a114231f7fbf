"""Lays an increment over the rows before it: rows of the same key are replaced, new ones added, removed ones go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce
from typing import Any

import polars as pl
import pyarrow as pa

from pipelines.foreign_text import normal_form
from pipelines.ingest.layout import LINEAGE_COLUMNS, REMOVE, TRANSACTION
from pipelines.ingest.readers.odm_names import PARENT_KEYS, outer_groups

# The kind of transaction that changes nothing, in any case.
CONTEXT = "context"
SOURCE_FILE, SOURCE_ROW = LINEAGE_COLUMNS[:2]
_KEY = "__key"
_PLACE = "__place"


def lay_increments(increments: Sequence[pa.Table], key: Sequence[str], base: pa.Table | None = None) -> pa.Table:
    """Return the rows that increments give together, in their order; each has text columns with lineage before them.

    `base` are rows that others gave before.

    A row keeps the lineage of the file that it came in last. With a column TransactionType, the rows without a number
    (0) come first: each takes back all rows that have what it names, in whatever columns. The others are taken one
    after the other: Remove drops the rows with its key, Context changes nothing, Insert replaces, and any other keeps
    the old value where its own is NULL. Without it, all rows of a key take the place of those before. What is NULL in
    the end is blank.
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
    transaction = next((name for name in new.columns if name.casefold() == TRANSACTION.casefold()), None)
    if transaction is not None:
        is_removal = pl.col(SOURCE_ROW) == 0
        base = _without_removed(base, new.filter(is_removal).drop(*LINEAGE_COLUMNS, transaction, strict=False))
        new = new.filter(~is_removal)
    base, new = _keyed(base, key), _keyed(new, key)
    if transaction is not None:
        base, new = _by_transaction(base, new, transaction)
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


def _without_removed(base: pl.DataFrame, removals: pl.DataFrame) -> pl.DataFrame:
    """Return the rows that no removal from above takes back; of one, only the columns that are not NULL count.

    The key of the contract says nothing here: a form's rows may well be told apart without naming the form.
    """
    if removals.is_empty():
        return base
    removals = removals[[one.name for one in removals if one.null_count() < removals.height]]
    named = pl.concat_list(pl.when(pl.col(name).is_not_null()).then(pl.lit(name)) for name in removals.columns)
    for (names,), some in removals.group_by(named.list.drop_nulls().alias("named"), maintain_order=True):
        columns = list(names)
        placed = base.with_row_index(_PLACE)
        spread = _with_outer_groups(placed, columns)
        found = spread.select(_PLACE, key_expression(spread, columns).alias(_KEY))
        taken = found.join(some.select(key_expression(some, columns).alias(_KEY)), on=_KEY, how="semi")
        base = placed.join(taken.select(_PLACE), on=_PLACE, how="anti", maintain_order="left").drop(_PLACE)
    return base


def _with_outer_groups(rows: pl.DataFrame, columns: Sequence[str]) -> pl.DataFrame:
    """Return each row once for every group that stands around it, where columns name the groups around: ODM 2.0."""
    if not set(PARENT_KEYS) <= set(columns):
        return rows
    paths = rows.select(pl.col(PARENT_KEYS).fill_null("")).unique().rows()
    spread = [(*path, *outer) for path in paths for outer in outer_groups(*path)]
    outer_names = [f"{_PLACE}{name}" for name in PARENT_KEYS]
    outer = pl.DataFrame(spread, schema=dict.fromkeys([*PARENT_KEYS, *outer_names], pl.String), orient="row")
    met = rows.with_columns(pl.col(PARENT_KEYS).fill_null("")).join(outer, on=PARENT_KEYS)
    return met.drop(PARENT_KEYS).rename(dict(zip(outer_names, PARENT_KEYS, strict=True)))


def _by_transaction(base: pl.DataFrame, new: pl.DataFrame, transaction: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Play the transactions of a file over the rows of its keys; return the rows that they leave be, and the played."""
    # The most are new and said once, above all in a first full file: they need not be played one by one.
    kind = pl.col(transaction).fill_null("").str.strip_chars().str.to_lowercase()
    is_plain = ~pl.col(_KEY).is_duplicated() & ~kind.is_in([REMOVE.casefold(), CONTEXT])
    plain = new.filter(is_plain).join(base.select(_KEY), on=_KEY, how="anti", maintain_order="left")
    new = new.join(plain.select(_KEY), on=_KEY, how="anti", maintain_order="left")
    touched = base.join(new.select(_KEY).unique(), on=_KEY, how="semi")
    state: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for row in touched.iter_rows(named=True):
        state.setdefault(tuple(row[_KEY].values()), []).append(row)
    for row in new.iter_rows(named=True):
        _play(state, row, (row[transaction] or "").strip().casefold())
    played = [row for rows in state.values() for row in rows]
    left = base.join(touched.select(_KEY).unique(), on=_KEY, how="anti")
    return left, pl.concat([plain, pl.DataFrame(played, schema=new.schema)]) if played else plain


def _play(state: dict[tuple[str, ...], list[dict[str, Any]]], row: dict[str, Any], kind: str) -> None:
    at = tuple(row[_KEY].values())
    if kind == REMOVE.casefold():
        state.pop(at, None)
    elif kind != CONTEXT:
        before = state.get(at)
        if before is None or kind == "insert":
            # A key that comes back after it was removed is told at the end, as any new row.
            state[at] = [row]
        else:
            state[at] = [{name: old[name] if row[name] is None else row[name] for name in row} for old in before]

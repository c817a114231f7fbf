"""What a corrected delivery changed: record by record, each variable's old and new text, records added and removed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import duckdb
import polars as pl

from pipelines.foreign_text import normal_form_sql
from pipelines.ingest import CurrentDelivery, current_deliveries, held_deliveries
from pipelines.ingest.increments import key_expression
from pipelines.ingest.layout import LINEAGE_COLUMNS
from pipelines.settings import Home
from pipelines.sql_text import quote_name, quote_text
from pipelines.standardize.consecutive_deliveries import comparable_files, consecutive_pairs, key_text
from pipelines.standardize.mapping import DELIVERED_SUFFIX, raw_view_sql
from pipelines.standardize.record_pairs import Found, pair_records
from pipelines.standardize.source_files import source_files
from pipelines.study import Study
from pipelines.value_sql import trimmed_sql
from pipelines.vocabulary import Dataset, Variable, load_vocabulary

_SCHEMA = dict.fromkeys(
    ("study", "site", "source", "dataset", "subject", "record", "change", "variable", "old", "new", "source_file"),
    pl.String,
) | {"source_row": pl.Int64}
_ABOUT = ("subject", "record", "undated", "source_file", "source_row")

Pair = tuple[CurrentDelivery, CurrentDelivery]


@dataclass(frozen=True)
class _Side:
    """The records of one of two deliveries: the columns of _ABOUT, and `values` as text, NULL where blank.

    `dates` are those values that are dates of a key.
    """

    rows: pl.DataFrame
    values: tuple[str, ...]
    dates: frozenset[str] = frozenset()


def list_changes(
    home: Home, study: Study, site: str | None = None, source: str | None = None, *, held: bool = False
) -> pl.DataFrame:
    """Return how the current delivery of each site and source differs from the one before it; of some, if named.

    Columns: study, site, source, dataset, subject, record (its key), change (changed, added, removed), variable, old,
    new, source_file and source_row (of the newer delivery, or of the record that was removed). One row a variable of a
    changed record, one a record that was added or removed. With `held`, what is held stands beside the current one.

    Records are compared as the mapping gives them, by the dataset's natural key, one without a date first; what no
    mapping reads, or gives no key, by the columns of the source's `delivery.key`, else as a whole. A record of which
    nothing but a date of its key differs is the same one.
    """
    current = current_deliveries(home, study.study)
    if held:
        by_place = {(one.site, one.source): one for one in current}
        waiting = held_deliveries(home, study.study)
        pairs = {(w.site, w.source): (by_place[w.site, w.source], w) for w in waiting if (w.site, w.source) in by_place}
    else:
        pairs = consecutive_pairs(home, study, current)
    rows: list[tuple[object, ...]] = []
    with duckdb.connect() as connection:
        for at, pair in sorted(pairs.items()):
            if site in (None, at[0]) and source in (None, at[1]) and at[1] in study.sources:
                rows += ((study.study, *at, *told) for told in _changes_of(connection, study, pair))
    return pl.DataFrame(rows, schema=_SCHEMA, orient="row")


def _changes_of(connection: duckdb.DuckDBPyConnection, study: Study, pair: Pair) -> Iterator[tuple[object, ...]]:
    """Yield what differs between two deliveries, dataset by dataset."""
    source = pair[1].source
    fed = [
        dataset
        for dataset in load_vocabulary().values()
        if any(mapping.source == source for mapping in study.map.get(dataset.name, []))
    ]
    is_keyed = False
    told: list[tuple[object, ...]] = []
    for dataset in fed:
        before, now = (_mapped(connection, study, dataset, pair, one) for one in pair)
        is_keyed = is_keyed or any(side.rows["record"].is_not_null().any() for side in (before, now))
        told += ((dataset.name, *row) for row in _differences(before, now))
    if fed and (is_keyed or not study.sources[source].delivery.key):
        yield from told
    else:
        before, now = (_as_delivered(study, one) for one in pair)
        yield from (("", *row) for row in _differences(before, now))


def _mapped(
    connection: duckdb.DuckDBPyConnection, study: Study, dataset: Dataset, pair: Pair, one: CurrentDelivery
) -> _Side:
    """Return the records that the mapping gives of a delivery for a dataset, with the key of each."""
    dates = {variable.name for variable in dataset.variables.values() if variable.type == "date"}
    keys = [
        key for key in (*dataset.stable_keys, *dataset.natural_key) if comparable_files(study, dataset, key, [pair])
    ]
    values = tuple(dataset.variables)
    columns = ", ".join(_as_compared(variable) for variable in dataset.variables.values())
    query = f"""
        SELECT coalesce(subject, '') AS subject, {_first_filled(keys)} AS record,
            {_first_filled(keys, without=dates)} AS undated, source_file, source_row, {columns}
        FROM ({raw_view_sql(study, dataset, source_files(study, [one]))})
        WHERE source_name = {quote_text(one.source)}"""
    return _Side(connection.sql(query).pl(), values, frozenset(name for key in keys for name in key if name in dates))


def _as_compared(variable: Variable) -> str:
    """Return the SQL of a variable's text in normal form, of a number with the decimal mark that it came with."""
    name = quote_name(variable.name)
    if variable.type != "number":
        return name
    delivered = trimmed_sql(normal_form_sql(quote_name(variable.name + DELIVERED_SUFFIX)))
    return f"coalesce({delivered}, {name}) AS {name}"


def _first_filled(keys: Sequence[Sequence[str]], without: frozenset[str] | set[str] = frozenset()) -> str:
    """Return the SQL of the first key that a record has filled, without some of its variables."""
    branches = []
    for key in dict.fromkeys(map(tuple, keys)):
        shown = [name for name in key if name not in without]
        filled = " AND ".join(f"{quote_name(name)} IS NOT NULL" for name in key)
        branches.append(f"WHEN {filled} THEN {key_text(shown) if shown else 'NULL'}")
    return f"CASE {' '.join(branches)} END" if branches else "NULL::VARCHAR"


def _as_delivered(study: Study, one: CurrentDelivery) -> _Side:
    """Return the rows of a delivery with the key of its contract; a row without one has no key."""
    frame = pl.read_parquet(one.rows_path)
    key = study.sources[one.source].delivery.key
    values = tuple(name for name in frame.columns if name not in LINEAGE_COLUMNS)
    blank_is_null = [pl.col(name).str.strip_chars(" \t\r\n").replace("", None) for name in values]
    present = {name.casefold() for name in values}
    if key and {name.casefold() for name in key} <= present:
        parts = frame.select(key_expression(frame, key).alias("key"))["key"].struct.unnest()
        named = [pl.lit(f"{name}=") + pl.col(str(place)) for place, name in enumerate(key)]
        record = parts.select(pl.concat_str(named, separator=" ")).to_series()
    else:
        record = pl.Series([None] * frame.height, dtype=pl.String)
    file, row = LINEAGE_COLUMNS[:2]
    about = frame.select(
        pl.lit("").alias("subject"),
        record.alias("record"),
        pl.lit(None, pl.String).alias("undated"),
        pl.col(file).alias("source_file"),
        pl.col(row).alias("source_row"),
    )
    return _Side(about.hstack(frame.select(blank_is_null)), values)


def _differences(before: _Side, now: _Side) -> Iterator[tuple[object, ...]]:
    """Yield (subject, record, change, variable, old, new, source_file, source_row), by subject and record."""
    names = {name.casefold(): name for name in (*before.values, *now.values)}
    values = tuple(dict.fromkeys(names.values()))
    earlier, later = (_aligned(side, names) for side in (before, now))
    compared = ["subject", "record", *values]
    counted = [frame.with_columns(pl.int_range(pl.len()).over(compared).alias("like")) for frame in (earlier, later)]
    on = [*compared, "like"]
    gone = counted[0].join(counted[1], on=on, how="anti", nulls_equal=True)
    come = counted[1].join(counted[0], on=on, how="anti", nulls_equal=True)
    dates = [place for place, name in enumerate(values) if name in before.dates]
    changes = pair_records(_found(gone, values), _found(come, values), dates)
    for old, new in sorted(changes, key=lambda pair: _place(*pair)):
        one = new or old
        if one is None:
            continue
        about = (one.subject, one.record or "")
        if old is None or new is None:
            yield (*about, "added" if old is None else "removed", "", None, None, one.source_file, one.source_row)
            continue
        for name, was, is_now in zip(values, old.values, new.values, strict=True):
            if was != is_now:
                yield (*about, "changed", name, was, is_now, one.source_file, one.source_row)


def _aligned(side: _Side, names: dict[str, str]) -> pl.DataFrame:
    """Return a side's rows with the columns of both sides, a name in any case being one."""
    own = {name.casefold(): name for name in side.values}
    columns = [
        (pl.col(own[folded]) if folded in own else pl.lit(None, pl.String)).alias(name)
        for folded, name in names.items()
    ]
    return side.rows.select(*_ABOUT, *columns)


def _found(frame: pl.DataFrame, values: Sequence[str]) -> list[Found]:
    records = frame.select(*_ABOUT, *values).iter_rows()
    return [Found(subject, key, undated, file, row, tuple(rest)) for subject, key, undated, file, row, *rest in records]


def _place(old: Found | None, new: Found | None) -> tuple[str, str, int]:
    one = new or old
    return (one.subject, one.record or "", one.source_row) if one else ("", "", 0)

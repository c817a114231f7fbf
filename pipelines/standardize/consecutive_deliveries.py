"""A current file beside the one that counted before it: is it new, and which records are no longer there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import duckdb
import polars as pl

from pipelines.ingest import CurrentDelivery, late_deliveries, previous_deliveries, repeated_deliveries
from pipelines.ingest.increments import key_expression
from pipelines.settings import Home
from pipelines.sql_text import columns_in, quote_name, quote_text
from pipelines.standardize.delivery_facts import VANISHED_ROWS, dataset_of_source
from pipelines.standardize.extract_dates import read_stated_days
from pipelines.standardize.mapping import mapped_expressions, raw_view_sql
from pipelines.standardize.source_files import SourceFiles, source_files
from pipelines.study import Study
from pipelines.study_columns import expression_columns
from pipelines.study_source import Source
from pipelines.vocabulary import Dataset, load_vocabulary

# A finding names so many of the records that vanished, and counts all.
NAMED_RECORDS = 5

StableKey = tuple[str, ...]
# Which (site, source) can be compared by which key.
KeyFiles = dict[StableKey, list[tuple[str, str]]]


def list_redeliveries(
    connection: duckdb.DuckDBPyConnection, home: Home, study: Study, deliveries: Sequence[CurrentDelivery]
) -> list[tuple[object, ...]]:
    """Return (site, source, source_file, repeated on, stated date, previous stated date, late file, late on) by file.

    There is one for each current file but the first. It is repeated when its bytes came again after it, under whatever
    name; `repeated on` is the day on which they did so last, None where they did not. The dates are those that the rows
    of a file state as its extract date; None where they state none. Where a file came last that was extracted before
    the current one, both are told as the later and the earlier of the two, with its name and the day of its receipt.
    """
    pairs = consecutive_pairs(home, study, deliveries)
    previous = [before for before, _ in pairs.values()]
    repeated = {at: received[:10] for at, received in repeated_deliveries(home, study.study).items()}
    late = late_deliveries(home, study.study)
    stated = read_stated_days(connection, study, source_files(study, [now for _, now in pairs.values()]))
    before = read_stated_days(connection, study, source_files(study, previous))
    overtaken = [now for now in deliveries if (now.site, now.source) in late]
    own = read_stated_days(connection, study, source_files(study, overtaken))
    rows: list[tuple[object, ...]] = []
    for now in deliveries:
        at = (now.site, now.source)
        if now.source not in study.sources or at not in {*pairs, *repeated, *late}:
            continue
        days: tuple[str | None, ...]
        if at in late:
            days = (late[at].extracted, own.get(at), late[at].source_file, late[at].received_at[:10])
        else:
            days = (stated.get(at), before.get(at), None, None)
        rows.append((*at, now.source_file, repeated.get(at), *days))
    return rows


def count_vanished(
    connection: duckdb.DuckDBPyConnection,
    home: Home,
    study: Study,
    deliveries: Sequence[CurrentDelivery],
    held: Sequence[CurrentDelivery] = (),
) -> list[tuple[object, ...]]:
    """Return (site, source, dataset, source_file, records before, vanished, some of them), one per dataset and file.

    Counted are the records of the delivery before whose subject and stable key (a natural key without a date) the
    current one has no more; only where a site has delivered other content of the source before, and for keys whose
    columns both files have. Records without such a key are not looked at, and what is read is those files alone. One
    that is held stands beside the current one instead; what it lacks of the keys of its contract is told in any case.
    """
    pairs = consecutive_pairs(home, study, deliveries)
    current = {(delivery.site, delivery.source): delivery for delivery in deliveries}
    waiting = {(one.site, one.source): one for one in held if one.source in study.sources}
    pairs |= {at: (current[at], one) for at, one in waiting.items() if at in current}
    if not pairs:
        return []
    before = source_files(study, [previous for previous, _ in pairs.values()])
    now = source_files(study, [current for _, current in pairs.values()])
    rows: list[tuple[object, ...]] = []
    for dataset in load_vocabulary().values():
        keys = {key: comparable_files(study, dataset, key, pairs.values()) for key in dataset.stable_keys}
        if any(keys.values()):
            query = _vanished_sql(study, dataset, keys, before, now)
            for site, source, *counts in connection.execute(query).fetchall():
                rows.append((site, source, dataset.name, pairs[site, source][1].source_file, *counts))
    told = {(row[0], row[1]) for row in rows if row[5]}
    for at, one in waiting.items():
        if at in pairs and at not in told and _lacks_comparable_keys(study.sources[one.source], *pairs[at]):
            dataset_name = dataset_of_source(study, one.source)
            rows = [row for row in rows if row[:3] != (*at, dataset_name)]
            rows.append((*at, dataset_name, one.source_file, *_vanished_keys(study.sources[one.source], *pairs[at])))
    return rows


def _lacks_comparable_keys(source: Source, before: CurrentDelivery, held: CurrentDelivery) -> bool:
    """Return whether a file is held for keys of the contract that both files have; it may have changed since."""
    names = {name.casefold() for name in source.delivery.key}
    present = [{column.casefold() for column in one.columns} for one in (before, held)]
    return VANISHED_ROWS in held.held_for and bool(names) and all(names <= columns for columns in present)


def _vanished_keys(source: Source, before: CurrentDelivery, now: CurrentDelivery) -> tuple[int, int, str]:
    """Return how many keys of the contract a delivery has, how many of them the other lacks, and some of those."""
    names = source.delivery.key
    earlier, later = (pl.read_parquet(delivery.rows_path) for delivery in (before, now))
    keys = earlier.select(key_expression(earlier, names).alias("key")).unique()
    gone = keys.join(later.select(key_expression(later, names).alias("key")).unique(), on="key", how="anti")
    first = sorted(
        " ".join(f"{name}={part}" for name, part in zip(names, key.values(), strict=True)) for key in gone["key"]
    )
    return keys.height, gone.height, "; ".join(first[:NAMED_RECORDS])


def consecutive_pairs(
    home: Home, study: Study, deliveries: Sequence[CurrentDelivery]
) -> dict[tuple[str, str], tuple[CurrentDelivery, CurrentDelivery]]:
    """Return (site, source) -> the delivery before and the current one, where other content was current before."""
    before = {(delivery.site, delivery.source): delivery for delivery in previous_deliveries(home, study.study)}
    return {
        (now.site, now.source): (before[now.site, now.source], now)
        for now in deliveries
        if now.source in study.sources and (now.site, now.source) in before
    }


def comparable_files(
    study: Study, dataset: Dataset, key: StableKey, pairs: Iterable[tuple[CurrentDelivery, CurrentDelivery]]
) -> list[tuple[str, str]]:
    """Return (site, source) of the files that fill a key from the same columns as the ones before them."""
    needed: dict[str, set[str]] = {}
    for mapping in study.map.get(dataset.name, []):
        expressions = [value for variable, value in mapped_expressions(mapping, dataset) if variable in key]
        subject = study.sources[mapping.source].subject
        columns = set(columns_in(mapping.where)) if mapping.where else set()
        columns.update(*(expression_columns(value) for value in (*expressions, *([subject] if subject else []))))
        needed.setdefault(mapping.source, set()).update(map(str.casefold, columns))
    return [
        (now.site, now.source)
        for before, now in pairs
        if now.source in needed
        and not needed[now.source] & ({*map(str.casefold, before.columns)} ^ {*map(str.casefold, now.columns)})
    ]


def _vanished_sql(
    study: Study, dataset: Dataset, keys: KeyFiles, before: dict[str, SourceFiles], now: dict[str, SourceFiles]
) -> str:
    return f"""
        WITH earlier AS ({_keys_sql(study, dataset, keys, before)}),
        vanished AS (SELECT * FROM earlier EXCEPT ({_keys_sql(study, dataset, keys, now)})),
        counted AS (SELECT site, source_name, count(*) AS records FROM earlier GROUP BY ALL),
        gone AS (
            SELECT site, source_name, count(*) AS records,
                array_to_string(list_sort(list(concat_ws(' ', subject, record)))[1:{NAMED_RECORDS}], '; ') AS named
            FROM vanished GROUP BY ALL
        )
        SELECT site, source_name, counted.records, coalesce(gone.records, 0), gone.named
        FROM counted LEFT JOIN gone USING (site, source_name)
        ORDER BY site, source_name"""


def _keys_sql(study: Study, dataset: Dataset, keys: KeyFiles, files: dict[str, SourceFiles]) -> str:
    """Select the keyed records of some files, each once: its site, source and subject, and its key as in staging."""
    branches = " ".join(
        f"WHEN (site, source_name) IN ({_pairs_text(compared)})"
        f" AND {' AND '.join(f'{quote_name(name)} IS NOT NULL' for name in key)} THEN {key_text(key)}"
        for key, compared in keys.items()
        if compared
    )
    return f"""
        SELECT DISTINCT site, source_name, coalesce(subject, '') AS subject, CASE {branches} END AS record
        FROM ({raw_view_sql(study, dataset, files)})
        WHERE record IS NOT NULL"""


def _pairs_text(pairs: Sequence[tuple[str, str]]) -> str:
    return ", ".join(f"({quote_text(site)}, {quote_text(source)})" for site, source in pairs)


def key_text(names: Sequence[str]) -> str:
    """Return the SQL that writes a record's key: `AESPID=3`, several variables with a blank between them."""
    parts = ", ".join(f"{quote_text(name + '=')} || {quote_name(name)}" for name in names)
    return f"concat_ws(' ', {parts})"

"""A current file beside the one that counted before it: is it new, and which records are no longer there."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from pipelines.ingest import CurrentDelivery, previous_deliveries, repeated_deliveries
from pipelines.settings import Home
from pipelines.sql_text import quote_name, quote_text
from pipelines.standardize.extract_dates import read_stated_days
from pipelines.standardize.mapping import raw_view_sql
from pipelines.standardize.source_files import SourceFiles, source_files
from pipelines.study import Study
from pipelines.vocabulary import Dataset, load_vocabulary

# A finding names so many of the records that vanished, and counts all.
NAMED_RECORDS = 5


def list_redeliveries(
    connection: duckdb.DuckDBPyConnection, home: Home, study: Study, deliveries: Sequence[CurrentDelivery]
) -> list[tuple[object, ...]]:
    """Return (site, source, source_file, repeated, stated date, previous stated date), a row a file that is no first.

    A file is repeated when its bytes came again after it, under whatever name. The dates are those that the rows of a
    file state as its extract date; None where they state none.
    """
    pairs = _pairs(home, study, deliveries)
    previous = [before for before, _ in pairs.values()]
    repeated = repeated_deliveries(home, study.study)
    stated = read_stated_days(connection, study, source_files(study, [now for _, now in pairs.values()]))
    before = read_stated_days(connection, study, source_files(study, previous))
    return [
        (
            now.site, now.source, now.source_file, (now.site, now.source) in repeated,
            stated.get((now.site, now.source)), before.get((now.site, now.source)),
        )
        for now in deliveries
        if now.source in study.sources and (now.site, now.source) in {*pairs, *repeated}
    ]  # fmt: skip


def count_vanished(
    connection: duckdb.DuckDBPyConnection, home: Home, study: Study, deliveries: Sequence[CurrentDelivery]
) -> list[tuple[object, ...]]:
    """Return (site, source, dataset, source_file, records before, vanished, some of them), one per dataset and file.

    Counted are the records of the delivery before whose subject and natural key the current one has no more; only where
    a site has delivered other content of the source before. What is read is those files alone.
    """
    pairs = _pairs(home, study, deliveries)
    if not pairs:
        return []
    before = source_files(study, [previous for previous, _ in pairs.values()])
    now = source_files(study, [current for _, current in pairs.values()])
    rows: list[tuple[object, ...]] = []
    for dataset in load_vocabulary().values():
        if any(mapping.source in before for mapping in study.map.get(dataset.name, [])):
            for site, source, *counts in connection.execute(_vanished_sql(study, dataset, before, now)).fetchall():
                rows.append((site, source, dataset.name, pairs[site, source][1].source_file, *counts))
    return rows


def _pairs(
    home: Home, study: Study, deliveries: Sequence[CurrentDelivery]
) -> dict[tuple[str, str], tuple[CurrentDelivery, CurrentDelivery]]:
    before = {(delivery.site, delivery.source): delivery for delivery in previous_deliveries(home, study.study)}
    return {
        (now.site, now.source): (before[now.site, now.source], now)
        for now in deliveries
        if now.source in study.sources and (now.site, now.source) in before
    }


def _vanished_sql(study: Study, dataset: Dataset, before: dict[str, SourceFiles], now: dict[str, SourceFiles]) -> str:
    return f"""
        WITH earlier AS ({_keys_sql(study, dataset, before)}),
        vanished AS (SELECT * FROM earlier EXCEPT ({_keys_sql(study, dataset, now)})),
        counted AS (SELECT site, source_name, count(*) AS records FROM earlier GROUP BY ALL),
        gone AS (
            SELECT site, source_name, count(*) AS records,
                array_to_string(list_sort(list(concat_ws(' ', subject, record)))[1:{NAMED_RECORDS}], '; ') AS named
            FROM vanished GROUP BY ALL
        )
        SELECT site, source_name, counted.records, coalesce(gone.records, 0), gone.named
        FROM counted LEFT JOIN gone USING (site, source_name)
        ORDER BY site, source_name"""


def _keys_sql(study: Study, dataset: Dataset, files: dict[str, SourceFiles]) -> str:
    """Select the records of some files, each once: its site, source and subject, and its natural key as in staging."""
    branches = " ".join(
        f"WHEN {' AND '.join(f'{quote_name(name)} IS NOT NULL' for name in key)} THEN {_key_text(key)}"
        for key in dataset.natural_key
    )
    sources = ", ".join(quote_text(name) for name in sorted(files))
    return f"""
        SELECT DISTINCT site, source_name, coalesce(subject, '') AS subject,
            CASE {branches} ELSE {_key_text(dataset.natural_key[-1])} END AS record
        FROM ({raw_view_sql(study, dataset, files)})
        WHERE source_name IN ({sources})"""


def _key_text(names: Sequence[str]) -> str:
    parts = ", ".join(f"{quote_text(name + '=')} || {quote_name(name)}" for name in names)
    return f"concat_ws(' ', {parts})"

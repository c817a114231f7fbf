"""Fills an extract's folder from an open warehouse, findings and verdicts; knows nothing of homes and runs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb
import polars as pl
import pyarrow as pa

from pipelines.errors import UserError
from pipelines.transfer.cutoff import RECORD_DATES, after_cutoff
from pipelines.transfer.tables import WrittenFile, write_csv, write_csv_and_parquet
from pipelines.vocabulary import Dataset, load_vocabulary

BATCH_ROWS = 50_000


def write_contents(
    connection: duckdb.DuckDBPyConnection,
    datasets: Iterable[str],
    findings: pl.DataFrame,
    verdicts: pl.DataFrame,
    cutoff: date | None,
    folder: Path,
) -> list[WrittenFile]:
    """Write data/<dataset>.csv and .parquet, findings.csv and verdicts.csv, and return what was written, by path.

    Records certainly after the cut-off are left out, and with them the findings on them; both are counted.

    Raises:
        UserError: the warehouse has no mart of a dataset.
    """
    vocabulary = load_vocabulary()
    written: list[WrittenFile] = []
    late: set[str] = set()
    for name in sorted(datasets):
        dataset = vocabulary[name]
        _require_mart(connection, dataset)
        written += _write_dataset(connection, dataset, cutoff, folder)
        late |= _findings_after(connection, dataset, findings, cutoff)
    open_findings = findings.filter(~pl.col("finding_id").is_in(sorted(late))).sort("check_id", "site", "finding_id")
    left_out = findings.height - open_findings.height
    written.append(replace(write_csv(_reader(open_findings), folder, "findings"), rows_after_cutoff=left_out))
    written.append(write_csv(_reader(verdicts.sort("check_id", "site")), folder, "verdicts"))
    return sorted(written, key=lambda file: file.path)


def _write_dataset(
    connection: duckdb.DuckDBPyConnection, dataset: Dataset, cutoff: date | None, folder: Path
) -> list[WrittenFile]:
    late = after_cutoff(dataset.name, cutoff)
    counted = connection.execute(f"SELECT count(*) FILTER ({late}) FROM marts.{dataset.table}").fetchone()
    # `record` is unique for a subject at a site; the natural keys and the lineage are for a model that forgets it.
    natural = dict.fromkeys(name for key in dataset.natural_key for name in key)
    keys = [f'"{name}"' for name in dict.fromkeys(["site", "USUBJID", "record", *natural, "source_file", "source_row"])]
    order = ", ".join(f"{key} NULLS FIRST" for key in keys)
    kept = ", ".join(f'"{variable.name}"' for variable in dataset.variables.values() if variable.is_kept_from_sponsor)
    columns = f"* EXCLUDE ({kept})" if kept else "*"
    query = f"SELECT {columns} FROM marts.{dataset.table} WHERE NOT ({late}) ORDER BY {order}"
    rows = connection.sql(query).to_arrow_reader(BATCH_ROWS)
    return [
        replace(
            file,
            dataset=dataset.name,
            record_dates=RECORD_DATES[dataset.name],
            rows_after_cutoff=counted[0] if counted else 0,
        )
        for file in write_csv_and_parquet(rows, folder, f"data/{dataset.table}")
    ]


def _findings_after(
    connection: duckdb.DuckDBPyConnection, dataset: Dataset, findings: pl.DataFrame, cutoff: date | None
) -> set[str]:
    """Return the ids of the findings on records of `dataset` that are certainly after the cut-off."""
    of_dataset = findings.filter(pl.col("dataset") == dataset.name)
    if cutoff is None or of_dataset.is_empty():
        return set()
    connection.register("findings_of_dataset", _arrow(of_dataset.select("finding_id", "source_file", "source_row")))
    late = after_cutoff(dataset.name, cutoff)
    query = (
        "SELECT finding_id FROM findings_of_dataset SEMI JOIN "
        f"(SELECT source_file, source_row FROM marts.{dataset.table} WHERE {late}) USING (source_file, source_row)"
    )
    found = {str(row[0]) for row in connection.execute(query).fetchall()}
    connection.unregister("findings_of_dataset")
    return found


def _require_mart(connection: duckdb.DuckDBPyConnection, dataset: Dataset) -> None:
    query = "SELECT 1 FROM information_schema.tables WHERE table_schema = 'marts' AND table_name = ?"
    if connection.execute(query, [dataset.table]).fetchone() is None:
        raise UserError(f"the warehouse has no table marts.{dataset.table}; run the study again")


def _reader(frame: pl.DataFrame) -> pa.RecordBatchReader:
    return _arrow(frame).to_reader()


def _arrow(frame: pl.DataFrame) -> pa.Table:
    return frame.to_arrow(compat_level=pl.CompatLevel.oldest())

"""Writes tables as CSV and Parquet whose bytes depend on nothing but their rows, and says what was written."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pa_parquet

ROWS_IN_GROUP = 100_000


@dataclass(frozen=True)
class WrittenFile:
    """A file of the extract as the manifest describes it.

    `path` is relative to the extract's folder; `record_dates` are the variables that decide whether a record is
    after the cut-off, and `rows_after_cutoff` counts those that were left out for it.
    """

    path: str
    sha256: str
    bytes: int
    rows: int
    columns: tuple[str, ...]
    dataset: str | None = None
    record_dates: tuple[str, ...] = ()
    rows_after_cutoff: int = 0


def write_csv_and_parquet(rows: pa.RecordBatchReader, folder: Path, stem: str) -> list[WrittenFile]:
    """Write `<stem>.csv` and `<stem>.parquet` in one pass over `rows`, in their order."""
    csv_path, parquet_path = folder / f"{stem}.csv", folder / f"{stem}.parquet"
    csv_path.parent.mkdir(parents=True, exist_ok=True)
    count = 0
    with (
        pa_csv.CSVWriter(str(csv_path), rows.schema) as csv_writer,
        pa_parquet.ParquetWriter(str(parquet_path), rows.schema, compression="zstd") as parquet_writer,
    ):
        for group in _even_groups(rows):
            csv_writer.write_table(group)
            parquet_writer.write_table(group, row_group_size=ROWS_IN_GROUP)
            count += group.num_rows
    columns = tuple(rows.schema.names)
    return [describe_file(path, folder, count, columns) for path in (csv_path, parquet_path)]


def write_csv(rows: pa.RecordBatchReader, folder: Path, stem: str) -> WrittenFile:
    """Write `<stem>.csv`, in the order of `rows`."""
    path = folder / f"{stem}.csv"
    count = 0
    with pa_csv.CSVWriter(str(path), rows.schema) as writer:
        for batch in rows:
            writer.write_batch(batch)
            count += batch.num_rows
    return describe_file(path, folder, count, tuple(rows.schema.names))


def describe_file(path: Path, folder: Path, rows: int, columns: tuple[str, ...]) -> WrittenFile:
    """Return the manifest's words about a file."""
    with path.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    return WrittenFile(path.relative_to(folder).as_posix(), digest, path.stat().st_size, rows, columns)


def _even_groups(rows: pa.RecordBatchReader) -> Iterator[pa.Table]:
    """Cut the rows into groups of one size: how DuckDB cuts its batches must not show in the Parquet file."""
    waiting: list[pa.RecordBatch] = []
    count = 0
    for batch in rows:
        waiting.append(batch)
        count += batch.num_rows
        while count >= ROWS_IN_GROUP:
            table = pa.Table.from_batches(waiting, rows.schema)
            yield table.slice(0, ROWS_IN_GROUP).combine_chunks()
            waiting = table.slice(ROWS_IN_GROUP).to_batches()
            count -= ROWS_IN_GROUP
    if count:
        yield pa.Table.from_batches(waiting, rows.schema).combine_chunks()

"""Rows of a file that share the key of its contract: each of them is told, since nobody knows which one is right."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl
import pyarrow as pa

from pipelines.ingest.increments import SOURCE_ROW, key_expression
from pipelines.ingest.readers import Remark

REPEATED_KEY = "repeated_key"
# A file in which all keys repeat has another key than was thought; so many rows say that as well as all.
MAX_REMARKS = 100


def tell_repeated_keys(rows: pa.Table, key: Sequence[str], table: str) -> tuple[Remark, ...]:
    """Return a remark for each row that shares its key with another, with the numbers of those and no value.

    `rows` have their lineage. Rows that have nothing in the key's columns are not compared.
    """
    if not key or rows.num_rows < 2:
        return ()
    # What takes back a whole subject or form has no number, and is no row of the table.
    frame = pl.DataFrame(rows).filter(pl.col(SOURCE_ROW) > 0)
    keyed = frame.select(pl.col(SOURCE_ROW).alias("row"), key_expression(frame, key).alias("key"))
    repeated = keyed.filter(pl.col("key").is_duplicated())
    filled = pl.any_horizontal(pl.col("key").struct.unnest() != "")
    groups = repeated.filter(filled).group_by("key", maintain_order=True).agg("row")["row"].to_list()
    columns = ", ".join(key)
    told = sorted((row, group) for group in groups for row in group)
    remarks = [
        Remark(REPEATED_KEY, f"rows {_numbers(group)} have the same key ({columns})", table, row)
        for row, group in told[:MAX_REMARKS]
    ]
    if len(told) > MAX_REMARKS:
        text = f"{len(told) - MAX_REMARKS} more rows have the key ({columns}) of another"
        remarks.append(Remark(REPEATED_KEY, text, table, told[MAX_REMARKS][0]))
    return tuple(remarks)


def _numbers(rows: Sequence[int]) -> str:
    shown = ", ".join(map(str, rows[:5]))
    return f"{shown} and {len(rows) - 5} more" if len(rows) > 5 else shown

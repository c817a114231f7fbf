"""What the ledger tells of the rows that increments give together, each oddity with the file that it came in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import polars as pl
import pyarrow as pa

from pipelines.ingest.examination import OddText, count_repeated_rows, find_odd_text
from pipelines.ingest.increments import SOURCE_FILE, SOURCE_ROW
from pipelines.ingest.layout import LINEAGE_COLUMNS
from pipelines.ingest.readers import Remark
from pipelines.ingest.repeated_keys import REPEATED_KEY, tell_repeated_keys
from pipelines.ingest.source_rows import Facts


def facts_of_laid(laid: pa.Table, own: Facts, own_file: str, earlier: Iterable[Remark], key: Sequence[str]) -> Facts:
    """Return the facts of laid rows: `own` are those of the newest file, `earlier` what was remarked of the others.

    What is told of another file than the newest (`own_file`, as in the rows) names it. A remark of which no row is left
    is told no more.
    """
    columns = tuple(name for name in laid.column_names if name not in LINEAGE_COLUMNS)
    data = laid.select(columns)
    return replace(
        own,
        rows=laid.num_rows,
        columns=columns,
        repeated_rows=count_repeated_rows(data),
        odd_text=tuple(_with_place(odd, laid, own_file) for odd in find_odd_text(data)),
        remarks=(*own.remarks, *_still_true(earlier, laid), *_repeated_before(laid, own_file, key)),
    )


def _with_place(odd: OddText, laid: pa.Table, own_file: str) -> OddText:
    file, row = (laid.column(name)[odd.first_row - 1].as_py() for name in (SOURCE_FILE, SOURCE_ROW))
    return replace(odd, first_row=row, source_file="" if file == own_file else file)


def _still_true(earlier: Iterable[Remark], laid: pa.Table) -> list[Remark]:
    places = pl.DataFrame(laid.select([SOURCE_FILE, SOURCE_ROW]))
    files = set(places[SOURCE_FILE].unique())

    def is_left(remark: Remark) -> bool:
        if remark.row is None or remark.source_file not in files:
            return remark.source_file in files
        return places.filter(pl.col(SOURCE_FILE) == remark.source_file, pl.col(SOURCE_ROW) == remark.row).height > 0

    return [remark for remark in earlier if remark.code != REPEATED_KEY and is_left(remark)]


def _repeated_before(laid: pa.Table, own_file: str, key: Sequence[str]) -> list[Remark]:
    """Return the rows of earlier files that share their key: an increment replaces a key whole, so they are of one."""
    frame = pl.DataFrame(laid)
    parts = frame.filter(pl.col(SOURCE_FILE) != own_file).partition_by(SOURCE_FILE, maintain_order=True)
    return [
        replace(remark, source_file=part[SOURCE_FILE][0])
        for part in parts
        for remark in tell_repeated_keys(part.to_arrow(), key, "")
    ]

"""Builds the rows of an incremental source: the new file upon the current rows, or all of its files from the store."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.ingest.extracted_day import stated_day
from pipelines.ingest.increments import SOURCE_ROW, key_expression, lay_increments, with_source_files
from pipelines.ingest.laid_facts import facts_of_laid
from pipelines.ingest.ledger import DeliveryEvent, name_in_rows
from pipelines.ingest.readers import Content, Remark
from pipelines.ingest.refusal import Refusal
from pipelines.ingest.source_rows import SourceRows
from pipelines.ingest.store import ROWS_FILE, original_of
from pipelines.settings import Home
from pipelines.study_source import Source

# Reads the bytes of a file of this name (`<system>/<file>`) for the source.
ReadSource = Callable[[str, Content], SourceRows]


@dataclass(frozen=True)
class Increment:
    """One file of an incremental source: its name, its bytes' hash, the rows that it holds itself, and their day.

    `source_file` is its name in the rows, `remarks` what its reader remarked.
    """

    name: str
    sha256: str
    rows: pa.Table
    day: str | None
    source_file: str
    remarks: tuple[Remark, ...]


def chain_to(events: Sequence[DeliveryEvent], last: DeliveryEvent | None) -> list[DeliveryEvent]:
    """Return the increments that a delivery was built from, itself the last, in the order in which they came."""
    accepted = {e.sequence: e for e in events if last and e.source == last.source and e.status == "accepted"}
    chain = []
    while last is not None:
        chain.append(last)
        last = None if last.builds_on is None else accepted.get(last.builds_on)
    return chain[::-1]


def increment_of(name: str, sha256: str, taken: SourceRows, source: Source) -> Increment:
    """Return a file that was read as an increment.

    Raises:
        Refusal: a row has nothing in the columns of the key, or the SQL of `extract_date` fails.
    """
    # What takes back a whole subject or form has no number, and need not name what the key is made of.
    frame = pl.DataFrame(taken.rows).filter(pl.col(SOURCE_ROW) > 0)
    key = frame.select(key_expression(frame, source.delivery.key).alias("key"))["key"].struct.unnest()
    blank = key.select(pl.all_horizontal(pl.all() == "")).to_series()
    if blank.any():
        row = frame[SOURCE_ROW][int(blank.arg_true()[0])]
        raise Refusal("blank_key", f"row {row} has nothing in the columns of the key: {', '.join(source.delivery.key)}")
    day = stated_day(taken.rows, source)
    return Increment(name, sha256, taken.rows, day, taken.source_file, taken.facts.remarks)


def build(
    home: Home,
    source: Source,
    digest: str,
    chain: Sequence[DeliveryEvent],
    new: Increment,
    taken: SourceRows,
    read: ReadSource,
) -> SourceRows:
    """Lay an increment over those before it (`chain`, in the order in which they came), and return what all give.

    They are laid in the order of the days on which they were extracted; one that states none stands where it came. The
    rows that are there are built upon where that gives the same; otherwise all files are read again from the store.

    Raises:
        Refusal: a file of the store can no longer be read as declared.
    """
    key = source.delivery.key
    if chain and chain[-1].layout == digest and _goes_last(chain, new, digest):
        before, earlier = _rows_before(home, chain, new)
        laid = lay_increments([new.rows], key, before)
    else:
        again = [_read_again(home, source, event, read) for event in chain]
        parts = _told_apart([*again, new])
        laid = lay_increments(_in_order(parts), key)
        earlier = [replace(remark, source_file=part.source_file) for part in parts[:-1] for remark in part.remarks]
    return SourceRows(laid, facts_of_laid(laid, taken.facts, new.source_file, earlier, key), new.source_file)


def _rows_before(home: Home, chain: Sequence[DeliveryEvent], new: Increment) -> tuple[pa.Table, list[Remark]]:
    """Return the rows that a chain gave and what was remarked of them, under the names that its files have now."""
    study_id, site = new.source_file.split("/")[:2]
    files = [(name_in_rows(study_id, site, event.name, event.member), event) for event in chain]
    overtaken = {file: _with_hash(file, event.sha256) for file, event in files if event.name == new.name}
    rows = with_source_files(pq.read_table(home.store / str(chain[-1].store) / ROWS_FILE), overtaken)
    remarks = [replace(remark, source_file=remark.source_file or files[-1][0]) for remark in chain[-1].remarks]
    return rows, [replace(one, source_file=overtaken.get(one.source_file, one.source_file)) for one in remarks]


def _read_again(home: Home, source: Source, event: DeliveryEvent, read: ReadSource) -> Increment:
    with original_of(home.store / str(event.store)) as content:
        try:
            return increment_of(event.name, event.sha256, read(event.name, content), source)
        except Refusal as refusal:
            told = f"{event.name}, which it builds upon, can no longer be read: {refusal.text}"
            raise Refusal(refusal.code, told, refusal.line) from refusal


def _told_apart(increments: Sequence[Increment]) -> list[Increment]:
    """Return files of which the older ones that came under one name are told by their hash as well."""
    last = {one.name: one.sha256 for one in increments}
    told = []
    for one in increments:
        if last[one.name] == one.sha256:
            told.append(one)
        else:
            name = _with_hash(one.source_file, one.sha256)
            told.append(replace(one, rows=with_source_files(one.rows, {one.source_file: name}), source_file=name))
    return told


def _in_order(increments: Sequence[Increment]) -> list[pa.Table]:
    """Return their rows by day."""
    ordered = sorted(zip(_days([one.day for one in increments]), increments, strict=True), key=lambda pair: pair[0])
    return [one.rows for _, one in ordered]


def _with_hash(source_file: str, sha256: str) -> str:
    return f"{source_file}#{sha256[:8]}"


def _goes_last(chain: Sequence[DeliveryEvent], new: Increment, digest: str) -> bool:
    """Return whether an increment is laid over all before it, and those in the order in which they came."""
    if new.day is not None and any(event.layout != digest for event in chain):
        return False  # their days were read under another declaration, or were not asked
    known = _days([*(event.extracted for event in chain), new.day])
    return known == sorted(known)


def _days(days: Sequence[str | None]) -> list[str]:
    """Return the days, that of the newest before where there is none."""
    known: list[str] = []
    for day in days:
        known.append(day or max(known, default=""))
    return known

"""Builds the rows of an incremental source: the new file upon the current rows, or all of its files from the store."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.ingest.extracted_day import stated_day
from pipelines.ingest.increments import SOURCE_FILE, SOURCE_ROW, key_expression, lay_increments, with_source_files
from pipelines.ingest.layout import LINEAGE_COLUMNS
from pipelines.ingest.ledger import DeliveryEvent
from pipelines.ingest.readers import Content
from pipelines.ingest.refusal import Refusal
from pipelines.ingest.source_rows import SourceRows
from pipelines.ingest.store import ROWS_FILE, original_of
from pipelines.settings import Home
from pipelines.study_source import Source

# Reads the bytes of a file of this name (`<system>/<file>`) for the source.
ReadSource = Callable[[str, Content], SourceRows]


@dataclass(frozen=True)
class Increment:
    """One file of an incremental source: its name, its bytes' hash, the rows that it holds itself, and their day."""

    name: str
    sha256: str
    rows: pa.Table
    day: str | None


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
    return Increment(name, sha256, taken.rows, stated_day(taken.rows, source))


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
    names = [event.name for event in chain]
    if chain and chain[-1].layout == digest and _is_in_order([*(event.extracted for event in chain), new.day]):
        before = pq.read_table(home.store / str(chain[-1].store) / ROWS_FILE)
        if new.name in names:
            overtaken = chain[len(names) - 1 - names[::-1].index(new.name)]
            own = pl.DataFrame(new.rows)[SOURCE_FILE].unique().to_list()
            before = with_source_files(before, {name: _overtaken(name, overtaken.sha256) for name in own})
        laid = lay_increments([new.rows], source.delivery.key, before)
    else:
        parts = _in_order([*(_read_again(home, source, event, read) for event in chain), new])
        laid = lay_increments(parts, source.delivery.key)
    own_odd = {(one.column, one.oddity) for one in taken.facts.odd_text}
    odd_before = chain[-1].odd_text if chain else ()
    facts = replace(
        taken.facts,
        rows=laid.num_rows,
        columns=tuple(name for name in laid.column_names if name not in LINEAGE_COLUMNS),
        odd_text=(*taken.facts.odd_text, *(one for one in odd_before if (one.column, one.oddity) not in own_odd)),
    )
    return SourceRows(laid, facts)


def _read_again(home: Home, source: Source, event: DeliveryEvent, read: ReadSource) -> Increment:
    with original_of(home.store / str(event.store)) as content:
        try:
            return increment_of(event.name, event.sha256, read(event.name, content), source)
        except Refusal as refusal:
            told = f"{event.name}, which it builds upon, can no longer be read: {refusal.text}"
            raise Refusal(refusal.code, told, refusal.line) from refusal


def _in_order(increments: Sequence[Increment]) -> list[pa.Table]:
    """Return their rows by day; of files that came under one name, the older ones are told by their hash as well."""
    ordered = sorted(zip(_days([one.day for one in increments]), increments, strict=True), key=lambda pair: pair[0])
    last = {one.name: one.sha256 for one in increments}
    return [one.rows if last[one.name] == one.sha256 else _with_hash(one.rows, one.sha256) for _, one in ordered]


def _with_hash(rows: pa.Table, sha256: str) -> pa.Table:
    own = pl.DataFrame(rows)[SOURCE_FILE].unique().to_list()
    return with_source_files(rows, {name: _overtaken(name, sha256) for name in own})


def _overtaken(source_file: str, sha256: str) -> str:
    return f"{source_file}#{sha256[:8]}"


def _is_in_order(days: Sequence[str | None]) -> bool:
    known = _days(days)
    return known == sorted(known)


def _days(days: Sequence[str | None]) -> list[str]:
    """Return the days, that of the newest before where there is none."""
    known: list[str] = []
    for day in days:
        known.append(day or max(known, default=""))
    return known

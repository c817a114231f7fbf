"""The end state of a transactional ODM file: Insert, Update, Upsert, Remove and Context, in the order of the file."""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa

from pipelines.ingest.readers.odm_names import EVENT_KEYS, GROUP_KEYS, PARENT_KEYS, TRANSACTION, outer_groups
from pipelines.ingest.readers.reader import Table
from pipelines.ingest.readers.row_spool import SpillFile
from pipelines.ingest.refusal import Refusal

# The column with the number of an instruction in the file, while rows are collected; no XML can hold such a name.
SEQUENCE = "\x1fsequence"
REMOVE, CONTEXT = "Remove", "Context"
OPERATIONS = ("Insert", "Update", "Upsert", REMOVE, CONTEXT)

# What one record is known by; a site or a metadata version may change without its being another one.
_IDENTITY = tuple(
    name for name in (*EVENT_KEYS, *PARENT_KEYS, *GROUP_KEYS) if name not in ("MetaDataVersionOID", "LocationOID")
)

_Row = dict[str, str | None]


@dataclass
class _Record:
    """A record after what was said of it so far: its first row's number, its state, and when it was next removed."""

    number: int
    state: _Row
    removed: int | None = None
    """When what is above it was first removed after the last instruction; None where it was not."""


class TransactionsInSnapshotError(Exception):
    """A file that calls itself a snapshot says of data that it replaces or removes other data."""


def check_operation(operation: str, line: int | None, *, transactional: bool) -> None:
    """Refuse a TransactionType that is none.

    Raises:
        TransactionsInSnapshotError: it is one that a snapshot cannot have.
    """
    if operation not in OPERATIONS:
        raise Refusal("unknown_transaction", f"TransactionType is none of {', '.join(OPERATIONS)}", line)
    if operation != "Insert" and not transactional:
        raise TransactionsInSnapshotError


class Removals:
    """What was taken back of whole subjects, events, forms or outer groups, and when."""

    def __init__(self) -> None:
        self._by_columns: dict[tuple[str, ...], dict[tuple[str, ...], list[int]]] = {}

    def add(self, keys: Mapping[str, str], sequence: int) -> None:
        """Note that all below the element with exactly these keys was removed at this point of the file."""
        columns = tuple(name for name in _IDENTITY if name in keys)
        values = tuple(keys[name] for name in columns)
        self._by_columns.setdefault(columns, {}).setdefault(values, []).append(sequence)

    def keys(self) -> tuple[dict[str, str], ...]:
        """Return the keys of all that was taken back, once each; what this file says anew comes after."""
        return tuple(
            dict(zip(columns, values, strict=True))
            for columns, removed in self._by_columns.items()
            for values in removed
        )

    def settle(self, table: Table, keys: Collection[str]) -> Table:
        """Return the last state of each record of an item group, where it first stood, without the sequence.

        A cell that no instruction mentions is null, one that was blanked is "". A record that was removed stays, with
        nothing in its cells and Remove as its TransactionType.
        """
        if SEQUENCE not in table.header:
            return table
        concerned = self._concerned(table)
        header = [name for name in table.header if name != SEQUENCE]
        named = table.rows.rename_columns(list(table.header)).append_column("\x1fplace", table.places)
        settled = list(self._settled(named, concerned, keys))
        spill = SpillFile()
        pieces = [
            spill.read(spill.write(piece))
            for piece in _replaced(named.select([*header, "\x1fplace"]), concerned, settled)
        ]
        whole = pa.concat_tables(pieces) if pieces else named.select([*header, "\x1fplace"])
        rows = whole.select(header).rename_columns([f"f{place}" for place in range(len(header))])
        return replace(table, header=tuple(header), rows=rows, places=whole.column("\x1fplace"))

    def _concerned(self, table: Table) -> dict[int, int | None]:
        """Return the rows that are not yet the last state of a record, with the first removal that came after each."""
        import polars as pl

        identity = [name for name in _IDENTITY if name in table.header]
        rows = table.rows.rename_columns(list(table.header)).select([*identity, SEQUENCE])
        hashes: list[pl.Series] = []
        concerned: dict[int, int | None] = {}
        first = 0
        for batch in rows.to_batches():
            hashes.append(pl.DataFrame(batch).drop(SEQUENCE).hash_rows())
            if self._by_columns:
                for number, row in enumerate(batch.to_pylist(), start=first):
                    if (removed := self._after(row)) is not None:
                        concerned[number] = removed
            first += batch.num_rows
        if hashes:
            for number in pl.concat(hashes).is_duplicated().arg_true():
                concerned.setdefault(number, None)
        return concerned

    def _after(self, row: Mapping[str, str]) -> int | None:
        """Return when what is above a row was first removed after it."""
        now = int(row[SEQUENCE])
        found = [
            removed[place]
            for columns, by_values in self._by_columns.items()
            for values in _ancestors(row, columns)
            if (removed := by_values.get(values)) and (place := bisect_right(removed, now)) < len(removed)
        ]
        return min(found, default=None)

    def _settled(
        self, named: pa.Table, concerned: Mapping[int, int | None], keys: Collection[str]
    ) -> Iterator[tuple[int, _Row]]:
        """Yield for each record that is concerned the place where it first stood and its last state."""
        records: dict[tuple[Any, ...], _Record] = {}
        identity = [name for name in _IDENTITY if name in named.column_names]
        for number, row in _rows(named, sorted(concerned)):
            sequence = int(row.pop(SEQUENCE) or 0)
            record = records.setdefault(tuple(row[name] for name in identity), _Record(number, {}))
            if record.removed is not None and record.removed < sequence:
                record.state = _removed(record.state, keys)
            record.state = _next_state(record.state, row, keys)
            record.removed = concerned[number]
        for record in records.values():
            yield record.number, record.state if record.removed is None else _removed(record.state, keys)


def _ancestors(row: Mapping[str, str], columns: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Yield the values of these columns; with outer groups above outer groups, once for each of them."""
    values = tuple(row.get(name, "") for name in columns)
    if columns[-1] != PARENT_KEYS[-1]:
        yield values
        return
    *front, oids, repeats = values
    for outer in outer_groups(oids, repeats):
        yield (*front, *outer)


def _rows(named: pa.Table, numbers: list[int]) -> Iterator[tuple[int, _Row]]:
    for begin in range(0, len(numbers), 1_000):
        some = numbers[begin : begin + 1_000]
        yield from zip(some, named.take(pa.array(some, pa.int64())).to_pylist(), strict=True)


def _next_state(state: _Row, row: _Row, keys: Collection[str]) -> _Row:
    """Return what a record is after an instruction, given what it was; {} where nothing was said of it."""
    operation, before = row[TRANSACTION], state.get(TRANSACTION)
    if operation == REMOVE:
        return _removed({**state, **{name: value for name, value in row.items() if value}}, keys)
    if operation == CONTEXT and state:
        return state
    if before == REMOVE:
        # What is not said of a record that begins anew is blank, not as it was.
        state = dict.fromkeys(row, "")
    elif before not in (None, "", CONTEXT):
        operation = before
    said = {name: value for name, value in row.items() if value is not None and (value or not _is_key(name, keys))}
    return {**row, **state, **said, TRANSACTION: operation}


def _removed(state: _Row, keys: Collection[str]) -> _Row:
    return {name: value if _is_key(name, keys) else None for name, value in state.items()} | {TRANSACTION: REMOVE}


def _is_key(name: str, keys: Collection[str]) -> bool:
    return name in keys or name == "\x1fplace"


def _replaced(rows: pa.Table, concerned: Collection[int], settled: list[tuple[int, _Row]]) -> Iterator[pa.Table]:
    """Yield the rows again, batch by batch, with the settled ones in the place of all that were concerned."""
    first = 0
    waiting = deque(sorted(settled, key=lambda each: each[0]))
    for batch in rows.to_batches():
        places: list[int] = []
        mine: list[_Row] = []
        while waiting and waiting[0][0] < first + batch.num_rows:
            number, row = waiting.popleft()
            places.append(number - first)
            mine.append(row)
        kept = [place for place in range(batch.num_rows) if first + place not in concerned]
        first += batch.num_rows
        if len(kept) == batch.num_rows:
            yield pa.Table.from_batches([batch])
            continue
        order = sorted(range(len(kept) + len(places)), key=[*kept, *places].__getitem__)
        new = pa.Table.from_pylist(mine, schema=rows.schema)
        both = pa.concat_tables([pa.Table.from_batches([batch]).take(pa.array(kept, pa.int64())), new])
        yield both.take(pa.array(order, pa.int64()))

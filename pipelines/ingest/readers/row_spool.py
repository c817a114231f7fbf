"""Collects the rows of a file's tables as a reader meets them: some in memory, the rest in a file mapped back."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter

import pyarrow as pa

from pipelines.ingest.readers.reader import Table

# Rows of one table that are held as Python objects before they are packed: so few that the processor's cache has them
# still, which makes reading a fifth quicker than with thousands.
ROWS_A_BATCH = 256
# Values of all tables together that are held as Python objects; then every table's rows are packed.
VALUES_HELD = 200_000
# Bytes of all tables' small batches together; then each table's are joined to one piece.
BATCHES_BYTES = 2 << 20
# What all pieces of a file may take in memory; those that come later go to disk. More makes nothing quicker, and then
# a large file would take so much more memory than a small one.
MEMORY_BYTES = 2 << 20


class SpillFile:
    """One nameless temporary file that takes batches and gives them back mapped: they take no memory of their own."""

    def __init__(self) -> None:
        self._file = tempfile.NamedTemporaryFile(prefix="siteproof-")  # noqa: SIM115 - it lives as long as the reading
        self._end = 0
        self._map: pa.MemoryMappedFile | None = None

    def write(self, batch: pa.Table) -> tuple[int, int]:
        """Take a batch; return where it lies."""
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, batch.schema) as writer:
            writer.write_table(batch)
        begin = self._end
        self._end += self._file.write(sink.getvalue())
        return begin, self._end - begin

    def read(self, place: tuple[int, int]) -> pa.Table:
        """Return the batch that lies there; its bytes outlive the file's name."""
        self._file.flush()
        if self._map is None or self._map.size() < sum(place):
            self._map = pa.memory_map(self._file.name)
        self._map.seek(place[0])
        return pa.ipc.open_stream(self._map.read_buffer(place[1])).read_all()


@dataclass
class _Collected:
    """A table so far: its columns in the order in which they were met, its last rows, and what was packed before.

    `batches` are small ones, in which rows are first packed; `pieces` are several of these, in memory or on the disk.
    """

    columns: dict[str, None] = field(default_factory=dict)
    rows: list[Mapping[str, str]] = field(default_factory=list)
    places: list[str] = field(default_factory=list)
    batches: list[pa.Table] = field(default_factory=list)
    pieces: list[pa.Table | tuple[int, int]] = field(default_factory=list)


class RowSpool:
    """Takes rows of any of a file's tables in any order, and gives the tables when the file is read.

    A row need not have every column: what it lacks is `blank`. A table's columns stand in the order in which they were
    declared or first met. Memory stays bounded: rows beyond `MEMORY_BYTES` lie in a nameless temporary file.
    """

    def __init__(self, blank: str | None = "") -> None:
        self._blank = blank
        self._tables: dict[str, _Collected] = {}
        self._held_values = 0
        self._batches_bytes = 0
        self._pieces_bytes = 0
        self._spill: SpillFile | None = None

    def declare(self, table: str, columns: Iterable[str]) -> None:
        """Say that a table exists, even without rows, and which columns it has."""
        self._tables.setdefault(table, _Collected()).columns.update(dict.fromkeys(columns))

    def add(self, table: str, row: Mapping[str, str], place: str) -> None:
        """Take one row, its values as text, and where it stands in the file."""
        collected = self._tables.get(table)
        if collected is None:
            collected = self._tables[table] = _Collected()
        collected.rows.append(row)
        collected.places.append(place)
        self._held_values += len(row)
        if len(collected.rows) >= ROWS_A_BATCH:
            self._pack(collected)
        elif self._held_values > VALUES_HELD:
            for each in self._tables.values():
                self._pack(each)

    def tables(self) -> list[Table]:
        """Return all tables, in the order in which they were declared or first met."""
        return [self._table(name, collected) for name, collected in self._tables.items()]

    def _table(self, name: str, collected: _Collected) -> Table:
        self._pack(collected)
        self._join_batches(collected)
        columns = [*map(_packed_name, collected.columns), "place"]
        pieces = [_aligned(self._unpacked(piece), columns, self._blank) for piece in collected.pieces]
        schema = pa.schema([(column, pa.string()) for column in columns])
        whole = pa.concat_tables(pieces) if pieces else schema.empty_table()
        rows = whole.drop_columns("place").rename_columns([f"f{place}" for place in range(len(columns) - 1)])
        return Table(name, tuple(collected.columns), rows, whole.column("place"))

    def _pack(self, collected: _Collected) -> None:
        if not collected.rows:
            return
        met: dict[str, None] = {}
        for row in collected.rows:
            if not row.keys() <= met.keys():
                met.update(dict.fromkeys(row))
        collected.columns.update(met)
        arrays = [pa.array(values, pa.string()) for values in _by_column(collected.rows, list(met), self._blank)]
        places = pa.array(collected.places, pa.string())
        batch = pa.table([*arrays, places], names=[*map(_packed_name, met), "place"])
        self._held_values -= sum(map(len, collected.rows))
        collected.rows.clear()
        collected.places.clear()
        collected.batches.append(batch)
        self._batches_bytes += batch.nbytes
        if self._batches_bytes > BATCHES_BYTES:
            for each in self._tables.values():
                self._join_batches(each)

    def _join_batches(self, collected: _Collected) -> None:
        """Make one piece of a table's small batches, each of which has the columns that its own rows have."""
        if not collected.batches:
            return
        columns = [*dict.fromkeys(name for batch in collected.batches for name in batch.column_names[:-1]), "place"]
        aligned = [_aligned(batch, columns, self._blank) for batch in collected.batches]
        piece = pa.concat_tables(aligned).combine_chunks()
        self._batches_bytes -= sum(batch.nbytes for batch in collected.batches)
        collected.batches.clear()
        if self._pieces_bytes + piece.nbytes <= MEMORY_BYTES:
            self._pieces_bytes += piece.nbytes
            collected.pieces.append(piece)
            return
        if self._spill is None:
            self._spill = SpillFile()
        collected.pieces.append(self._spill.write(piece))

    def _unpacked(self, piece: pa.Table | tuple[int, int]) -> pa.Table:
        if isinstance(piece, tuple):
            assert self._spill is not None  # noqa: S101 - where a piece lies there, there is a file
            return self._spill.read(piece)
        return piece


def _by_column(rows: list[Mapping[str, str]], columns: list[str], blank: str | None) -> Iterable[Sequence[str | None]]:
    """Return the values of each column."""
    if len(columns) > 1:
        try:
            # Several times as quick as asking each row for each column, and most tables' rows have every column.
            return zip(*map(itemgetter(*columns), rows), strict=True)
        except KeyError:
            pass
    return ([row.get(name, blank) for row in rows] for name in columns)


def _aligned(packed: pa.Table, columns: list[str], blank: str | None) -> pa.Table:
    """Return packed rows with all of these columns, blank where they have none."""
    present = packed.column_names
    if present == columns:
        return packed
    lacking = pa.array([blank], pa.string()).take(pa.array([0] * packed.num_rows, pa.int32()))
    return pa.table([packed.column(name) if name in present else lacking for name in columns], names=columns)


def _packed_name(column: str) -> str:
    # So that no column is ever taken for the place.
    return f"c_{column}"
